"""What a server that is left running refuses: one more than it may have; and what takes long keeps nobody waiting."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from covermock.mock_server import Request
from covermock.mock_server.control import events
from covermock.mock_server.control.operations import journal, worlds
from covermock.mock_server.history.replay import Replayer
from covermock.mock_server.http.messages import Hold, Stream
from covermock.mock_server.limits import Limits
from covermock.mock_server.media import art, audio, sound
from covermock.mock_server.world.world import World
from covermock.openapi import InvalidSourceError
from support.fakes import COVER, COVER_STATUS, UPLOAD_COVER, Fake, world_file
from support.servers import PATIENCE

FEW = Limits(worlds=3, tasks=20, sources=20, faults=2, accounts=4)


def refusal(got: Any) -> str:
    """Return what a refusal for want of room says; its status and title are always the same."""
    envelope = got.json.get("error", got.json)
    assert (503, 503) == (got.status, envelope.get("code", envelope.get("status")))
    assert str(envelope["type"] if "code" in envelope else envelope["title"]) in {"service_unavailable", "Too many"}
    return str(envelope.get("message", envelope.get("detail")))


def test_a_world_has_at_most_so_many_tasks() -> None:
    """The next is refused by the gateway and the control API, nothing is charged for it, and polls go on."""
    fake = Fake(limits=FEW)
    while len(fake.world.tasks) < FEW.tasks:
        task = fake.upload_cover("aud_30s")
    before = fake.credits

    said = refusal(fake.post(UPLOAD_COVER, {"audio_id": "aud_30s"}))
    assert "expected at most 20 tasks in world 'docs', received one more" in said
    assert "Reset or delete the world, or start the server with a higher --limit tasks." in said
    assert "at most 20 tasks" in refusal(fake.post(COVER, {"taskId": "gen_completed"}))
    assert "at most 20 tasks" in refusal(fake.control("POST", "worlds/docs/music-tasks", {}))
    assert (before, 200) == (fake.credits, fake.get(f"{UPLOAD_COVER[:-8]}status?task_id={task}").status)
    assert 200 == fake.control("POST", "worlds/docs/reset").status
    assert 200 == fake.post(UPLOAD_COVER, {"audio_id": "aud_30s"}).status


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("worlds/docs/audio", {"seconds": 9}, "at most 20 sources in world 'docs'"),
        ("worlds/docs/faults", {"reset": {}, "match": {"task": "x"}}, "at most 2 faults in world 'docs'"),
        ("worlds", {}, "at most 3 worlds"),
        ("worlds/docs/fork", {}, "at most 3 worlds"),
    ],
)
def test_the_next_of_a_kind_is_refused(fake: Fake, path: str, body: object, said: str) -> None:
    """What was there stays, and can be read; one that goes makes room."""
    fake = Fake(limits=FEW)
    got = fake.control("POST", path, body)
    for _ in range(30):
        if got.status == 201:
            got = fake.control("POST", path, body)

    assert said in refusal(got)
    assert 200 == fake.control("GET", "worlds").status


@pytest.mark.parametrize(
    ("kind", "row", "limit"),
    [
        ("accounts", {}, "accounts"),
        ("audio", {"seconds": 9}, "sources"),
        ("tasks", {"lifecycle": "cover"}, "tasks"),
    ],
)
def test_a_world_that_comes_with_too_many_is_refused(
    tmp_path: Path, kind: str, row: dict[str, Any], limit: str
) -> None:
    """In a request, a restored document and a file: with the line of what there is too much of."""
    fake = Fake(world="empty", limits=FEW)
    spec = {kind: {f"n{number}": row for number in range(21)}}
    fake.control("POST", "worlds", {"name": "w"})
    document = Fake(world="empty")
    document.control("POST", "worlds", {"name": "w", **spec})
    exported = document.control("GET", "worlds/w/export").body
    with pytest.raises(InvalidSourceError, match=rf"world\.yaml:1: {limit}: expected at most .* received 2[12]"):
        Fake(world=str(world_file(tmp_path, json.dumps(spec))), limits=FEW)

    assert "in world 'v'" in refusal(fake.control("POST", "worlds", {"name": "v", **spec}))
    assert "in world 'w'" in refusal(fake.control("PUT", "worlds/w/export", exported))
    assert 0 == len(fake.control("GET", "worlds/w/tasks").json["tasks"])


def test_abandoned_worlds_make_room_and_others_stay(fake: Fake) -> None:
    """A full server drops worlds that nobody has used for long, and refuses before it drops one that is in use."""
    fake = Fake(limits=FEW)
    for name, idle in (("short", 10), ("long", 1000)):
        fake.control("POST", "worlds", {"name": name, "idle_seconds": idle})
    refused = fake.control("POST", "worlds", {"name": "new"})
    fake.wait(11)
    made = fake.control("POST", "worlds", {"name": "new"}).status

    assert "Delete worlds that are done, or give them less idle_seconds, or start the server" in refusal(refused)
    assert 201 == made
    assert ["docs", "long", "new"] == [world["name"] for world in fake.control("GET", "worlds").json["worlds"]]


def test_a_limit_that_is_reached_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """However many requests reach it, the log has one line, with the remedy."""
    fake = Fake(limits=Limits(faults=1))
    with caplog.at_level(logging.WARNING, "covermock"):
        for _ in range(50):
            fake.control("POST", "worlds/docs/faults", {"reset": {}})

    [line] = [record.getMessage() for record in caplog.records]
    assert "the limit of 1 faults in world 'docs' is reached" in line
    assert "--limit faults" in line


def test_how_long_a_body_may_be_depends_on_what_it_is() -> None:
    """The text of a world has its limit, an export four times as much, all else what the contract says."""
    fake = Fake(limits=Limits(world_text_bytes=10_000))
    blank = b" " * 10_000
    statuses = [
        fake.control("POST", "worlds", b"{}" + blank).status,
        fake.control("POST", "worlds", b"{}" + blank[2:]).status,
        fake.control("PUT", "worlds/x/export", b"{}" + 4 * blank).status,
        fake.control("PUT", "worlds/x/export", b"{}" + blank).status,
        fake.control("POST", "worlds/docs/faults", b"{}" + b" " * (1 << 20)).status,
        fake.control("POST", "worlds/docs/faults", b"{}" + blank).status,
        fake.control("POST", "worlds/docs/audio", bytes(2 << 20), content_type="audio/wav").status,
    ]

    assert [413, 201, 413, 400, 413, 400, 400] == statuses
    assert (10_000, 40_000) == tuple(fake.mock.body_limit(f"/__mock/worlds{path}") for path in ("", "/x/export"))


def test_a_world_file_has_the_same_limit(tmp_path: Path) -> None:
    """A file that is too long is refused before it is understood."""
    path = world_file(tmp_path, "description: x" + " " * 10_000)
    with pytest.raises(InvalidSourceError, match="expected at most 10000 bytes of YAML, received more"):
        Fake(world=str(path), limits=Limits(world_text_bytes=10_000))


Does = Callable[..., Any]


@pytest.mark.parametrize(
    ("module", "name", "method", "path", "body"),
    [
        (art, "picture", "GET", "media/docs/gen_completed/1.png", None),
        (art, "photo", "GET", "media/docs/gen_completed/1.jpeg", None),
        (sound, "song", "GET", "media/docs/gen_completed/1.wav", None),
        (audio, "length", "POST", "worlds/docs/audio", b"RIFF"),
        (worlds, "unfit", "PUT", "worlds/docs/export", b""),
        (worlds, "build", "POST", "worlds", b"{}"),
        (worlds, "beginning", "POST", "worlds/docs/reset", None),
        (worlds, "current", "POST", "worlds/docs/fork", b"{}"),
        (worlds, "redact_export", "GET", "worlds/docs/export", None),
        (worlds, "replay", "POST", "worlds/docs/replay", None),
        (journal, "_shown", "GET", "worlds/docs/journal", None),
        (journal, "_shown", "GET", "journal", None),
        (events, "_last_events", "GET", "worlds/docs/events?from=start", None),
    ],
)
def test_nobody_waits_for_what_takes_long(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, method: str, path: str, body: bytes | None
) -> None:
    """While pictures are drawn, or worlds are built, read, shown and replayed, others get their answers."""
    fake = Fake()
    document = fake.control("GET", "worlds/docs/export").body
    does: Does = getattr(module, name)
    others: list[int] = []

    def meanwhile(*given: Any) -> Any:
        other = Thread(target=lambda: others.append(fake.get(f"{COVER_STATUS}?task_id=x").status))
        other.start()
        other.join(PATIENCE)
        assert not other.is_alive()
        return does(*given)

    monkeypatch.setattr(module, name, meanwhile)
    kind = {"content_type": "audio/wav"} if body == b"RIFF" else {}
    got = fake.control(method, path, document if body == b"" else body, **kind)

    assert got.status in {200, 201} or (got.status == 400 and body == b"RIFF")
    assert [404] == others


def test_a_failure_in_what_takes_long_is_a_500(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In the documented envelope, and in the log; the next request is answered."""
    fake = Fake()
    monkeypatch.setattr(art, "picture", lambda *_: 1 / 0)
    got = fake.control("GET", "media/docs/gen_completed/1.png")

    assert (500, "Internal error") == (got.status, got.json["title"])
    assert "ZeroDivisionError" in caplog.text
    assert 200 == fake.control("GET", "worlds").status


def test_an_exception_in_a_stream_ends_it(caplog: pytest.LogCaptureFixture) -> None:
    """Like a 500: it is logged once, the body ends, and no later look does it again; a wait is answered with it."""
    fake = Fake()

    def fails(*_: Any, **__: Any) -> Any:
        raise RuntimeError("boom")

    streams = [
        Stream(fails, lambda *_, **__: b"piece", float, lambda: 0, None),
        Stream(lambda _: None, fails, float, lambda: 0, None),
    ]
    for stream in streams:
        fake.mock.look(stream, fake.wall)
        assert [None] * 3 == [fake.mock.piece(stream, fake.wall) for _ in range(3)]
    waited = fake.mock.look(Hold(fails, float, lambda: 0), fake.wall)

    assert waited is not None
    assert 500 == waited.status
    assert 3 == caplog.text.count("RuntimeError: boom")


def test_control_calls_that_only_read_are_not_replayed() -> None:
    """A document that claims that they changed its world asks for work without end: replays within replays."""
    fake = Fake()
    fake.control("POST", "worlds/docs/clock/advance", {"seconds": 1})
    document = fake.control("GET", "worlds/docs/export").json
    [entry] = document["controls"]["entries"]
    rows = [{**entry, "number": n + 1, "order": n} for n in range(50)]
    for row in rows:
        row["request"] = {**row["request"], "path": "/__mock/worlds/docs/replay", "body": ""}
    document["controls"] |= {"total": 50, "entries": rows}
    restored = fake.control("PUT", "worlds/docs/export", document).status
    asked: list[Request] = []
    replayer = fake.mock.control.replayer
    assert replayer is not None

    def counting(world: World) -> Replayer:
        answer = replayer(world)
        return lambda request, wall: (asked.append(request), answer(request, wall))[1]

    fake.mock.control.replayer = counting
    replayed = fake.control("POST", "worlds/docs/replay")

    assert (200, 200, 50) == (restored, replayed.status, len(asked))


def test_ids_are_looked_for_where_they_can_be() -> None:
    """A world that claims to have given out a million million ids is replayed as fast as any other."""
    fake = Fake()
    document = fake.control("GET", "worlds/docs/export").json
    document["state"]["made"] = 10**12

    assert 200 == fake.control("PUT", "worlds/docs/export", document).status
    assert 200 == fake.control("POST", "worlds/docs/replay").status
