"""What the project tests with covermock, beside all that."""

import asyncio

import freezegun
import httpx
import pytest
import respx

import covermock

COVER = "/api/v1/audio/music/cover"


def headers(gateway):
    return {"Authorization": f"Bearer {gateway.api_key}"}


@pytest.mark.gateway("payments")
@covermock.mark(drive="polls")
def test_both_gateways(gateway, covermock_gateway, covermock_gateway_contract):
    with httpx.Client(base_url=covermock_gateway.url, headers=headers(covermock_gateway), trust_env=False) as http:
        task = http.post(f"{COVER}/generate", json={"taskId": covermock_gateway.music_task()}).json()["data"]["taskId"]
        states = [http.get(f"{COVER}/status", params={"task_id": task}).json()["data"]["status"] for _ in range(3)]
    assert (gateway["name"], states[-1]) == ("payments", "SUCCESS")


@covermock.mark(stage_seconds=0.01)
async def test_with_asyncio_in_frozen_time(covermock_gateway):
    async with httpx.AsyncClient(
        base_url=covermock_gateway.url, headers=headers(covermock_gateway), trust_env=False
    ) as http:
        music = covermock_gateway.music_task()
        task = (await http.post(f"{COVER}/generate", json={"taskId": music})).json()["data"]["taskId"]
        with freezegun.freeze_time("2020-01-01", real_asyncio=True):
            for _ in range(500):
                answer = await http.get(f"{COVER}/status", params={"task_id": task})
                if answer.json()["data"]["status"] == "SUCCESS":
                    return
                await asyncio.sleep(0.01)
    pytest.fail("the task never ended")


def test_beside_respx(covermock_gateway):
    with respx.mock(assert_all_called=False) as router:
        router.route(host="127.0.0.1").pass_through()
        router.get("https://api.example/").respond(204)
        with httpx.Client(base_url=covermock_gateway.url, headers=headers(covermock_gateway), trust_env=False) as http:
            assert http.get(f"{COVER}/status", params={"task_id": "x"}).status_code == 404
        assert httpx.get("https://api.example/").status_code == 204
