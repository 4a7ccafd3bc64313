"""A test that freezes its clock does not stop the mock beside it: tasks go on, answers that are late come."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import freezegun
import httpx
import pytest
import time_machine
from covermock.fixtures.gateway import Gateway
from covermock.fixtures.gateway import gateway as gateway_of_a_block
from covermock.fixtures.receiver import Receiver
from support.servers import PATIENCE

COVER, UPLOAD = "/api/v1/audio/music/cover", "/api/v1/audio/music/upload-cover"
Freezer = Callable[[], AbstractContextManager[object]]
FREEZERS: dict[str, Freezer] = {
    "freezegun": lambda: freezegun.freeze_time("2020-01-01"),
    "time-machine": lambda: time_machine.travel("2020-01-01", tick=False),
}


@pytest.fixture(params=FREEZERS)
def frozen(request: pytest.FixtureRequest) -> Freezer:
    """A way to freeze the clock of a test."""
    return FREEZERS[request.param]


def a_cover_is_made(gateway: Gateway) -> str:
    """Start a cover by an answer that comes late, poll it to its end, and return its last status."""
    headers = {"Authorization": f"Bearer {gateway.api_key}"}
    with httpx.Client(base_url=gateway.url, headers=headers, trust_env=False, timeout=PATIENCE) as http:
        gateway.faults.add(latency={"seconds": 0.01}, times=1)
        task = http.post(f"{COVER}/generate", json={"taskId": gateway.music_task()}).json()["data"]["taskId"]
        for _ in range(1000):
            status = http.get(f"{COVER}/status", params={"task_id": task}).json()["data"]["status"]
            if status == "SUCCESS":
                break
            threading.Event().wait(0.01)
    return str(status)


@pytest.mark.gateway(stage_seconds=0.01)
def test_a_task_ends_while_the_test_is_frozen(gateway: Gateway, frozen: Freezer) -> None:
    """The server that was there before goes on by the machine's clock."""
    with frozen():
        assert "SUCCESS" == a_cover_is_made(gateway)


def test_a_server_starts_while_the_test_is_frozen(frozen: Freezer) -> None:
    """One that is started in frozen time does, too, and ends."""
    with frozen(), gateway_of_a_block(stage_seconds=0.01) as gateway:
        assert "SUCCESS" == a_cover_is_made(gateway)


@pytest.mark.gateway(stage_seconds=0.01)
def test_a_webhook_comes_while_the_test_is_frozen(
    gateway: Gateway, gateway_webhooks: Receiver, frozen: Freezer
) -> None:
    """The thread that sends webhooks sees time go by."""
    headers = {"Authorization": f"Bearer {gateway.api_key}"}
    body = {"audio_id": gateway.audio(), "callback_url": gateway_webhooks.url}
    with frozen():
        httpx.post(f"{gateway.url}{UPLOAD}/generate", json=body, headers=headers, trust_env=False)

        assert "complete" == gateway_webhooks.wait(timeout=PATIENCE)[0]["data"]["status"]
