"""Event streams: what happens in a world is told once, in order, to all who follow it, and holds nobody up."""

import json
import socket
import threading
from collections.abc import Iterator
from itertools import islice
from typing import Any

import httpx
import pytest
from covermock.fixtures.laboratory import ControlError, Event, World
from covermock.fixtures.serving import InProcess, ServerThread
from covermock.mock_server import Request
from covermock.mock_server.control.events import Feed
from covermock.mock_server.history.timeline import Cursor as Known
from covermock.mock_server.history.timeline import Follower, Happening, StageReached, present
from covermock.mock_server.http.messages import Stream
from covermock.mock_server.stores.redis.connection.link import StoreUnreachableError
from covermock.mock_server.world.task import Task, index, own_time
from covermock.openapi import ADMIN, Validator, load
from hypothesis import given
from hypothesis import strategies as st
from support.fakes import UPLOAD_COVER, Fake
from support.places import PLACES, Client, Place, calling, place
from support.receivers import receiving

HOUR = 3600


class Clock:
    """A wall clock that stands until it is moved."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        """Return the wall instant."""
        return self.now


@pytest.fixture(scope="module", params=PLACES)
def lab(request: pytest.FixtureRequest) -> Iterator[Place]:
    """A mock, wherever it is."""
    with place(request.param) as opened:
        yield opened


@pytest.fixture(scope="module")
def server() -> Iterator[ServerThread]:
    """A server in a thread, for what only the wire shows."""
    with ServerThread() as running:
        yield running


def alone(lab: Place, **spec: Any) -> tuple[World, Client]:
    """Return a world of one's own under `manual`, and a client in it."""
    world = lab.laboratory.world(**{"drive": "manual", "stage_seconds": HOUR, **spec})
    return world, lab.client(world)


def told(event: Event) -> str:
    """Return an event in a word or two."""
    return f"{event.kind} {event.data.get('state') or event.data.get('status') or ''}".strip()


def test_what_happened_comes_first_and_then_what_happens(lab: Place) -> None:
    """The past in order, as the schemas of admin.yaml have it; then a request and its stage, when they come."""
    with receiving() as receiver:
        world, client = alone(lab)
        task = client.upload_cover(world.audio(30), callback_url=f"{receiver.url}/hook")
        world.advance(4 * HOUR)
        world.wait_for_callbacks(1)
        stream = world.events(timeout=30)
        past = list(islice(stream, 6))
        client.upload_status(task)
        client.cover(world.music_task())
        fresh = list(islice(stream, 4))
        stream.close()

    assert ["request 200", "stage pending", "stage text", "stage first", "stage complete", "webhook delivered"] == [
        told(event) for event in past
    ]
    assert {task} == {event.data["task"] for event in past[1:]}
    assert ["request 200", "request 200", "stage PENDING"] == [
        told(event) for event in fresh if event.data.get("lifecycle") != "music"
    ]
    root = load(ADMIN).root
    schemas = root["components"]["schemas"]["EventStream"]["contentSchema"]["properties"]
    for event in past + fresh:
        assert [] == Validator(schemas[event.kind], root).violations(event.data, event.kind)


def test_time_alone_brings_stages(lab: Place) -> None:
    """Nobody polls, and the stages are told at their instants; a stream ends with its world."""
    world, client = alone(lab, drive="time", stage_seconds=0.05)
    stream = world.events(timeout=30)
    task = client.cover(world.music_task())
    mine = (event for event in stream if event.kind == "stage" and event.data["task"] == task)

    assert ["PENDING", "IN_PROGRESS", "SUCCESS"] == [event.data["state"] for event in islice(mine, 3)]
    world.delete()
    assert "end" == next(stream).kind
    assert [] == list(stream)


def test_a_stream_is_open_when_it_is_returned(lab: Place) -> None:
    """What is done before the first event is asked for is told; what was done before isn't."""
    world, client = alone(lab)
    client.cover_status("before")
    stream = world.events(timeout=30, begin="now")
    client.cover_status("odd\u2028\x85")

    assert "odd" in next(stream).data["query"]
    stream.close()


def test_polls_holds_and_acts_are_told(lab: Place) -> None:
    """Whatever moves a task, each state is told once, and none that it wasn't in."""
    world, client = alone(lab, drive="polls")
    polled, acted = client.cover(world.music_task()), client.cover(world.music_task())
    for _ in range(4):
        client.state(polled)
    world.act(acted, "hold")
    world.advance(9 * HOUR)
    world.act(acted, "fail")
    stages = [event.data for event in until_quiet(world) if event.kind == "stage"]

    assert ["PENDING", "IN_PROGRESS", "SUCCESS"] == [row["state"] for row in stages if row["task"] == polled]
    assert ["PENDING", "FAILED"] == [row["state"] for row in stages if row["task"] == acted]


def until_quiet(world: World) -> list[Event]:
    """Return all that has happened so far."""
    return list(world.events(timeout=0))


def test_each_stream_of_a_world_gets_everything(lab: Place) -> None:
    """Two that follow the same world see the same; one that begins now sees nothing of the past."""
    world, client = alone(lab)
    streams = [world.events(timeout=30) for _ in range(2)]
    for query in ("first", "second"):
        client.cover_status(query)
        assert [f"task_id={query}"] * 2 == [next(stream).data["query"] for stream in streams]
    for stream in streams:
        stream.close()

    assert [] == list(world.events(timeout=0, begin="now"))


def test_polls_are_told_with_what_they_moved_before_the_webhook(lab: Place) -> None:
    """The past of a world that polls drive is in the order in which it was."""
    with receiving() as receiver:
        world, client = alone(lab, drive="polls")
        task = client.upload_cover(world.audio(30), callback_url=f"{receiver.url}/hook")
        for _ in range(5):
            client.upload_status(task)
        world.wait_for_callbacks(1)

    past = [told(event) for event in until_quiet(world)]
    assert ["stage pending", "stage text", "stage first", "stage complete", "webhook delivered"] == [
        word for word in past if not word.startswith("request")
    ]


# What only the wire shows.


def lines(server: ServerThread, world: World, last: str = "", **query: Any) -> list[str]:
    """Return the lines of a stream that ends at once."""
    headers = {"Last-Event-ID": last} if last else {}
    url = f"{server.url}/__mock/worlds/{world.name}/events"
    return httpx.get(url, params={"timeout": 0, **query}, headers=headers, trust_env=False).text.splitlines()


def last_id(text: list[str]) -> str:
    """Return the id with which a client would connect again."""
    return [line for line in text if line.startswith("id: ")][-1][4:]


def events(text: list[str]) -> list[tuple[str, Any]]:
    """Return (kind, data) of each event in the lines of a stream."""
    kinds = [line[7:] for line in text if line.startswith("event: ")]
    return list(zip(kinds, (json.loads(line[6:]) for line in text if line.startswith("data: ")), strict=True))


def test_a_client_that_connects_again_gets_what_it_missed(server: ServerThread) -> None:
    """Requests, attempts and stages since the id it had last, and none of what it had."""
    world = server.laboratory.world(stage_seconds=HOUR)
    headers = {"Authorization": f"Bearer {world.api_key}"}
    with httpx.Client(base_url=server.url, headers=headers, trust_env=False) as http, receiving() as receiver:
        body = {"audio_id": world.audio(30), "callback_url": f"{receiver.url}/hook"}
        http.post("/api/v1/audio/music/upload-cover/generate", json=body)
        before = lines(server, world, **{"from": "start"})
        world.advance(4 * HOUR)
        world.wait_for_callbacks(1)
        http.get("/api/v1/audio/music/cover/status?task_id=x")
        missed = events(lines(server, world, last_id(before)))
        nothing = lines(server, world, last_id(lines(server, world, last_id(before))))

    assert ["request", "stage"] == [kind for kind, _ in events(before)]
    assert ["text", "first", "complete", "delivered", 404] == [
        data.get("state") or data["status"] for _, data in missed
    ]
    assert [] == events(nothing)


def test_what_happened_last_is_told_before_the_end(server: ServerThread) -> None:
    """A world that is deleted right after a request ends its streams with that request."""
    with httpx.Client(base_url=server.url, trust_env=False) as http:
        for _ in range(20):
            world = server.laboratory.world()
            stream = world.events(timeout=30, begin="now")
            http.get("/api/v1/audio/music/cover/status", headers={"Authorization": f"Bearer {world.api_key}"})
            world.delete()
            assert ["request", "end"] == [event.kind for event in stream]


def test_a_world_made_anew_is_told_from_its_beginning(server: ServerThread) -> None:
    """The id of the world that had the name before says nothing about this one."""
    world = server.laboratory.world()
    world.music_task()
    before = last_id(lines(server, world))
    world.reset()
    world.music_task()

    assert ["stage"] == [kind for kind, _ in events(lines(server, world, before))]


@pytest.mark.parametrize("last", ["7", "x,y", "1,1,1,1,1,x", "nonsense", "1,2,3,4,5,6", "1,2,3,inf,5,6"])
def test_an_id_that_no_stream_gave_is_refused(server: ServerThread, last: str) -> None:
    """With what is expected, and the remedy."""
    url = f"{server.url}/__mock/worlds/docs/events"
    answer = httpx.get(url, headers={"Last-Event-ID": last}, trust_env=False)

    assert 400 == answer.status_code
    assert last in answer.json()["detail"]
    assert "expected the id of an event that this server has sent" in answer.json()["detail"]


def test_unknown_worlds_and_settings_are_refused(lab: Place) -> None:
    """As everywhere, with the nearest names."""
    with pytest.raises(ControlError, match="docs"):
        next(lab.laboratory.events("/__mock/worlds/dosc/events"))
    with pytest.raises(ControlError, match=r"query\.from"):
        next(lab.laboratory.events("/__mock/worlds/docs/events?from=then"))


def test_a_head_tells_the_type_and_ends(server: ServerThread) -> None:
    """HEAD is a GET without a body; a body that never ends would never be left out."""
    answer = httpx.head(f"{server.url}/__mock/worlds/docs/events", trust_env=False)

    assert (200, b"") == (answer.status_code, answer.content)
    assert answer.headers["content-type"].startswith("text/event-stream")


def test_streams_keep_no_thread(server: ServerThread) -> None:
    """A hundred of them, and waits and requests are answered as ever, by as many threads as before."""
    world = server.laboratory.world()
    before = threading.active_count()
    streams = [world.events(timeout=60) for _ in range(100)]
    world.music_task()
    kinds = [next(stream).kind for stream in streams]

    assert ["stage"] * 100 == kinds
    assert threading.active_count() <= before + 1  # the first control call starts a worker
    for stream in streams:
        stream.close()


def test_a_server_that_stops_ends_its_streams() -> None:
    """A client gets the end of the body, and no error."""
    with ServerThread() as server:
        stream = server.laboratory.find("docs").events(timeout=60)
        assert "stage" == next(stream).kind
        server.stop()

        assert {"stage"} == {event.kind for event in stream}


def test_a_client_that_says_goodbye_is_let_go(server: ServerThread) -> None:
    """A half-closed connection is the end of a stream; nobody is left to read it."""
    with socket.create_connection(server.url.removeprefix("http://").split(":")) as connection:  # type: ignore[arg-type]
        connection.settimeout(20)
        connection.sendall(b"GET /__mock/worlds/docs/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass


# What is too much, and how the follower finds what is new.


def test_what_is_too_much_is_left_out_and_counted() -> None:
    """Of 13,000 requests at once some are told, and of all others their number, those that the journal lost too."""
    clock = Clock()
    with InProcess(wall=clock) as here:
        world = here.laboratory.world()
        client = Client(calling(here), world.api_key)
        stream = world.events(timeout=30)
        client.cover_status("first")
        assert "request" == next(stream).kind
        for number in range(13_000):
            client.cover_status(f"x{number}")
        clock.now += 1
        came = [next(stream)]
        while came[-1].kind != "skipped":
            came.append(next(stream))
        stream.close()

    assert 13_000 == len(came) - 1 + came[-1].data["count"]
    assert 100 < len(came) <= 1001


def test_a_stream_may_be_told_less_and_others_lose_nothing_by_it() -> None:
    """At most `rate` events a second, twice as many at once; one that asks for more of the same world gets more."""
    clock = Clock()
    with InProcess(wall=clock) as here:
        world = here.laboratory.world()
        client = Client(calling(here), world.api_key)
        heard = {}
        for rate in (10, 500):
            request = Request("GET", f"/__mock/worlds/{world.name}/events", f"rate={rate}", {"host": "localhost"})
            heard[rate] = here.mock.answer(request, clock()).stream
        for number in range(200):
            client.cover_status(f"x{number}")
        counts = {}
        for rate, stream in heard.items():
            assert stream is not None
            here.mock.look(stream, clock())
            piece = here.mock.piece(stream, clock()) or b""
            counts[rate] = piece.count(b"event: request"), b"event: skipped" in piece

    assert {10: (20, True), 500: (200, False)} == counts


def test_a_client_that_does_not_read_loses_events_and_is_told_how_many() -> None:
    """Nothing is kept for it beyond what there is room for; its time ends though it never reads."""
    clock = Clock()
    with InProcess(wall=clock) as here:
        world = here.laboratory.world()
        client, mock = Client(calling(here), world.api_key), here.mock
        path = f"/__mock/worlds/{world.name}/events"
        stream = mock.answer(Request("GET", path, "timeout=60", {"host": "localhost"}), clock()).stream
        assert stream is not None
        for _ in range(10):
            for number in range(1_000):
                client.cover_status(f"x{number}")
            clock.now += 1
            mock.look(stream, clock())
            assert b"" == mock.piece(stream, clock(), full=True)
        came = events((mock.piece(stream, clock()) or b"").decode().split("\n"))
        clock.now += 60
        last = mock.piece(stream, clock(), full=True), mock.piece(stream, clock(), full=True)

    assert 10_000 == sum(data.get("count", 1) for _, data in came)
    assert "skipped" in {kind for kind, _ in came}
    assert last[0] is not None
    assert last[1] is None


def test_a_store_that_is_away_ends_no_stream_and_no_wait() -> None:
    """While nothing can be learnt, what waits goes on waiting; the others of the same moment, too."""

    def away(_: float) -> None:
        raise StoreUnreachableError("gone")

    with InProcess() as here:
        assert here.mock.look(Stream(away, lambda *_, **__: b"", lambda _: 0.0, lambda: 0, "it"), 0.0) is None


def test_a_followed_world_is_in_use() -> None:
    """Made worlds that nobody used for long are dropped, but not under those who follow them."""
    clock = Clock()
    with InProcess(wall=clock) as here:
        world = here.laboratory.world(idle_seconds=60)
        path = f"/__mock/worlds/{world.name}/events"
        stream = here.mock.answer(Request("GET", path, "", {"host": "localhost"}), clock()).stream
        assert stream is not None
        for _ in range(4):
            clock.now += 30
            here.mock.look(stream, clock())
            here.laboratory.world()

        assert world.name == here.laboratory.find(world.name).name


ACTS = ["start", "poll", "wait", "advance", "hold", "release", "complete", "look"]


@given(st.sampled_from(["time", "manual", "polls"]), st.lists(st.sampled_from(ACTS), max_size=12))
def test_each_state_that_a_task_was_in_is_told_once(drive: str, acts: list[str]) -> None:
    """Whatever happens between two looks, what was told is the way that each task has gone so far."""
    clock = Clock()
    with InProcess(wall=clock) as here:
        made = here.laboratory.world(drive=drive, stage_seconds=5)
        client, world = Client(calling(here), made.api_key), here.mock.store.world(made.name)
        assert world is not None
        start = present(world, world.clock.now(clock()))
        follower, heard, places = Follower(world, start), list[Happening](), list[tuple[int, str]]()
        for act in ["start", *acts, "look"]:
            live(act, made, client, clock)
            if act == "look":
                heard += follower.news(world.clock.now(clock()))[0]
                places.append((len(heard), str(follower.place)))
        again = Follower(world, start).news(world.clock.now(clock()))[0]
        for task in world.tasks.values():
            gone = index(task, own_time(task, world.clock, world.clock.now(clock()))) + 1
            way = [step.state for step in task.plan[:gone]][0 if task.base else -1 :]
            assert way == ways(heard, task) == ways(again, task)
            for count, place in places if drive != "polls" else ():
                missed = Follower(world, Known.read(place)).news(world.clock.now(clock()))[0]
                assert set(way) == {*ways(heard[:count], task), *ways(missed, task)}


def live(act: str, made: World, client: Client, clock: Clock) -> None:
    """Do one thing to a world, or to the last of its tasks."""
    if act == "start":
        client.cover(made.music_task())
    elif act == "poll":
        client.state(made.tasks()[-1]["id"])
    elif act == "wait":
        clock.now += 3
    elif act == "advance":
        made.advance(4)
    elif act != "look":
        made.act(made.tasks()[-1]["id"], act)


def ways(heard: list[Happening], task: Task) -> list[str]:
    """Return the states of a task that were told, in order."""
    return [what.state for _, what in heard if isinstance(what, StageReached) and what.task is task]


def test_real_time_that_is_set_back_ends_no_stream() -> None:
    """A second stream of a world begins although the clock of the machine was set back since the first."""
    fake = Fake()
    assert 200 == fake.control("GET", "worlds/docs/events").status
    fake.wait(-3600)

    assert 200 == fake.control("GET", "worlds/docs/events").status


def followed(here: InProcess, clock: Clock, query: str = "") -> tuple[Client, Stream]:
    """Return a client of a new world, and a stream that follows it."""
    world = here.laboratory.world()
    path = f"/__mock/worlds/{world.name}/events"
    stream = here.mock.answer(Request("GET", path, query, {"host": "localhost"}), clock()).stream
    assert stream is not None
    return Client(calling(here), world.api_key), stream


def test_a_stream_remembers_no_words_of_what_it_has_told() -> None:
    """Each request may bring thousands of words that look like keys; what was told of them is not kept for ever."""
    clock = Clock()
    with InProcess(wall=clock) as here:
        client, stream = followed(here, clock)
        for number in range(5):
            client.send("POST", UPLOAD_COVER, {"prompt": " ".join(f"aio_{number}word{word}" for word in range(100))})
            clock.now += 1
            here.mock.look(stream, clock())
            assert b"<redacted>" in (here.mock.piece(stream, clock()) or b"")
        feed = stream.of
        assert isinstance(feed, Feed)

    assert {} == feed._call._known


def test_streams_of_many_rates_share_few_looks() -> None:
    """Rates are rounded down, so that each request is looked at nine times at most, however many follow a world."""
    with InProcess() as here:
        path, headers = "/__mock/worlds/docs/events", {"host": "localhost"}
        asked = (Request("GET", path, f"rate={rate}", headers) for rate in range(1, 501))
        streams = [here.mock.answer(request, 0.0).stream for request in asked]

    assert 9 == len({id(stream.of) for stream in streams if stream})


def test_what_rests_wakes_nobody() -> None:
    """While more happens than is told, requests make no stream due: the server looks at it when its rest is over."""
    clock = Clock()
    with InProcess(wall=clock) as here:
        client, stream = followed(here, clock, "rate=1")
        before = stream.version()
        for number in range(5):
            client.cover_status(f"x{number}")
        loud = stream.version()
        here.mock.look(stream, clock())

    assert before != loud
    assert None is stream.version()
    assert 0.2 <= stream.again(clock()) - clock()
