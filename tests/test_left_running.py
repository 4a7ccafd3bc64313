"""A server that is left running: clients that go, clients that are too many, no descriptor left, and the end."""

import asyncio
import json
import resource
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from math import inf
from types import SimpleNamespace

import httpx
import pytest
from covermock.fixtures.laboratory import Laboratory, over_http
from covermock.mock_server import Mock, Settings
from covermock.mock_server.http.messages import Hold, Request
from covermock.mock_server.limits import Limits
from covermock.mock_server.real_time import CLOCKS
from covermock.mock_server.server.http1.reader import Reader
from covermock.mock_server.server.pending import Waiting, _Group
from covermock.mock_server.server.server import Server
from support.engines import wait_until
from support.fakes import COVER_STATUS, KEY, NOON
from support.places import Client, over
from support.servers import COVERMOCK, PATIENCE, Raw, environment, exchange, receive, server_in_thread, serving

GET = f"GET {COVER_STATUS}?task_id=x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\n\r\n".encode()
LIVE = b"GET /__mock/livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
EVENTS = b"GET /__mock/worlds/docs/events HTTP/1.1\r\nHost: localhost\r\n\r\n"


def control(path: str, value: object) -> bytes:
    """Return the bytes of a control call."""
    body = json.dumps(value).encode()
    head = f"POST /__mock/worlds/docs/{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


OTHER_WAIT = control("wait", {"requests": {"count": 1}, "timeout": 60}).replace(b"/docs/", b"/other/")
WAIT = control("wait", {"requests": {"count": 1000}, "timeout": 60})


class Place:
    """A server of one's own, seen from outside and inside."""

    def __init__(self, url: str, server: Server) -> None:
        self.url, self.server = url, server
        self.port = int(url.rpartition(":")[2])
        self.laboratory = Laboratory(over_http(url), url)

    @property
    def open(self) -> int:
        """Return how many connections are open."""
        return len(self.server._shared.connections)

    def connect(self, *sent: bytes) -> socket.socket:
        """Return a connection on which something was sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        for piece in sent:
            connection.sendall(piece)
        return connection


@contextmanager
def place(**limits: int) -> Iterator[Place]:
    """Serve a mock of one's own with other limits."""
    settings = Settings(limits=Limits(**limits))
    with server_in_thread(Mock(settings, NOON)) as (url, server):
        yield Place(url, server)


@pytest.fixture
def here() -> Iterator[Place]:
    """A server with the limits that all have."""
    with place() as one:
        yield one


def vanish(connection: socket.socket, *, reset: bool) -> None:
    """Close a connection, with FIN or with RST."""
    if reset:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def delayed(here: Place, connection: socket.socket) -> None:
    """Ask for what a fault delays by an hour."""
    here.laboratory.find("docs").fault(latency={"seconds": 3600}, nth=1)
    connection.sendall(GET)
    wait_until(lambda: here.server._waiting._count == 1)


def dripping(here: Place, connection: socket.socket) -> None:
    """Ask for what a fault lets drip for an hour."""
    here.laboratory.find("docs").fault(drip={"seconds": 3600}, nth=1)
    connection.sendall(GET)
    connection.recv(1)


def waiting(here: Place, connection: socket.socket) -> None:
    """Wait for requests that don't come."""
    connection.sendall(WAIT)
    wait_until(lambda: here.server._waiting._count == 1)


def waiting_with_more(here: Place, connection: socket.socket) -> None:
    """Wait, and send so much behind it that the server reads no more."""
    waiting(here, connection)
    connection.sendall(GET * (100_000 // len(GET)))
    wait_until(lambda: not next(iter(here.server._shared.connections))._reading)


def following(_: Place, connection: socket.socket) -> None:
    """Follow a world in which nothing happens."""
    connection.sendall(EVENTS)
    connection.recv(1)


@pytest.mark.parametrize("begin", [delayed, dripping, waiting, waiting_with_more, following])
@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_a_client_that_goes_frees_its_connection(
    here: Place, begin: Callable[[Place, socket.socket], None], reset: bool
) -> None:
    """Whatever it was waiting for, long before that is due; and nothing waits for it any more."""
    connection = here.connect()
    begin(here, connection)
    before = here.open
    vanish(connection, reset=reset)
    wait_until(lambda: here.open < before)

    assert 0 == here.server._waiting._count
    assert not [entry for entry in here.laboratory.find("docs").journal() if entry["waiting"]]


def test_a_defect_of_ours_ends_one_wait_and_one_stream(here: Place, caplog: pytest.LogCaptureFixture) -> None:
    """The wait is a 500, the stream ends, both are logged; those of other worlds go on."""
    here.laboratory.world(name="other")
    with here.connect(WAIT) as wait, here.connect(EVENTS) as stream, here.connect(OTHER_WAIT):
        wait_until(lambda: here.server._waiting._count == 3)
        for one in [one for group in here.server._waiting._groups.values() for one in group.kept]:
            if "/docs/" in one.request.path:
                one.on.again = failing
        exchange(here.port, GET)
        crashed = receive(wait)
        ended = b"".join(iter(lambda: stream.recv(65536), b""))
        wait_until(lambda: here.server._waiting._count == 1)

    assert (500, "application/problem+json") == (crashed.status, crashed.headers["content-type"])
    assert b"event: request" in ended
    assert 2 == len(caplog.records)


def failing(_: float) -> float:
    """Fail."""
    raise RuntimeError("a defect of ours")


def test_much_that_comes_at_once_is_received_in_parts(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of a byte cost more than their bytes; others have their turn between two parts of them."""
    sizes: list[int] = []
    feed = Reader.feed
    monkeypatch.setattr(Reader, "feed", lambda one, data: (sizes.append(len(data)), feed(one, data))[1])
    head = b"POST /api/v1/audio/music/cover/generate HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"1\r\n \r\n" * 100_000

    assert 401 == exchange(here.port, head + chunks + b"0\r\n\r\n").status
    assert max(sizes) <= 65_536


def test_waits_have_a_limit_and_those_that_are_gone_do_not_count() -> None:
    """The third of two gets 503 in the words of the control API; once one is gone there is room again."""
    with place(waits=2) as here:
        first, second = here.connect(WAIT), here.connect(EVENTS)
        wait_until(lambda: here.server._waiting._count == 2)
        refused = [exchange(here.port, raw) for raw in (WAIT, EVENTS)]
        answered = exchange(here.port, GET).status
        first.close()
        wait_until(lambda: here.server._waiting._count == 1)
        third = here.connect(WAIT)
        wait_until(lambda: here.server._waiting._count == 2)
        second.close()
        third.close()

    assert [503, 503] == [answer.status for answer in refused]
    assert "at most 2 waits and event streams" in refused[0].json["detail"]
    assert "--limit waits" in refused[0].json["detail"]
    assert 404 == answered


def test_one_connection_too_many_gets_503(caplog: pytest.LogCaptureFixture) -> None:
    """In the documented envelope, without a word from the client; the log says so once; then all is well again."""
    with place(connections=3) as here:
        inside = [here.connect(LIVE) for _ in range(3)]
        served = [receive(connection).status for connection in inside]
        refused = [exchange(here.port) for _ in range(20)]
        still = [exchange_on(connection).status for connection in inside]
        inside[0].close()
        wait_until(lambda: here.open < 3)
        again = exchange(here.port, LIVE).status
        for connection in inside:
            connection.close()

    assert [200] * 3 == served == still
    assert {(503, "service_unavailable")} == {answer.error for answer in refused}
    assert {"close"} == {answer.headers["connection"] for answer in refused}
    assert "at most 3 open connections" in refused[0].json["error"]["message"]
    assert 200 == again
    assert 1 == caplog.text.count("3 connections are open")


def exchange_on(connection: socket.socket) -> Raw:
    """Ask once more on a connection."""
    connection.sendall(LIVE)
    return receive(connection)


def test_those_who_stay_although_they_are_too_many_keep_nobody_out() -> None:
    """Those who get 503 and don't leave are closed, so that there is room when there is room inside."""
    with place(connections=1) as here, ExitStack() as stack:
        inside = here.connect(LIVE)
        assert 200 == receive(inside).status
        for _ in range(50):
            assert 503 == receive(stack.enter_context(here.connect())).status
        inside.close()
        wait_until(lambda: here.server._door._refused == 0)
        wait_until(lambda: exchange(here.port, LIVE).status == 200)


def test_without_a_descriptor_one_line_is_logged_and_all_is_well_again() -> None:
    """Clients wait outside; those who are inside are served; when some have left the others come in."""
    began = time.monotonic()
    with serving() as process, ExitStack() as stack:
        first = stack.enter_context(socket.create_connection(("127.0.0.1", process.port), timeout=PATIENCE))
        assert 200 == exchange_on(first).status
        descriptors = len(list_descriptors(process.popen.pid))
        resource.prlimit(process.popen.pid, resource.RLIMIT_NOFILE, (descriptors + 3, descriptors + 50))
        crowd = [socket.create_connection(("127.0.0.1", process.port), timeout=PATIENCE) for _ in range(50)]
        for connection in crowd:
            connection.sendall(LIVE)
        wait_until(lambda: len(list_descriptors(process.popen.pid)) >= descriptors + 3)
        served = [exchange_on(first).status for _ in range(100)]
        for connection in crowd[:-1]:
            vanish(connection, reset=True)
        last = receive(crowd[-1]).status
        crowd[-1].close()
        process.stop()
        assert process.popen.stdout is not None
        said = process.popen.stdout.read()

    assert {200} == set(served)
    assert 200 == last
    assert 1 <= said.count("no connection can be accepted") <= 1 + (time.monotonic() - began) // 60  # once a minute
    assert "Traceback" not in said
    assert len(said) < 30_000


def test_as_many_descriptors_as_the_machine_gives_are_used() -> None:
    """The soft bound, which shells keep at 1,024 for old programs, is raised to the hard one, and limits follow it."""
    few = ["sh", "-c", 'ulimit -S -n 256 && exec "$@"', "sh", *COVERMOCK, "serve", "--port", "0"]
    with subprocess.Popen(few, text=True, env=environment(), stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            soft, hard = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
        finally:
            process.kill()

    assert soft == hard


def list_descriptors(pid: int) -> list[str]:
    """Return the open descriptors of a process; where nobody tells them the test is skipped."""
    import os

    try:
        return os.listdir(f"/proc/{pid}/fd")  # noqa: PTH208 - names are all that is wanted
    except FileNotFoundError:
        pytest.skip("needs /proc, which this machine has not")


def test_a_signal_ends_it_whatever_is_open() -> None:
    """Idle, half a head, half a body, a wait, a stream, a delay, answers that nobody reads: none of them keeps it."""
    with serving() as process, ExitStack() as stack:
        laboratory = Laboratory(over_http(process.url), process.url)
        laboratory.find("docs").fault(latency={"seconds": 3600}, times=1, match={"operation": "getUploadCoverStatus"})
        delay = GET.replace(b"upload-cover", b"cover").replace(b"/cover/status", b"/upload-cover/status")
        export = b"GET /__mock/openapi HTTP/1.1\r\nHost: localhost\r\n\r\n" + EVENTS
        sent = [
            b"",
            GET,
            GET[:20],
            control("wait", {})[:-1],
            WAIT,
            EVENTS,
            delay,
            GET * 20_000,
            WAIT + GET * 100,
            export,
        ]
        for raw in sent:
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", process.port), timeout=PATIENCE))
            connection.setblocking(False)
            with suppress(BlockingIOError):
                connection.send(raw)
        assert 200 == exchange(process.port, LIVE).status
        code = process.stop(signal.SIGTERM)
        assert process.popen.stdout is not None
        said = process.popen.stdout.read()

    assert 143 == code
    assert "Traceback" not in said
    assert "never" not in said


def test_the_answer_to_what_is_no_http_is_read_though_more_follows(here: Place) -> None:
    """Bytes that come after the answer don't reset the connection: the client sees its end, and no error."""
    for raw, status in ((b"\x00garbage\r\n\r\n", 400), (GET.replace(b"HTTP/1.1\r\n", b"HTTP/1.0\r\n"), 404)):
        with here.connect(raw) as connection:
            assert status == receive(connection).status
            connection.sendall(bytes(100_000))

            assert b"" == connection.recv(1)


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "http://", "null", "", "http://localhost:1"])
def test_an_origin_that_is_none_is_refused(here: Place, origin: str) -> None:
    """A page of nowhere is a foreign page: 403, and no crash."""
    answer = httpx.get(f"{here.url}/__mock/worlds", headers={"Origin": origin}, trust_env=False)

    assert 403 == answer.status_code


def test_connect_is_answered_the_same_way_each_time(here: Place) -> None:
    """No tunnel: 404 in the envelope and the end, also where the same bytes came before."""
    raw = b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"
    answers = [exchange(here.port, raw) for _ in range(3)]

    assert [(404, "not_found")] * 3 == [answer.error for answer in answers]
    assert ["close"] * 3 == [answer.headers["connection"] for answer in answers]


def test_a_body_that_comes_with_an_upgrade_is_read(here: Place) -> None:
    """An offer of h2c is ignored, its request answered, and the connection goes on."""
    body = b'{"audio_id": "aud123456789"}'
    head = f"POST /api/v1/audio/music/upload-cover/generate HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
    offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAA\r\n"
    with here.connect(f"{head}{offer}Content-Length: {len(body)}\r\n\r\n".encode(), body) as connection:
        started = receive(connection)
        connection.sendall(GET)

        assert 200 == started.status
        assert 404 == receive(connection).status


class Item:
    """Somebody who waits; `due` is when they go."""

    def __init__(self, looked: list["Item"], due: float = 9.0) -> None:
        self.on, self.looked, self.due = self, looked, due

    def prepare(self, _: float) -> None:
        """Do nothing."""

    def goes_on(self, wall: float) -> bool:
        """Note the look."""
        self.looked.append(self)
        return wall < self.due

    def again(self, _: float) -> float:
        """Return when time makes it due."""
        return self.due


def test_of_many_who_wait_some_are_looked_at_before_requests_have_their_turn() -> None:
    """However long one look takes, the next one has its turn later; who is gone meanwhile is looked at no more."""
    looked: list[Item] = []
    one, two, three = items = [Item(looked, 9.0 - number) for number in range(3)]
    group = _Group(lambda: 1, seen=0, kept=dict.fromkeys(items))  # type: ignore[arg-type]
    group.look_at(1, 0.0, -inf)
    del group.kept[two]  # type: ignore[arg-type]
    group.look_at(2, 0.0, -inf)

    assert [one, three] == looked
    assert (1, [], 7.0) == (group.seen, group.todo, group.again)  # what changed meanwhile is looked at next


def test_each_look_reaches_somebody_however_slow_the_machine_is() -> None:
    """Where its time is over before it has begun, one group has its turn, then the next."""
    looked: list[Item] = []
    waiting = Waiting(9)
    waiting._groups = {of: _Group(lambda: 1, seen=0, kept={Item(looked): None}) for of in (1, 2)}  # type: ignore[dict-item]
    waiting._look(0.0, -inf)
    waiting._look(0.0, -inf)

    assert 2 == len(set(looked)) == len(looked)


def test_a_stream_that_rests_is_looked_at_when_it_is_due() -> None:
    """No request hurries it, since time alone makes it due; one more who waits is looked at as soon as ever."""

    async def scene() -> tuple[float, float]:
        loop, waiting = asyncio.get_running_loop(), Waiting(9)
        waiting._groups = {1: _Group(lambda: None, seen=None, kept={Item([], CLOCKS.wall() + 60): None})}  # type: ignore[dict-item]
        before = loop.time()
        waiting._tick()
        waiting.soon()
        assert waiting._timer is not None
        rest = waiting._timer.when() - before
        client = SimpleNamespace(hold=lambda _: None)
        waiting.keep(None, Hold(lambda _: None, lambda _: inf, lambda: 0), client, Request("GET", "/"))  # type: ignore[arg-type]
        soon = waiting._timer.when() - loop.time()
        waiting._rest()
        return rest, soon

    rest, soon = asyncio.run(scene())

    assert rest > 0.2
    assert soon <= 0.01


def test_all_threads_are_there_from_the_start(here: Place) -> None:
    """Neither long calls nor webhooks start another one: what grows for hours can't be told from a leak."""
    before = set(threading.enumerate())
    world = here.laboratory.world(**{"from": "docs"})
    task = "/api/v1/audio/music/upload-cover/generate"
    body = {"audio_id": "aud_30s", "callback_url": "http://127.0.0.1:9/"}
    headers = {"Authorization": f"Bearer {world.api_key}"}
    with ThreadPoolExecutor(8) as several:
        exports = [several.submit(world.export) for _ in range(24)]
        answer = httpx.post(f"{here.url}{task}", json=body, headers=headers, trust_env=False)
        threads = [one.name for one in threading.enumerate() if one not in before]
        assert all(one.result() for one in exports)

    assert 200 == answer.status_code
    assert [] == [name for name in threads if not name.startswith("ThreadPoolExecutor")]


def test_nothing_goes_back_where_the_clock_of_the_machine_is_set_back(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task that has ended stays so, though real time is an hour earlier; then time goes on, for new tasks, too."""
    real, shift = CLOCKS._real, [0.0]
    monkeypatch.setattr(CLOCKS, "_real", lambda: real() + shift[0])
    monkeypatch.setattr(CLOCKS, "wall", CLOCKS._real)
    world = here.laboratory.world(stage_seconds=0.01)
    with httpx.Client(base_url=here.url, trust_env=False) as http:
        client = Client(over(http), world.api_key)
        task = client.cover(world.music_task())
        wait_until(lambda: client.state(task) == "SUCCESS")
        shift[0] = -3600.0
        states = {client.state(task) for _ in range(5)}
        again = client.cover(world.music_task())
        wait_until(lambda: client.state(again) == "SUCCESS")

    assert {"SUCCESS"} == states
