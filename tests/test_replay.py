"""Worlds whole: exported, restored in another process, replayed byte for byte; and what is no world is refused."""

import copy
import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from covermock.fixtures.laboratory import ControlError, Laboratory, World, over_http
from support.fakes import Fake
from support.places import Client, Place, place
from support.servers import PATIENCE, serving

SKIPPED = {"date", "connection", "content-length"}


@pytest.fixture(scope="module")
def lab() -> Iterator[Place]:
    """A server in a thread."""
    with place("thread") as opened:
        yield opened


def lived(lab: Place, drive: str) -> tuple[World, Client]:
    """Return a world in which much has happened: tasks, faults, refusals, time, plans, an uploaded file."""
    world = lab.laboratory.world(drive=drive, seed=11, stage_seconds=5, accounts={"main": {}, "poor": {"credits": 0}})
    client, poor = lab.client(world), lab.client(world, "poor")
    music = world.music_task()
    world.fault(latency={"seconds": 0.01}, status={"code": 503}, probability=0.4)
    world.fault(status_flickers={}, match={"operation": "getCoverStatus"})
    tasks = [client.cover(music, Prefer="code=200") for _ in range(2)] + started(client, world, 6)
    poor.send("POST", "/api/v1/audio/music/cover/generate", {"taskId": music})
    client.send("POST", "/api/v1/audio/music/cover/generate", b"{")
    client.send("PUT", "/api/v1/audio/music/cover/generate")
    client.send("GET", "/nowhere?__code=404")
    for number, task in enumerate(tasks):
        client.cover_status(task)
        world.advance(number)
        client.upload_status(task)
    world.plan(world.tasks()[-1]["id"], outcome="failure", stage_seconds=1)
    world.next()
    client.cover_status(tasks[-1])
    return world, client


def started(client: Client, world: World, count: int) -> list[str]:
    """Start cover tasks although a fault may spoil the answer; return the ids that came through."""
    answers = [
        client.send("POST", "/api/v1/audio/music/cover/generate", {"taskId": world.music_task()}) for _ in range(count)
    ]
    return [answer.json["data"]["taskId"] for answer in answers if answer.status == 200]


@pytest.mark.parametrize("drive", ["time", "manual", "polls"])
def test_a_second_process_lives_the_same_life(lab: Place, drive: str) -> None:
    """Exported, restored into another process and replayed: no status, header or byte differs."""
    world, _ = lived(lab, drive)
    document = world.export()
    with serving() as process:
        again = Laboratory(over_http(process.url), process.url).restore(document)
        result = again.replay()

    assert {"replayed": len(document["journal"]["entries"]), "skipped": 0, "differences": []} == result
    assert result == world.replay()
    assert result["replayed"] > 15


@pytest.mark.parametrize("drive", ["time", "manual", "polls"])
def test_a_replayer_from_outside_sees_the_same_bytes(lab: Place, drive: str) -> None:
    """Over HTTP, too: from the beginning, the clock standing at each entry's instant, control calls in their places."""
    document = lived(lab, drive)[0].export()
    with serving() as process:
        again = Laboratory(over_http(process.url), process.url).restore(document, begun=True)
        differences = [row for row in replayed(process.url, again, document) if row[1] != row[2]]

    assert [] == differences


def replayed(url: str, world: World, document: Any) -> Iterator[tuple[int, Any, Any]]:
    """Send every entry of the document once more; yield (number, what was answered, what is) for those that count."""
    both = [(entry, True) for entry in document["journal"]["entries"]]
    both += [(entry, False) for entry in document["controls"]["entries"]]
    for entry, judged in sorted(both, key=lambda pair: pair[0]["order"]):
        world.stand_at(entry["now"])
        got = sent(url, entry["request"])
        if judged:
            answer = entry["answer"]
            headers = {name.lower(): value for name, value in answer["headers"]}
            yield entry["number"], (answer["status"], headers, answer["body"]), got


def sent(url: str, request: Any) -> tuple[int, dict[str, str], str]:
    """Send a recorded request as it was, its Host too."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
    target = request["path"] + (f"?{request['query']}" if request["query"] else "")
    connection.putrequest(request["method"], target, skip_host=True, skip_accept_encoding=True)
    for name, value in request["headers"].items():
        connection.putheader(name, value)
    connection.endheaders(request["body"].encode())
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    headers = {name.lower(): value for name, value in answer.getheaders() if name.lower() not in SKIPPED}
    return answer.status, headers, body


def test_a_restored_world_goes_on_as_it_was(lab: Place) -> None:
    """The next requests get the same bytes in the original and in the restored world: ids, times and credits."""
    world, client = lived(lab, "manual")
    world.clear_faults()
    document = world.export()
    music = world.music_task()
    expected = [client.send("POST", "/api/v1/audio/music/cover/generate", {"taskId": music}) for _ in range(2)]
    lab.laboratory.restore(document)

    assert music == world.music_task()
    assert expected == [client.send("POST", "/api/v1/audio/music/cover/generate", {"taskId": music}) for _ in range(2)]


def test_an_uploaded_file_is_replayed_by_its_length() -> None:
    """Of a large upload only the length is kept, and what was started from it is replayed all the same."""
    fake = Fake(over={"drive": "manual"})
    seconds = 20
    data = bytes(8000 * seconds)
    form = b"fmt " + b"".join(n.to_bytes(size, "little") for n, size in [(16, 4), (1, 2), (1, 2), (8000, 4), (8000, 4)])
    chunks = b"WAVE" + form + (1).to_bytes(2, "little") + (8).to_bytes(2, "little")
    body = chunks + b"data" + len(data).to_bytes(4, "little") + data
    wav = b"RIFF" + len(body).to_bytes(4, "little") + body
    made = fake.control("POST", "worlds/docs/audio", wav, content_type="audio/wav").json
    fake.upload_cover(made["id"])
    result = fake.control("POST", "worlds/docs/replay").json

    assert (seconds, {"replayed": 1, "skipped": 0, "differences": []}) == (made["seconds"], result)


def test_what_was_cut_is_skipped() -> None:
    """A request whose body was too long to be kept is skipped, and counted as such."""
    fake = Fake()
    fake.post("/api/v1/audio/music/cover/generate", {"taskId": "x" * 70_000})

    assert {"replayed": 0, "skipped": 1, "differences": []} == fake.control("POST", "worlds/docs/replay").json


def test_a_difference_is_shown() -> None:
    """An answer that would be another one now is named, with both sides."""
    fake = Fake()
    task = fake.cover()
    fake.status(task)
    document = fake.control("GET", "worlds/docs/export").json
    document["journal"]["entries"][1]["answer"]["body"] = "{}"
    fake.control("PUT", "worlds/docs/export", document)
    [difference] = fake.control("POST", "worlds/docs/replay").json["differences"]

    assert (2, "body", "{}") == (difference["entry"], difference["what"], difference["expected"])


def test_a_world_may_claim_any_number_of_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replay looks only for ids that its journal can hold, however many an imported world says it gave out."""
    fake, drawn = Fake(), iter(range(5000))
    fake.upload_cover()
    document = fake.control("GET", "worlds/docs/export").json
    document["state"]["made"] = 10**12
    assert 200 == fake.control("PUT", "worlds/docs/export", document).status
    monkeypatch.setattr("covermock.mock_server.history.replay.digits", lambda _, number: f"{number:x}{next(drawn)}")

    assert 200 == fake.control("POST", "worlds/docs/replay").status


def test_a_key_of_another_world_is_not_taken(lab: Place) -> None:
    """Restored under another name, a world would share its keys: 409, and both stay as they were."""
    world, client = lived(lab, "manual")
    before = world.export()
    with pytest.raises(ControlError, match="expected a new key") as refused:
        lab.laboratory.restore({**before, "name": "another"})
    with pytest.raises(ControlError, match="expected a world"):
        lab.laboratory.find("another")
    client.send("GET", "/nowhere")

    assert 409 == refused.value.status
    assert len(before["journal"]["entries"]) + 1 == world.count()


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in a JSON document; of a list only the last one's."""
    yield path
    last = [(len(value) - 1, value[-1])] if isinstance(value, list) and value else []
    for name, inner in value.items() if isinstance(value, dict) else last:
        yield from _paths(inner, (*path, name))


@pytest.mark.parametrize("odd", [None, "odd", -1, 1e300, [], {}, True, [["odd", 1]], {"odd": {}}])
def test_whatever_is_wrong_in_a_document_is_refused(odd: Any) -> None:
    """Any value exchanged for any other is 400, 409 or a world that answers; never a 500, and nothing changes."""
    fake = Fake(over={"drive": "manual", "seed": 3})
    fake.cover()
    fake.control("POST", "worlds/docs/faults", {"latency": {"seconds": 0}, "times": 3})
    fake.post(
        "/api/v1/audio/music/upload-cover/generate", {"audio_id": "aud_30s", "callback_url": "http://localhost:9"}
    )
    document = fake.control("GET", "worlds/docs/export").json
    before = json.dumps(document)
    for path in list(_paths(document)):
        if not path or path[0] == "spec":
            continue
        broken = copy.deepcopy(document)
        here = broken
        for step in path[:-1]:
            here = here[step]
        here[path[-1]] = odd
        got = fake.control("PUT", "worlds/docs/export", broken)
        assert got.status in {200, 400, 409}, (path, got.body)
        if got.status == 200:
            assert_alive(fake, path)
            fake.control("PUT", "worlds/docs/export", document)

    assert json.loads(before)["state"]["tasks"] == fake.control("GET", "worlds/docs/export").json["state"]["tasks"]


def assert_alive(fake: Fake, path: tuple[Any, ...]) -> None:
    """Look at a world from every side; nothing in it crashes."""
    looks = ["", "/export", "/tasks", "/journal", "/callbacks", "/ledger", "/faults", "/clock", "/journal/last/explain"]
    statuses = [fake.control("GET", f"worlds/docs{look}").status for look in looks]
    statuses.append(fake.control("POST", "worlds/docs/clock/advance", {"seconds": 10}).status)
    statuses.append(fake.control("POST", "worlds/docs/replay").status)

    assert {200} >= set(statuses) - {400, 404}, (path, statuses)


def test_a_refused_document_names_the_part() -> None:
    """The refusal says where in the document, what was expected and what was there."""
    fake = Fake(over={"drive": "manual"})
    fake.cover()
    document = fake.control("GET", "worlds/docs/export").json
    document["state"]["tasks"][-1]["plan"][0][0] = "PENDNG"
    got = fake.control("PUT", "worlds/docs/export", document)

    assert 400 == got.status
    assert f"body.state.tasks.{len(document['state']['tasks']) - 1}.plan" in got.json["detail"]
    assert "did you mean 'PENDING'" in got.json["detail"]
