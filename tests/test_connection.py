"""One connection: what a client gets in turn, what it may not make grow, and how long each thing may take."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from covermock.mock_server import Answer
from covermock.mock_server.http.messages import Wire
from support.lines import Line, Lines

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /api HTTP/1.1\r\nHost: x\r\n"
SLOW = 1024  # bytes in a second: the least rate of a body
Scene = Callable[[], Awaitable[None]]


def play(scene: Scene) -> None:
    """Run a scene in an event loop."""

    async def main() -> None:
        await scene()

    asyncio.run(main())


async def turns(count: int = 3) -> None:
    """Let the loop do what it was told to do soon."""
    for _ in range(count):
        await asyncio.sleep(0)


def wait(line: Line, seconds: float) -> None:
    """Let so many seconds pass since the last change, as the server's sweeps see it."""
    line.client.look(asyncio.get_running_loop().time())
    line.client.look(line.client._since + seconds)


def statuses(line: Line) -> list[int]:
    """Return the statuses of all answers."""
    return [int(part[:3]) for part in bytes(line.written).split(b"HTTP/1.1 ")[1:]]


def test_one_connection_does_not_keep_the_others_waiting() -> None:
    """A thousand requests in one packet are answered in turns, between which others have theirs."""

    async def scene() -> None:
        lines = Lines()
        line = lines.open()
        line.client.data_received(GET * 1000)
        first = len(lines.asked)
        await turns(500)

        assert 0 < first <= 4
        assert 1000 == len(lines.asked)

    play(scene)


def test_who_does_not_read_is_not_answered_on() -> None:
    """Requests wait unread, and are not even received, until the client has read the answers."""

    async def scene() -> None:
        lines = Lines()
        lines.answer = Answer(200, b"x" * 10_000)
        line = lines.open()
        line.reads = False
        for _ in range(100):
            if not line.paused:
                line.client.data_received(GET * 100)
                await turns(20)
        answered, paused = len(lines.asked), line.paused
        while line.unread:
            line.read(min(line.unread, 20_000))
            await turns(20)

        assert (7, True) == (answered, paused)
        assert not line.paused
        assert lines.asked[7:]

    play(scene)


def test_what_comes_behind_a_held_answer_is_not_kept_without_end() -> None:
    """Behind an answer that is due later some bytes are kept; then the connection is read no more."""

    async def scene() -> None:
        lines = Lines()
        lines.answer = None
        line = lines.open()
        line.client.data_received(GET)
        packets = 0
        while not line.paused and packets < 100:
            line.client.data_received(GET * 100)
            packets += 1
        assert line.client._reader.waiting < 100_000
        assert 1 == len(lines.asked)
        lines.answer = Answer(200, b"")
        lines.held[0].reply(lines.answer)
        await turns(1000)

        assert 1 + packets * 100 == len(lines.asked)
        assert not line.paused

    play(scene)


@pytest.mark.parametrize(
    ("begin", "drop", "rate"),
    [
        (b"G", b"ET /aaaaaaaaaaaaaaaaaaa", 0),
        (b"\r\nGET /", b"a", 0),
        (b"GET / HTTP/1.1\r\nX-A: ", b"a", 0),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"A", 0),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: ", b"A", 0),
        (POST + b"Content-Length: 100\r\n\r\n", b"a", 1 / SLOW),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n40\r\n", b"a", 1 / SLOW),
    ],
)
def test_a_request_has_so_long_whether_it_drips_or_not(begin: bytes, drop: bytes, rate: float) -> None:
    """Head and trailers have 30 s in all, and each byte of a body a little more; then it is 400 and the end."""

    async def scene() -> None:
        for drops in (0, 20):
            line = Lines().open()
            line.client.data_received(begin)
            began = line.client._since
            for number in range(drops):
                line.client.look(began + number)
                line.client.data_received(drop if len(drop) == 1 else drop[number : number + 1])
            assert began == line.client._since
            line.client.look(began + 29.9)
            before = statuses(line), line.finished
            line.client.look(began + 30.2 + drops * rate)

            assert ([], False) == before
            assert ([400], True) == (statuses(line), line.finished)
            assert b"Connection: close" in line.written

    play(scene)


def test_empty_lines_before_a_request_are_no_way_to_stay() -> None:
    """Who sends nothing else is no client that waits for an answer: the connection ends without one."""

    async def scene() -> None:
        line = Lines().open()
        line.client.data_received(b"\r\n")
        wait(line, 30.1)

        assert (b"", True) == (bytes(line.written), line.finished)

    play(scene)


def test_64_mib_over_a_slow_line_arrive() -> None:
    """A body of that size that comes a little faster than it must is read to its end, hours later."""

    async def scene() -> None:
        lines, size, packet = Lines(), 64 << 20, 1 << 14
        line = lines.open()
        head = b"POST /__mock/worlds/docs/audio HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
        line.client.data_received(head % size)
        began = line.client._since
        for number in range(1, size // packet + 1):
            line.client.look(began + number * packet / (SLOW + 1))
            line.client.data_received(bytes(packet))

        assert [size] == [len(request.body) for request in lines.asked]

    play(scene)


def test_a_body_that_pauses_may_catch_up() -> None:
    """The rate is a mean: what came faster before may be followed by silence, but not for ever."""

    async def scene() -> None:
        line = Lines().open()
        line.client.data_received(POST + b"Content-Length: 900000\r\n\r\n")
        began = line.client._since
        line.client.data_received(bytes(100 * SLOW))
        line.client.look(began + 129)
        before = statuses(line)
        line.client.look(began + 131)

        assert ([], [400]) == (before, statuses(line))

    play(scene)


def test_times_count_anew_for_each_request() -> None:
    """Who pipelines for minutes, each packet ending in the middle of a head, is not too slow."""

    async def scene() -> None:
        lines = Lines()
        line = lines.open()
        line.client.data_received(GET + GET[:9])
        for _ in range(5):
            wait(line, 29)
            line.client.data_received(GET[9:] + GET[:9])

        assert [200] * 6 == statuses(line)
        assert not line.finished

    play(scene)


def test_an_idle_connection_ends_in_silence() -> None:
    """Between two requests, and before the first, there is more time; nothing is said when it is up."""

    async def scene() -> None:
        for before in (b"", GET):
            line = Lines().open()
            line.client.data_received(before)
            written = bytes(line.written)
            wait(line, 74.9)
            open_ = not line.finished
            wait(line, 75.1)

            assert (True, True, written) == (open_, line.finished, bytes(line.written))

    play(scene)


def test_each_answer_begins_the_time_of_a_quiet_connection_anew() -> None:
    """Who asks once a minute stays, and is let go 75 s after the last answer was seen."""

    async def scene() -> None:
        line, now = Lines().open(), asyncio.get_running_loop().time()
        for minute in range(1, 4):
            line.client.data_received(GET)
            line.client.look(now + 60 * minute)
        line.client.look(now + 180 + 74.9)
        open_ = not line.finished
        line.client.look(now + 180 + 75.1)

        assert (True, True) == (open_, line.finished)

    play(scene)


def test_an_answer_gives_a_head_that_has_begun_no_more_time() -> None:
    """The half of a request behind one that was answered has its 30 seconds, and no look makes them more."""

    async def scene() -> None:
        line = Lines().open()
        line.client.data_received(GET + GET[:5])
        line.client.look(line.client._since + 30.1)

        assert [200, 400] == statuses(line)

    play(scene)


def test_an_answer_that_nobody_reads_ends_the_connection() -> None:
    """Some of it must have been read every 30 s, however much is left."""

    async def scene() -> None:
        lines = Lines()
        lines.answer = Answer(200, b"x" * 1_000_000)
        line = lines.open()
        line.reads = False
        line.client.data_received(GET)
        for second in range(0, 290, 29):
            line.client.look(second)
            line.read(10)
        still = not line.aborted
        line.client.look(300)
        line.client.look(330.1)

        assert (True, True) == (still, line.aborted)

    play(scene)


def test_answers_that_wait_to_be_read_have_one_limit_together(caplog: pytest.LogCaptureFixture) -> None:
    """The connection with the most of it ends; the others don't notice."""

    async def scene() -> None:
        lines = Lines(unread_bytes=1_000_000)
        clients = []
        for size in (100, 400_000, 700_000):
            lines.answer = Answer(200, b"x" * size)
            line = lines.open()
            line.reads = False
            line.client.data_received(GET)
            clients.append(line)
        lines.shared.look(0)

        assert [False, False, True] == [line.aborted for line in clients]

    play(scene)
    assert ["bytes of answers wait"] == [text for text in ["bytes of answers wait"] if text in caplog.text]


def test_bodies_that_find_no_room_are_503(caplog: pytest.LogCaptureFixture) -> None:
    """The request that would be too much is told so, and the log once; what is on its way goes on."""

    async def scene() -> None:
        lines = Lines(bodies_bytes=100_000)
        head = POST + b"Content-Length: 70000\r\n\r\n"
        clients = [lines.open() for _ in range(4)]
        for line in clients:
            line.client.data_received(head)
            line.client.data_received(bytes(60_000))
        clients[0].client.data_received(bytes(10_000))

        assert [[200], [503], [503], [503]] == [statuses(line) for line in clients]
        assert b"bytes of bodies under way" in clients[1].written
        assert 0 == lines.shared.stock.used

    play(scene)
    assert 1 == caplog.text.count("bodies_bytes=100000")


def test_the_last_answer_is_not_taken_back() -> None:
    """After it what still comes is read away, until the client closes or a second has passed."""

    async def scene() -> None:
        for last in (b"\x00", b"GET / HTTP/1.0\r\n\r\n"):
            line = Lines().open()
            line.client.data_received(last)
            line.client.data_received(bytes(1_000_000))
            half_closed = line.finished, line.closed, len(statuses(line))
            wait(line, 0.9)
            before = line.closed
            wait(line, 1.1)

            assert (True, False, 1) == half_closed
            assert (False, True) == (before, line.closed)
            assert line.client.eof_received() is False

    play(scene)


def test_what_ends_in_the_middle_is_told_so() -> None:
    """A client that half-closes within a request gets 400; within none, just the end."""

    async def scene() -> None:
        for raw, expected in (
            (GET[:-2], [400]),
            (POST + b"Content-Length: 9\r\n\r\nhello", [400]),
            (GET, [200]),
            (GET + b"\r\n", [200]),
            (GET + GET, [200, 200]),
            (b"", []),
        ):
            line = Lines().open()
            line.client.data_received(raw)
            line.client.eof_received()

            assert expected == statuses(line)
            assert line.closed

    play(scene)


def test_a_half_closed_client_gets_an_answer_that_takes_a_while_but_not_one_that_is_held_back() -> None:
    """An answer that is being made goes out; one that waits on purpose is dropped, and says so to who holds it."""

    async def scene() -> None:
        lines, dropped = Lines(), list[str]()
        lines.answer = None
        made, held = lines.open(), lines.open()
        for line in (made, held):
            line.client.data_received(GET)
        held.client.hold(lambda: dropped.append("held"))
        for line in (made, held):
            assert line.client.eof_received()
        held.client._leave()
        made.client._leave()
        held.client.connection_lost(None)
        lines.held[0].reply(Answer(200, b"late"))

        assert (True, ["held"]) == (held.aborted, dropped)
        assert ([200], False, True) == (statuses(made), made.aborted, made.closed)

    play(scene)


def test_what_is_held_back_for_a_client_that_has_gone_meanwhile_is_dropped_at_once() -> None:
    """An answer that was made in a thread, and is then to be held back, is not kept for nobody."""

    async def scene() -> None:
        lines, dropped = Lines(), list[str]()
        lines.answer = None
        line = lines.open()
        line.client.data_received(GET)
        line.closed = True
        line.client.connection_lost(None)
        line.client.hold(lambda: dropped.append("held"))

        assert ["held"] == dropped

    play(scene)


def test_a_client_of_http_1_0_is_told_that_the_connection_is_kept() -> None:
    """Else it would wait for the end of it."""

    async def scene() -> None:
        line = Lines().open()
        for _ in range(2):
            line.client.data_received(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            await turns()

        assert [200, 200] == statuses(line)
        assert 2 == bytes(line.written).count(b"\r\nConnection: keep-alive\r\n")
        assert not line.finished

    play(scene)


def test_100_continue_is_said_wherever_the_packet_ends() -> None:
    """Also where the body came along with the head."""

    async def scene() -> None:
        head = POST + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"
        for packets in ([head, b"hello"], [head + b"hello"]):
            line = Lines().open()
            for packet in packets:
                line.client.data_received(packet)

            assert [100, 200] == statuses(line)

    play(scene)


def test_a_drip_ends_with_its_client() -> None:
    """A body in drops is written to its end, or until the client is gone."""

    async def scene() -> None:
        lines = Lines()
        lines.answer = Answer(200, b"0123456789", wire=Wire("drip", seconds=0))
        whole, gone = lines.open(), lines.open()
        for line in (whole, gone):
            line.client.data_received(GET)
        gone.client.eof_received()
        gone.client._leave()
        for _ in range(1000):
            if not whole.finished:
                await asyncio.sleep(0)

        assert whole.finished
        assert whole.written.endswith(b"0123456789")
        assert gone.aborted
        assert not gone.written.endswith(b"9")

    play(scene)
