"""The journal, waits and redaction: bounded, honest about what is gone, and without anybody else's keys."""

import json

import pytest
from covermock.mock_server import Answer, Request
from covermock.mock_server.limits import Limits
from covermock.mock_server.world.clock import REAL
from covermock.mock_server.world.journal import BODY_LIMIT, ROOM, Journal
from hypothesis import given
from hypothesis import strategies as st
from support.fakes import COVER, COVER_STATUS, Fake

FOREIGN = "aio_somebodys_real_key"


@given(st.integers(1, 20), st.integers(0, 60), st.integers(0, 70))
def test_since_yields_what_is_kept_after_a_number(capacity: int, count: int, number: int) -> None:
    """However much came and went: the entries after the number that are still there, oldest first."""
    journal = Journal(capacity)
    for _ in range(count):
        journal.add(0.0, REAL, Request("GET", "/"), Answer(200, b""))
    expected = [n for n in range(1, count + 1) if n > count - capacity and n > number]

    assert expected == [entry.number for entry in journal.since(number)]
    assert [number in expected or (0 < number <= count and number > count - capacity)] == [
        journal.find(number) is not None
    ]
    assert max(count - capacity, 0) == journal.evicted


LONG = "x" * 60_000


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (Request("POST", "/", body=bytes(BODY_LIMIT + 1)), Answer(200, b"")),
        (Request("GET", "/", headers={"x": LONG}), Answer(200, b"")),
        (Request("GET", "/", headers={LONG: ""}), Answer(200, b"")),
        (Request("GET", f"/{LONG}"), Answer(200, b"")),
        (Request("GET", "/", LONG), Answer(200, b"")),
        (Request("GET", "/", headers={f"x{n}": "" for n in range(1000)}), Answer(200, b"")),
        (Request("GET", "/"), Answer(200, bytes(60_000))),
        (Request("GET", "/"), Answer(200, b"", (("X", LONG),))),
    ],
)
def test_a_journal_has_room_for_so_much_whatever_is_long(request_: Request, answer: Answer) -> None:
    """Heads and answers count as well as bodies, each of which is cut; the oldest go."""
    journal, most = Journal(), ROOM // 60_000
    for _ in range(2 * most):
        entry = journal.add(0.0, REAL, request_, answer)

    assert len(request_.body) > BODY_LIMIT or not entry.capped
    assert BODY_LIMIT >= len(entry.request.body)
    assert most >= len(journal.entries) > 0.5 * most
    assert ROOM >= journal.size == sum(one.size for one in journal.entries)


def test_strays_have_room_for_as_much_and_their_limit_is_a_flag() -> None:
    """Requests that belong to no world, with long heads, fill no memory; a restored journal counts the same."""
    fake = Fake(limits=Limits(journal_bytes=1_000_000))
    for _ in range(100):
        fake.get("/nowhere", key="aio_nobody", x_long=LONG)
        fake.get(COVER_STATUS, x_long=LONG)
    document = fake.control("GET", "worlds/docs/export").body
    fake.control("PUT", "worlds/docs/export", document)
    world = fake.mock.store.world("docs")
    assert world is not None

    assert [16] * 2 == [len(fake.mock.store.strays.entries), len(world.journal.entries)]
    assert (100, 84) == (world.journal.total, world.journal.evicted)


def test_what_is_gone_and_could_matter_is_not_counted() -> None:
    """Counting and waiting refuse when entries are gone; with `since` after them they answer."""
    fake = Fake()
    fake.world.journal.capacity = 3
    for _ in range(5):
        fake.get(f"{COVER_STATUS}?task_id=x")
    refused = [
        fake.control("GET", "worlds/docs/journal/count"),
        fake.control("POST", "worlds/docs/wait", {"requests": {}, "timeout": 0}),
    ]

    assert [(409, "Entries evicted")] * 2 == [(got.status, got.json["title"]) for got in refused]
    assert "ask with since" in refused[0].json["detail"]
    assert 3 == fake.control("GET", "worlds/docs/journal/count?since=2").json["count"]


def test_a_wait_refuses_when_entries_go_while_it_waits() -> None:
    """Entries that came and went between two looks could have been the ones: the wait says so, and never counts on."""
    fake = Fake()
    fake.world.journal.capacity = 2
    held = fake.control("POST", "worlds/docs/wait", {"requests": {"count": 4}}).answer
    for _ in range(4):
        fake.get(f"{COVER_STATUS}?task_id=x")
    assert held.hold is not None
    answer = fake.mock.look(held.hold, fake.wall)

    assert answer is not None
    assert (409, "Entries evicted") == (answer.status, json.loads(answer.body)["title"])


def test_two_hundred_waits_read_each_entry_once() -> None:
    """A wait that is looked at again reads only what came since, and is looked at only when something came."""
    fake = Fake()
    holds = [
        fake.control("POST", "worlds/docs/wait", {"requests": {"count": 3, "operation": "getCoverStatus"}}).answer.hold
        for _ in range(200)
    ]
    versions = {hold.version() for hold in holds if hold}
    for _ in range(3):
        fake.get(f"{COVER_STATUS}?task_id=x")
    answers = [fake.mock.look(hold, fake.wall) for hold in holds if hold]

    assert 1 == len(versions)
    assert versions.isdisjoint({hold.version() for hold in holds if hold})
    assert [200] * 200 == [answer and answer.status for answer in answers]


@pytest.mark.parametrize(
    "request_",
    [
        {"target": f"{COVER_STATUS}?task_id={FOREIGN}"},
        {"target": f"/{FOREIGN}"},
        {"target": COVER_STATUS, "x_forwarded_key": FOREIGN},
        {"target": COVER_STATUS, "cookie": "session=secret-cookie"},
        {"target": COVER_STATUS, "x_api_key": "secret-cookie"},
        {"target": COVER, "body": {"taskId": FOREIGN}},
    ],
)
def test_foreign_keys_are_nowhere_to_be_seen(request_: dict[str, object]) -> None:
    """A key of another gateway in path, query, header, body or the answer is left out, in the export as well."""
    fake = Fake()
    given = {name: value for name, value in request_.items() if name != "target"}
    method = "POST" if "body" in given else "GET"
    fake.send(method, str(request_["target"]), **given)  # type: ignore[arg-type]
    looks = ["journal", "journal?status=500", "journal/last/explain", "export"]
    texts = [fake.control("GET", f"worlds/docs/{look}").body.decode() for look in looks]
    texts.append(json.dumps(fake.control("POST", "worlds/docs/wait", {"requests": {"count": 9}, "timeout": 0}).json))

    assert [] == [text for text in texts if FOREIGN in text or "secret-cookie" in text]
    assert any("<redacted>" in text for text in texts)


@pytest.mark.parametrize("header", [f"Bearer {FOREIGN}", "Bearer sk-other", FOREIGN, "Basic c2VjcmV0"])
def test_strays_are_kept_without_their_keys(header: str) -> None:
    """Requests whose key belongs to no world are found in the strays, and of their key only the scheme."""
    fake = Fake()
    fake.send("GET", f"{COVER_STATUS}?task_id={FOREIGN}", key=None, authorization=header)
    got = fake.control("GET", "journal")

    assert 1 == got.json["total"]
    assert header.rsplit(maxsplit=1)[-1] not in got.body.decode()
    assert FOREIGN not in got.body.decode()


def test_a_crash_is_logged_without_keys(caplog: pytest.LogCaptureFixture) -> None:
    """The log of a defect of ours names method and path, and no key."""
    fake = Fake()
    fake.mock.gateway.front.crash_answer(Request("GET", f"/{FOREIGN}"), RuntimeError("boom"), {})

    assert "boom" in caplog.text
    assert FOREIGN not in caplog.text


def test_abandoned_worlds_go_when_others_are_made_never_in_a_request() -> None:
    """An unused world is dropped after its own time; requests and control calls keep it, requests drop nothing."""
    fake = Fake()
    for name, seconds in [("short", 10), ("used", 10), ("long", 100_000)]:
        fake.control("POST", "worlds", {"name": name, "idle_seconds": seconds})
    fake.wait(9)
    fake.get(f"{COVER_STATUS}?task_id=x", key="aio_used")
    fake.wait(2)
    kept = fake.get(f"{COVER_STATUS}?task_id=x", key="aio_short").status
    fake.wait(11)
    fake.control("GET", "worlds/used")
    fake.wait(9)
    fake.control("POST", "worlds", {})

    assert 404 == kept
    names = [world["name"] for world in fake.control("GET", "worlds").json["worlds"]]
    assert ["docs", "used", "long"] == names[:3]
    assert "short" not in names
