"""Every word of a fault, seen on the wire: with a raw socket where bytes matter, else with a real HTTP client."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from covermock.fixtures.laboratory import ControlError, World
from covermock.fixtures.serving import ServerThread
from covermock.mock_server.world.fault import WORDS, Fault, RequestTraits, chance, firing, latency
from covermock.openapi import ADMIN
from hypothesis import given
from hypothesis import strategies as st
from support.fakes import COVER_STATUS, Fake
from support.receivers import receiving
from support.servers import PATIENCE


@pytest.fixture(scope="module")
def server() -> Iterator[ServerThread]:
    """A server on a free port."""
    with ServerThread() as running:
        yield running


class Lab:
    """A world on a server, with one cover task, a raw socket and an HTTP client."""

    def __init__(self, server: ServerThread, **spec: Any) -> None:
        self.world: World = server.laboratory.world(**{"drive": "manual", **spec})
        self.port = int(server.url.rpartition(":")[2])
        self.task = self.start()

    def http(self, method: str, path: str, **given: Any) -> httpx.Response:
        """Send a request as programs do."""
        headers = {"Authorization": f"Bearer {self.world.api_key}"}
        url = f"{self.world.url}/api/v1/audio/music/{path}"
        with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
            return client.request(method, url, headers=headers, **given)

    def start(self) -> str:
        """Start a cover task and return its id."""
        return str(self.cover().json()["data"]["taskId"])

    def cover(self) -> httpx.Response:
        """Start a cover task."""
        return self.http("POST", "cover/generate", json={"taskId": self.world.music_task()})

    def poll(self, task: str = "") -> httpx.Response:
        """Ask for the status of a cover task."""
        return self.http("GET", "cover/status", params={"task_id": task or self.task})

    def state(self, task: str = "") -> str:
        """Return the status that a poll shows."""
        return str(self.poll(task).json()["data"]["status"])

    def raw(self) -> bytes:
        """Poll over a raw socket and return every byte until the connection ends; a reset raises."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            connection.sendall(self.request())
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def request(self, close: bool = False) -> bytes:
        """Return the bytes of a poll."""
        head = f"GET {COVER_STATUS}?task_id={self.task} HTTP/1.1\r\nHost: localhost\r\n"
        end = "Connection: close\r\n\r\n" if close else "\r\n"
        return f"{head}Authorization: Bearer {self.world.api_key}\r\n{end}".encode()

    def fault(self, **settings: Any) -> str:
        """Add a fault and return its id."""
        return str(self.world.fault(**settings)["id"])


@pytest.fixture
def lab(server: ServerThread) -> Lab:
    """A world of one's own."""
    return Lab(server)


@pytest.mark.parametrize("code", [400, 401, 402, 404, 418, 429, 500, 502, 503, 599])
def test_any_status_documented_or_not(lab: Lab, code: int) -> None:
    """A status comes in the documented envelope, and the request does no work."""
    lab.fault(status={"code": code})
    answer = lab.poll()

    assert code == answer.status_code == answer.json()["error"]["code"]
    assert 0 == lab.world.task(lab.task)["polls"]


def test_a_status_with_a_body_of_its_own(lab: Lab) -> None:
    """Body, type and headers can be dictated to the last character."""
    lab.fault(
        status={"code": 503, "body": "<h1>down</h1>", "content_type": "text/html", "headers": {"X-Cache": "MISS"}}
    )
    answer = lab.poll()

    assert (503, "<h1>down</h1>", "text/html") == (answer.status_code, answer.text, answer.headers["content-type"])
    assert "MISS" == answer.headers["x-cache"]


def test_too_many_requests_say_when_to_come_again(lab: Lab) -> None:
    """429 has Retry-After; a lasting limit ends with `times`."""
    lab.fault(status={"code": 429, "retry_after": 7, "type": "rate_limit"}, times=1)
    first, second = lab.poll(), lab.poll()

    assert (429, "7", "rate_limit") == (
        first.status_code,
        first.headers["retry-after"],
        first.json()["error"]["type"],
    )
    assert 200 == second.status_code


def test_a_reset_connection(lab: Lab) -> None:
    """The connection ends with RST and not a byte."""
    lab.fault(reset={})
    with pytest.raises(ConnectionResetError):
        lab.raw()


def test_an_empty_answer(lab: Lab) -> None:
    """The connection ends in order, and not a byte came."""
    lab.fault(empty={})

    assert b"" == lab.raw()


@pytest.mark.parametrize("settings", [{}, {"bytes": 0}, {"bytes": 10}])
def test_a_truncated_body(lab: Lab, settings: dict[str, int]) -> None:
    """Fewer bytes come than Content-Length says, and an HTTP client notices."""
    whole = lab.poll()
    lab.fault(truncated=settings)
    head, _, body = lab.raw().partition(b"\r\n\r\n")

    assert f"Content-Length: {len(whole.content)}".encode() in head
    assert whole.content[: settings.get("bytes", len(whole.content) // 2)] == body
    with pytest.raises(httpx.RemoteProtocolError):
        lab.poll()


def test_malformed_json(lab: Lab) -> None:
    """The body is complete, and no JSON."""
    lab.fault(malformed_json={})
    answer = lab.poll()

    assert (200, "application/json") == (answer.status_code, answer.headers["content-type"])
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_wrong_content_type(lab: Lab) -> None:
    """The body is what it should be, and says that it is something else."""
    lab.fault(wrong_type={})
    answer = lab.poll()

    assert "text/html; charset=utf-8" == answer.headers["content-type"]
    assert "PENDING" == json.loads(answer.content)["data"]["status"]


def test_a_slow_drip(lab: Lab) -> None:
    """The body comes in pieces over the time that was asked for, and is whole."""
    whole = lab.poll().content
    lab.fault(drip={"seconds": 0.3})
    pieces = []
    with socket.create_connection(("127.0.0.1", lab.port), timeout=PATIENCE) as connection:
        connection.sendall(lab.request())
        began = time.perf_counter()
        while piece := connection.recv(65536):
            pieces.append(piece)
    took = time.perf_counter() - began

    assert whole == b"".join(pieces).partition(b"\r\n\r\n")[2]
    assert len(pieces) > 3
    assert 0.25 <= took


def test_a_delayed_answer_holds_nobody_and_shows_in_the_journal(lab: Lab) -> None:
    """While an answer is held back others come at once, the journal shows it waiting, and a reset lets it go."""
    lab.fault(latency={"seconds": 3000}, nth=1)
    with socket.create_connection(("127.0.0.1", lab.port), timeout=PATIENCE) as connection:
        connection.sendall(lab.request(close=True))
        lab.world.wait_for_requests(1, operation="getCoverStatus")
        waiting = [entry["waiting"] for entry in lab.world.journal(operation="getCoverStatus")]
        others = [lab.poll().status_code for _ in range(3)]
        lab.world.reset()
        late = connection.recv(65536)

    assert [True] == waiting
    assert [200] * 3 == others
    assert late.startswith(b"HTTP/1.1 200 OK")


def test_a_delayed_answer_comes_when_its_time_is_up(lab: Lab) -> None:
    """The answer is late by what was asked for, errors too, and no longer waits then."""
    lab.fault(latency={"seconds": 0.2})
    began = time.perf_counter()
    statuses = lab.poll().status_code, lab.poll("nobody").status_code
    took = time.perf_counter() - began

    assert (200, 404) == statuses
    assert 0.4 <= took
    assert {False} == {entry["waiting"] for entry in lab.world.journal()}


def test_a_fault_can_last_for_some_time_of_the_world(lab: Lab) -> None:
    """A fault that lasts ends with the world's clock, and its end is an event."""
    name = lab.fault(status={"code": 503}, lasts=60)
    before = lab.poll().status_code
    events = [event for event in lab.world.advance(60)["events"] if event["kind"] == "expiry"]

    assert (503, 200) == (before, lab.poll().status_code)
    assert [name] == [event["fault"] for event in events]
    assert [] == lab.world.faults()


@pytest.mark.parametrize("name", ["operation", "task", "account", "key"])
def test_faults_meet_only_what_matches(server: ServerThread, name: str) -> None:
    """A fault can be for one operation, one task (or what it is started from), one account or one key."""
    lab = Lab(server, accounts={"main": {}, "other": {}})
    values = {
        "operation": ("getCoverStatus", "getUploadCoverStatus"),
        "task": (lab.task, ["x", "y"]),
        "account": ("main", "other"),
        "key": (lab.world.api_key, lab.world.keys["other"]),
    }
    hit, miss = values[name]
    lab.fault(status={"code": 503}, match={name: miss})
    first = lab.poll().status_code
    lab.fault(status={"code": 502}, match={name: [hit] if isinstance(hit, str) else hit})

    assert (200, 502) == (first, lab.poll().status_code)


def test_a_plan_for_the_next_task(lab: Lab) -> None:
    """The anomaly waits for a start that succeeds: polls and refused starts don't use it up."""
    lab.fault(plan={"outcome": "failure"}, times=1)
    lab.poll()
    refused = lab.http("POST", "cover/generate", json={"taskId": "nothing"}).status_code
    task = lab.start()
    lab.world.advance(1000)

    assert 404 == refused
    assert ("FAILED", "SUCCESS") == (lab.state(task), lab.state())


@pytest.mark.parametrize(("settings", "stage"), [({}, "IN_PROGRESS"), ({"stage": "PENDING"}, "PENDING")])
def test_a_task_that_is_stuck_for_ever(lab: Lab, settings: dict[str, str], stage: str) -> None:
    """A stuck task stays where it is, whatever time passes."""
    lab.fault(stuck=settings)
    task = lab.start()
    lab.world.advance(31_557_600)

    assert stage == lab.state(task)


def test_a_fresh_task_is_not_found_at_first(lab: Lab) -> None:
    """The first polls, or those of the first seconds, are 404; then the task is there."""
    lab.fault(not_found_at_first={"polls": 2})
    by_polls = [lab.poll().status_code for _ in range(3)]
    lab.world.clear_faults()
    lab.fault(not_found_at_first={"seconds": 30})
    task = lab.start()
    early = lab.poll(task).status_code
    events = lab.world.advance(30)["events"]

    assert [404, 404, 200] == by_polls
    assert (404, 200) == (early, lab.poll(task).status_code)
    assert task in [event.get("task") for event in events if event["kind"] == "expiry"]


def test_a_status_flickers_back(lab: Lab) -> None:
    """Every other answer lies a stage back; the task itself does not move."""
    lab.fault(status_flickers={})
    lab.world.advance(1000)

    assert ["SUCCESS", "IN_PROGRESS", "SUCCESS", "IN_PROGRESS"] == [lab.state() for _ in range(4)]
    assert "SUCCESS" == lab.world.task(lab.task)["state"]


@pytest.mark.parametrize(
    ("field", "images", "others"),
    [
        (None, 1, {"taskId", "status", "created_at"}),
        ("data.images.0", 1, {"taskId", "status", "created_at"}),
        ("data.created_at", 2, {"taskId", "status"}),
        ("no.such.field", 2, {"taskId", "status", "created_at"}),
    ],
)
def test_a_field_is_missing(lab: Lab, field: str | None, images: int, others: set[str]) -> None:
    """A field that is named, or the last of the last result, is not in the answer; all others are."""
    lab.world.act(lab.task, "complete")
    lab.fault(field_missing={} if field is None else {"field": field})
    data = lab.poll().json()["data"]

    assert images == len(data.pop("images"))
    assert others == set(data)


def test_ids_are_repeated(lab: Lab) -> None:
    """A start answers with the id of the task before, of the same operation; the first one has its own."""
    lab.fault(ids_repeated={})

    assert lab.task == lab.start()


def test_success_comes_before_the_media(lab: Lab) -> None:
    """SUCCESS is shown, the files are 404 until some seconds later; a preview is there, and moves nothing."""
    lab.fault(media_late={"seconds": 60}, match={"task": lab.task})
    lab.world.act(lab.task, "complete")
    url = lab.poll().json()["data"]["images"][0]
    url = url if isinstance(url, str) else next(iter(url.values()))
    early = httpx.get(url, trust_env=False).status_code
    preview = httpx.get(url, params={"preview": 32}, trust_env=False).status_code
    events = lab.world.advance(60)["events"]

    assert (404, 200) == (early, httpx.get(url, trust_env=False).status_code)
    assert (200, 1) == (preview, lab.world.faults()[0]["fired"])
    assert [lab.task] == [event["task"] for event in events if event["kind"] == "expiry"]


@pytest.mark.parametrize("mode", ["late", "lost", "duplicated", "reordered", "early"])
def test_a_webhook_misbehaves(lab: Lab, mode: str) -> None:
    """The modes of a webhook, as a receiver sees them; more of them in test_webhooks.py."""
    with receiving() as receiver:
        lab.fault(callback={"mode": mode, "seconds": 60, "copies": 2}, times=1)
        audio = [lab.world.audio() for _ in range(2)]
        for number, one in enumerate(audio):
            fields = {"audio_id": one, "callback_url": f"{receiver.url}/{number}"}
            lab.http("POST", "upload-cover/generate", json=fields)
        lab.world.advance(1000)
        lab.world.wait_for_callbacks()
        came = [receiver.next().path for _ in range(receiver.came.qsize())]

    expected = {
        "late": ["/1", "/0"],
        "lost": ["/1"],
        "duplicated": ["/0", "/1", "/0", "/0"],
        "reordered": ["/1", "/0"],
        "early": ["/0", "/1"],
    }
    assert sorted(expected[mode]) == sorted(came)
    assert mode == "duplicated" or expected[mode] == came


def test_several_faults_act_together(lab: Lab) -> None:
    """A dictated body can be broken, typed and delayed by other faults, in whatever order they were made."""
    lab.fault(malformed_json={})
    lab.fault(field_missing={})
    lab.fault(status={"code": 502, "body": "oops"}, wrong_type={"content_type": "image/png"})
    answer = lab.poll()

    assert (502, "oop,}", "image/png") == (answer.status_code, answer.text, answer.headers["content-type"])


@pytest.mark.parametrize(
    ("settings", "remedy"),
    [
        ({}, "at least one of status, latency"),
        ({"latency": {"second": 1}}, "did you mean 'seconds'"),
        ({"stuck": {"stage": "PENDNG"}}, "did you mean 'pending'"),
        ({"stuck": {"stage": "SUCCESS"}}, "known"),
        ({"plan": {"stage_seconds": {"txt": 1}}}, "did you mean 'text'"),
        ({"plan": {"error": "no-credits"}}, "known|did you mean"),
        ({"status": {"code": 100}}, "at least 200"),
        ({"callback": {"mode": "latte"}}, "late"),
        ({"latency": {"seconds": 1}, "takes_effect": False}, "only with status, reset or empty"),
        ({"reset": {}, "match": {"account": "maine"}}, "did you mean 'main'"),
        ({"status": {"code": 500, "headers": {"X": "a\r\nb"}}}, "printable ASCII"),
    ],
)
def test_a_fault_that_could_not_be_meant_is_refused(lab: Lab, settings: dict[str, Any], remedy: str) -> None:
    """Unknown words, stages, errors and accounts are refused with what is known."""
    with pytest.raises(ControlError, match=remedy):
        lab.world.fault(**settings)


@given(st.integers(0, 2**32), st.integers(1, 50))
def test_chance_comes_from_the_seed_alone(seed: int, count: int) -> None:
    """The same seed fires for the same requests, and about as often as the probability says."""
    met = RequestTraits("show", "o", "a", "k", frozenset(), 0.0)
    runs = [
        [bool(firing([fault], met, seed)) for _ in range(count)]
        for fault in (Fault("f", {"reset": {}, "probability": 0.5}) for _ in range(2))
    ]

    assert runs[0] == runs[1]
    assert 0 <= chance(seed, "f", count) < 1


@given(st.integers(0, 2**32), st.floats(0, 100), st.floats(0, 100))
def test_latencies_lie_where_their_distribution_says(seed: int, one: float, other: float) -> None:
    """A uniform latency lies between its ends, whichever comes first; an exponential one is never negative."""
    luck = chance(seed, "f", 1)

    assert min(one, other) <= latency({"uniform": [one, other]}, luck) <= max(one, other)
    assert 0 <= latency({"exponential": one}, luck)
    assert one == latency({"seconds": one}, luck)


@pytest.mark.parametrize("code", ["199", "600", "abc", "", "२००"])
def test_a_preference_that_is_no_status_is_refused(code: str) -> None:
    """What is asked for is a status from 200 to 599, in plain digits."""
    fake = Fake()

    assert (400, "bad_request") == fake.get(f"{COVER_STATUS}?task_id=x&__code={code}").error


def test_an_example_is_asked_for_by_its_name() -> None:
    """`Prefer: example=` gives the named example of the contract; a wrong name is refused with the nearest."""
    fake = Fake()
    examples = yaml.safe_load((ADMIN.parent / "gateway.yaml").read_text(encoding="utf-8"))["paths"][COVER_STATUS]
    name, example = list(examples["get"]["responses"]["200"]["content"]["application/json"]["examples"].items())[-1]
    got = fake.get(f"{COVER_STATUS}?task_id=x", prefer=f'code=200, example="{name}"')

    assert example["value"] == got.json
    assert f"code=200, example={name}" == got.headers["preference-applied"]
    assert "did you mean" in fake.get(f"{COVER_STATUS}?task_id=x&__example={name}s").message


def test_every_word_of_the_fault_schema_is_known_and_has_been_seen() -> None:
    """The contract's words, the code's words, and the words that this file has seen on the wire are the same."""
    schema = yaml.safe_load(Path(ADMIN).read_text(encoding="utf-8"))["components"]["schemas"]["Fault"]
    words = {name for option in schema["anyOf"] for name in option["required"]}
    source = Path(__file__).read_text(encoding="utf-8")

    assert words == WORDS
    assert [] == sorted(word for word in words if f"lab.fault({word}=" not in source)
