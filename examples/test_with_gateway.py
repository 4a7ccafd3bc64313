"""What the pytest fixtures are for, in a handful of tests: `pytest examples/test_with_gateway.py`."""

import httpx
import pytest
from covermock.contract_tests.payloads import invalid_bodies, valid_bodies
from covermock.fixtures.transports import HttpxTransport, requests_session
from hypothesis import HealthCheck, given, settings

COVER = "/api/v1/audio/music/cover"
UPLOAD = "/api/v1/audio/music/upload-cover"


class Covers:
    """The client under test: yours will be larger."""

    def __init__(self, url, api_key, transport=None):
        headers = {"Authorization": f"Bearer {api_key}"}
        self.http = httpx.Client(base_url=url, headers=headers, transport=transport, trust_env=False)

    def start(self, music_task):
        answer = self.http.post(f"{COVER}/generate", json={"taskId": music_task})
        answer.raise_for_status()
        return answer.json()["data"]["taskId"]

    def poll(self, task):
        return self.http.get(f"{COVER}/status", params={"task_id": task}).json()["data"]


@pytest.fixture
def covers(gateway):
    client = Covers(gateway.url, gateway.api_key)
    yield client
    client.http.close()


# Each poll moves a task one stage: nothing waits, nothing sleeps.
@pytest.mark.gateway(drive="polls")
def test_a_cover_is_made_in_three_polls(gateway, covers):
    task = covers.start(gateway.music_task())

    assert ["PENDING", "IN_PROGRESS", "SUCCESS"] == [covers.poll(task)["status"] for _ in range(3)]


# The clock is yours: an hour passes at once.
@pytest.mark.gateway(drive="manual")
def test_a_cover_is_made_in_an_hour(gateway, covers):
    task = covers.start(gateway.music_task())
    gateway.clock.advance(3600)

    assert "SUCCESS" == covers.poll(task)["status"]


# What can go wrong goes wrong when you say so.
def test_a_cover_that_fails_gives_its_credit_back(gateway, covers):
    task = covers.start(gateway.music_task(yields={"outcome": "failure", "stage_seconds": 0}))

    assert "FAILED" == covers.poll(task)["status"]
    assert 1000 == gateway.credits


def test_a_gateway_that_is_unavailable(gateway, covers):
    gateway.faults.add(status={"code": 503, "retry_after": 2}, times=1)
    with pytest.raises(httpx.HTTPStatusError):
        covers.start(gateway.music_task())

    assert [503] == [entry["status"] for entry in gateway.journal]


# The test fails if the client broke the contract, whatever else it asserts.
def test_the_client_keeps_the_contract(gateway_contract, covers):
    covers.start(gateway_contract.music_task())


# A webhook, received; `.answer(500, 200)` makes the receiver refuse it once.
@pytest.mark.gateway(drive="manual")
def test_a_webhook_comes(gateway, covers, gateway_webhooks):
    body = {"audio_id": gateway.audio(seconds=30), "callback_url": gateway_webhooks.url}
    covers.http.post(f"{UPLOAD}/generate", json=body)
    gateway.clock.advance(60)

    assert "complete" == gateway_webhooks.wait()[0]["data"]["status"]


# Without a socket: the same worlds, faster.
def test_httpx_in_process(gateway):
    covers = Covers(gateway.url, gateway.api_key, HttpxTransport(gateway.server))

    assert covers.start(gateway.music_task())


def test_requests_in_process(gateway):
    session = requests_session(gateway.server)
    session.headers["Authorization"] = f"Bearer {gateway.api_key}"

    assert 200 == session.post(f"{gateway.url}{COVER}/generate", json={"taskId": gateway.music_task()}).status_code


# Bodies that keep the schema, and bodies that don't.
@given(good=valid_bodies("startUploadCover", custom_mode=True), bad=invalid_bodies("startUploadCover"))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
def test_any_prompt_will_do(gateway, covers, good, bad):
    good["audio_id"] = gateway.audio()
    url = f"{UPLOAD}/generate"

    assert 200 == covers.http.post(url, json=good).status_code
    assert 400 == covers.http.post(url, json=bad).status_code
