"""Receivers that are slow, hostile or gone, and worlds that go: nobody else's webhook waits, and none is blamed."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from covermock.fixtures.laboratory import World
from covermock.fixtures.serving import InProcess
from covermock.mock_server import Settings
from covermock.mock_server.limits import Limits
from covermock.mock_server.webhooks import route, sender
from covermock.mock_server.webhooks.sender import Courier
from support.engines import Engine, engine, wait_until
from support.fakes import UPLOAD_COVER, Fake, edited
from support.places import Client, calling
from support.receivers import answering, receiving, silent
from support.servers import PATIENCE

SLOW = 150
DONE = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@contextlib.contextmanager
def mock(**settings: Any) -> Iterator[InProcess]:
    """Open a mock of this process."""
    with InProcess(Settings(**settings)) as here:
        yield here


@contextlib.contextmanager
def impatient(folder: Path, seconds: float = 0.5, **settings: Any) -> Iterator[InProcess]:
    """Open a mock that gives receivers so many seconds, and no second try."""
    usual, own = "{repeat_after: [1, 3], answer_within: 15,", f"{{repeat_after: [], answer_within: {seconds},"
    with mock(spec=edited(folder, (usual, own)), **settings) as here:
        yield here


def owe(here: InProcess, world: World, *urls: str) -> None:
    """Start a task for each URL, and end them all."""
    client = Client(calling(here), world.api_key)
    for url in urls:
        client.upload_cover("aud123456789", callback_url=url)
    world.advance(3600)


def made(here: InProcess, **spec: Any) -> World:
    """Make a world whose tasks end when they are told to."""
    return here.laboratory.world(**{"from": "docs", "drive": "manual", **spec})


def couriers() -> set[threading.Thread]:
    """Return the threads that send webhooks, for whatever mock of this process."""
    return {thread for thread in threading.enumerate() if thread.name == "courier"}


def statuses(world: World) -> list[list[int | None]]:
    """Return the statuses of every try, by webhook."""
    return [[attempt["status"] for attempt in one["attempts"]] for one in world.callbacks()]


def test_slow_receivers_of_many_worlds_starve_nobody() -> None:
    """While 150 worlds have a receiver that never answers, another one's webhook arrives, with the first try."""
    with silent(SLOW) as slow, receiving() as quick, mock() as here:
        for url in slow:
            owe(here, made(here), url)
        world = made(here)
        owe(here, world, quick.url)
        quick.next()
        world.wait_for_callbacks(1)

        assert [[200]] == statuses(world)


def test_slow_receivers_of_one_world_starve_nobody() -> None:
    """While one world has 150 receivers that never answer, another one's webhook arrives, with the first try."""
    with silent(SLOW) as slow, receiving() as quick, mock() as here:
        owe(here, made(here), *slow)
        world = made(here)
        owe(here, world, quick.url)
        quick.next()
        world.wait_for_callbacks(1)

        assert [[200]] == statuses(world)


def test_a_slow_receiver_holds_no_other_of_its_world() -> None:
    """Within a world each receiver gets its webhooks for itself."""
    with silent(1) as slow, receiving() as quick, mock() as here:
        world = made(here)
        owe(here, world, *slow, *slow, quick.url)
        quick.next()
        world.wait_for_callbacks(1)

        assert [[], [], [200]] == statuses(world)
        assert ["sending", "planned", "delivered"] == [one["state"] for one in world.callbacks()]


def test_who_waits_for_a_turn_is_not_blamed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Once all that may be are under way, the others wait for as long as it takes, and the log says so once."""
    with silent(6) as slow, receiving() as quick, impatient(tmp_path, limits=Limits(webhooks=2)) as here:
        worlds = [made(here) for _ in slow]
        for world, url in zip(worlds, slow, strict=True):
            owe(here, world, url)
        last = made(here)
        owe(here, last, quick.url)
        quick.next()  # after rounds of half a second, each of them as long as the time that a receiver gets
        for world in worlds:
            world.wait_for_callbacks()

        assert [[[None]]] * 6 == [statuses(world) for world in worlds]
    assert 1 == sum("--limit webhooks=2" in row.getMessage() for row in caplog.records)


def test_thousands_that_are_due_at_once_go_in_order() -> None:
    """A jump of hours makes thousands due: each goes once, in order, and requests are answered meanwhile."""
    with receiving() as quick, mock() as here:
        world = made(here, accounts={"main": {"credits": 100_000}})
        owe(here, world, *(f"{quick.url}/{number}" for number in range(2000)))
        client = Client(calling(here), world.api_key)
        meanwhile = client.upload_status("nothing").status
        came = [quick.next().path for _ in range(2000)]
        world.wait_for_callbacks(2000)

        assert [f"/{number}" for number in range(2000)] == came
        assert 404 == meanwhile
        assert 0 == quick.came.qsize()


@pytest.mark.parametrize("drive", ["manual", "polls"])
def test_a_jump_of_hours_makes_webhooks_due(drive: str) -> None:
    """Whatever drives the tasks, a jump ends them and their webhooks go."""
    with receiving() as quick, mock() as here:
        world = made(here, drive=drive)
        owe(here, world, quick.url, quick.url)
        world.wait_for_callbacks(2)

        assert [[200], [200]] == statuses(world)


def test_the_last_poll_sends_the_webhook() -> None:
    """Under polls the poll that shows the end makes the webhook go, with no control call."""
    with receiving() as quick, mock() as here:
        world = made(here, drive="polls")
        client = Client(calling(here), world.api_key)
        task = client.upload_cover("aud123456789", callback_url=quick.url)
        states = [client.upload_status(task).json["data"]["status"] for _ in range(4)]

        assert ["pending", "text", "first", "complete"] == states
        assert "complete" == json.loads(quick.next().body)["data"]["status"]


def silence(connection: socket.socket) -> None:
    """Never answer, until the other side has gone."""
    connection.recv(1)


def drip(connection: socket.socket) -> None:
    """Answer a byte at a time, without end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        connection.sendall(b".")
        threading.Event().wait(0.02)


def informational(connection: socket.socket) -> None:
    """Say "continue" without end."""
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


def long_head(connection: socket.socket) -> None:
    """Send headers without end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-Long: " + b"x" * 10_000 + b"\r\n")


def reset(connection: socket.socket) -> None:
    """Break the connection off."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


def garbage(connection: socket.socket) -> None:
    """Answer what is no HTTP."""
    connection.sendall(b"\0\xff not HTTP at all\r\n\r\n")


def far_away(connection: socket.socket) -> None:
    """Redirect to a place with a very long name."""
    connection.sendall(
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://192.0.2.1/" + b"x" * 60_000 + b"\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("behave", "status", "problem"),
    [
        (silence, None, "expected an answer within 0.5 s, received none"),
        (drip, None, "expected an answer within 0.5 s, received none"),
        (informational, None, "expected an answer, received "),
        (long_head, None, "expected an answer, received "),
        (reset, None, "expected an answer, received ConnectionResetError"),
        (garbage, None, "expected an answer, received HttpParser"),
        (far_away, 302, "a redirect to http://192.0.2.1/"),
    ],
)
def test_a_hostile_receiver_harms_only_itself(
    tmp_path: Path, behave: Callable[[socket.socket], None], status: int | None, problem: str
) -> None:
    """What it does is recorded in a short text, its webhook is given up, and another's arrives meanwhile."""
    with answering(behave) as hostile, receiving() as quick, impatient(tmp_path) as here:
        world = made(here)
        owe(here, world, hostile, quick.url)
        quick.next()
        world.wait_for_callbacks()
        [attempt] = world.callbacks()[0]["attempts"]

    assert status == attempt["status"]
    assert problem in attempt["problem"]
    assert 0 < len(attempt["problem"]) < 400


def test_an_answer_without_end_is_not_read() -> None:
    """Of a 2xx no more than its beginning is read; then the connection is closed, and the webhook has arrived."""
    sent: list[int] = []

    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        sent.append(0)
        while True:
            sent[0] += connection.send(b"x" * 65_536)

    with answering(endless) as url, mock() as here:
        world = made(here)
        owe(here, world, url)
        world.wait_for_callbacks(1)

        assert [[200]] == statuses(world)
    assert sent[0] < 50_000_000  # what the buffers of the kernel take


@pytest.fixture
def blocked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Names that end in .test are looked up without an answer, until the end of the test."""
    gate, look = threading.Event(), socket.getaddrinfo

    def resolver(host: str, *rest: Any, **more: Any) -> Any:
        if host.endswith(".test"):
            gate.wait(PATIENCE)
            raise OSError("no such name")
        return look(host, *rest, **more)

    monkeypatch.setattr(route.socket, "getaddrinfo", resolver)
    yield
    gate.set()


@pytest.mark.usefixtures("blocked")
def test_a_resolver_that_blocks_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """While forty names are looked up without an answer, another name is found, and stopping is prompt."""
    monkeypatch.setattr(sender, "_LOOKUP_SECONDS", 3600.0)
    before = couriers()
    with receiving() as quick, mock() as here:
        world, other = made(here), made(here)
        owe(here, world, *(f"http://name{number}.test/" for number in range(40)))
        owe(here, other, quick.url.replace("127.0.0.1", "localhost"))
        quick.next()
        here.stop()

        wait_until(lambda: not couriers() - before)


@pytest.mark.usefixtures("blocked")
def test_a_resolver_that_never_answers_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A lookup has a time of its own; what is said of it blames no receiver."""
    monkeypatch.setattr(sender, "_LOOKUP_SECONDS", 0.1)
    with impatient(tmp_path) as here:
        world = made(here)
        owe(here, world, "http://name.test/")
        world.wait_for_callbacks()

        assert "expected an address within 0.1 s, received none" == world.callbacks()[0]["attempts"][0]["problem"]


def test_a_world_that_goes_takes_its_webhook_back(tmp_path: Path) -> None:
    """When a world is deleted while its webhook is on the way, the connection ends long before its time is up."""
    ended = threading.Event()

    def watch(connection: socket.socket) -> None:
        if connection.recv(1) == b"":
            ended.set()

    with answering(watch) as url, receiving() as quick, impatient(tmp_path, 3600) as here:
        world, other = made(here), made(here)
        owe(here, world, url)
        wait_until(lambda: world.callbacks()[0]["state"] == "sending")
        world.delete()

        assert ended.wait(PATIENCE)
        owe(here, other, quick.url)
        other.wait_for_callbacks(1)


def test_a_world_that_is_deleted_with_a_webhook_that_was_never_due_is_let_go() -> None:
    """Whoever sends webhooks keeps no world that is gone: its journal alone may take 32 MiB."""
    with mock() as here:
        world = made(here)
        Client(calling(here), world.api_key).upload_cover("aud123456789", callback_url="http://127.0.0.1:9/")
        here.look()
        wait_until(lambda: bool(here._courier._agendas))
        world.delete()

        wait_until(lambda: not here._courier._agendas)


def test_a_world_that_is_reset_sends_nothing_of_before() -> None:
    """After a reset the old world's webhook is gone, and the new world's first one is sent and counted by itself."""
    with silent(1) as slow, receiving() as quick, mock() as here:
        world = made(here)
        owe(here, world, *slow)
        wait_until(lambda: world.callbacks()[0]["state"] == "sending")
        world.reset()
        owe(here, world, quick.url)
        world.wait_for_callbacks(1)

        assert [[200]] == statuses(world)


def test_stopping_with_deliveries_open_is_prompt() -> None:
    """A mock stops while receivers keep it waiting, and leaves no thread."""
    before = couriers()
    with silent(20) as slow, mock() as here:
        world = made(here)
        owe(here, world, *slow)
        wait_until(lambda: all(one["state"] == "sending" for one in world.callbacks()))

    wait_until(lambda: not couriers() - before)


def test_a_webhook_that_cannot_be_made_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect of ours in one world is logged, and other worlds' webhooks go on."""
    with receiving() as quick, mock() as here:
        bad, good = made(here), made(here)
        make = here.mock.gateway.callback

        def failing(world: Any, *rest: Any) -> bytes:
            if world.name == bad.name:
                raise KeyError("oops")
            return make(world, *rest)

        monkeypatch.setattr(here.mock.gateway, "callback", failing)
        owe(here, bad, quick.url)
        owe(here, good, f"{quick.url}/good")

        assert "/good" == quick.next().path


@pytest.fixture(scope="module")
def redis() -> Iterator[Engine]:
    """A Redis of this module's own."""
    with engine() as running:
        yield running


def test_a_process_that_stops_gives_its_webhooks_back(redis: Engine) -> None:
    """What a process is sending when it stops is sent by another at once, not after the lease."""
    redis.empty()
    one, other = Fake(store=redis.store(lease=1e6)), Fake(store=redis.store(lease=1e6))
    with silent(1) as [slow]:
        one.post(UPLOAD_COVER, {"audio_id": "aud123456789", "callback_url": slow})
        one.wait(60)
        other.wait(60)
        courier = Courier(lambda: one.mock, (), lambda: one.wall)
        one.mock.take_over(one.wall)
        courier.poke()
        callbacks = "worlds/docs/callbacks"
        wait_until(lambda: other.control("GET", callbacks).json["callbacks"][0]["state"] == "sending")
        courier.stop()
        other.mock.take_over(other.wall)
        [claim] = Courier(lambda: other.mock, (), lambda: other.wall)._claim()

    assert b"complete" in claim.body
    assert [] == claim.delivery.attempts


def test_two_processes_send_each_webhook_once(redis: Engine) -> None:
    """Two processes that see the same webhooks due send each of them once, in order for each receiver."""
    redis.empty()
    pair = [Fake(store=redis.store()) for _ in range(2)]
    with receiving() as first, receiving() as second:
        for number in range(40):
            url = f"{(first, second)[number % 2].url}/{number}"
            pair[number // 2 % 2].post(UPLOAD_COVER, {"audio_id": "aud123456789", "callback_url": url})
        couriers = [Courier(lambda fake=fake: fake.mock, (), lambda fake=fake: fake.wall) for fake in pair]
        for fake, courier in zip(pair, couriers, strict=True):
            fake.wait(3600)
            fake.mock.take_over(fake.wall)
            courier.poke()
        came = [[receiver.next().path for _ in range(20)] for receiver in (first, second)]
        wait_until(lambda: not pair[0].world.outbox.open)
        for courier in couriers:
            courier.stop()

        assert [[f"/{number}" for number in range(start, 40, 2)] for start in range(2)] == came
        assert (0, 0) == (first.came.qsize(), second.came.qsize())
