"""The stand-in beside what answers in the place of the network, of the clock, or of a server: each lets it through."""

import httpx
import pytest
import requests
import responses
import time_machine

STATUS = "/api/v1/audio/music/cover/status?task_id=x"


def headers(gateway):
    return {"Authorization": f"Bearer {gateway.api_key}"}


@responses.activate
def test_beside_responses(covermock_gateway):
    responses.add_passthru(covermock_gateway.url)
    responses.get("https://api.example/", status=204)
    with requests.Session() as session:
        session.trust_env = False
        assert session.get(f"{covermock_gateway.url}{STATUS}", headers=headers(covermock_gateway)).status_code == 404
        assert session.get("https://api.example/").status_code == 204


@pytest.mark.httpx_mock(should_mock=lambda request: request.url.host != "127.0.0.1")
def test_beside_pytest_httpx(covermock_gateway, httpx_mock):
    httpx_mock.add_response(url="https://api.example/", status_code=204)
    with httpx.Client(trust_env=False) as http:
        assert http.get(f"{covermock_gateway.url}{STATUS}", headers=headers(covermock_gateway)).status_code == 404
        assert http.get("https://api.example/").status_code == 204


def test_in_travelled_time(covermock_gateway, covermock_gateway_contract):
    with time_machine.travel(0, tick=False), httpx.Client(trust_env=False) as http:
        body = {"taskId": covermock_gateway.music_task()}
        url = f"{covermock_gateway.url}/api/v1/audio/music/cover/generate"
        assert http.post(url, json=body, headers=headers(covermock_gateway)).status_code == 200
        covermock_gateway.wait_for(operation="startCover")


def test_a_view_of_django_that_asks(client, settings, covermock_gateway):
    settings.COVERS_URL = f"{covermock_gateway.url}{STATUS}"
    settings.COVERS_KEY = covermock_gateway.api_key
    assert client.get("/").content == b"404"
    assert [row["status"] for row in covermock_gateway.journal] == [404]
