"""Heads that came before are known again, and mean exactly what a parser said they mean."""

from collections.abc import Iterator

import pytest
from covermock.mock_server import Mock, Request, Settings
from covermock.mock_server.server.http1.head import CLOSE, KEEP, KEEP_AND_SAY, Head
from covermock.mock_server.server.http1.packets import Heads
from support.fakes import AUDIO, COVER_STATUS, KEY, NOON, UPLOAD_COVER
from support.servers import PATIENCE, in_thread, receive, socket

POST = f"POST {UPLOAD_COVER} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nContent-Length: %d\r\n\r\n"
GET = f"GET {COVER_STATUS}?task_id=cover_unknown HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n%s\r\n"
BODY = b'{"audio_id":"%s"}' % AUDIO.encode()
STRANGE = b'{"audio_id":"%s"}' % (b"x" * len(AUDIO))
PACKET = (POST % len(BODY)).encode() + BODY
HEADERS = {"host": "x", "authorization": f"Bearer {KEY}", "content-length": str(len(BODY))}
HEAD = Head("POST", UPLOAD_COVER, "", HEADERS, len(BODY), KEEP)
REQUEST = Request("POST", UPLOAD_COVER, "", HEADERS, BODY)


@pytest.fixture
def heads() -> Heads:
    """Heads that know the lines of one packet."""
    known = Heads()
    known.remember(PACKET[: -len(BODY)], HEAD)
    return known


@pytest.fixture
def connection() -> Iterator[socket.socket]:
    """A connection to a mock of its own."""
    with in_thread(Mock(Settings(over={"drive": "manual"}), NOON)) as url:
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        with socket.create_connection(address, timeout=PATIENCE) as made:
            yield made


def test_a_known_head_with_another_body_is_another_request(heads: Heads) -> None:
    """Only the head is remembered; the body is the packet's own."""
    assert REQUEST == heads.request(PACKET)
    assert Request("POST", UPLOAD_COVER, "", HEADERS, STRANGE) == heads.request(PACKET[: -len(BODY)] + STRANGE)


@pytest.mark.parametrize(
    "packet", [b"", b"\r\n\r\n", PACKET[:-1], PACKET + b"G", PACKET * 2, PACKET[:20], b"x" + PACKET]
)
def test_what_is_not_one_whole_known_request_is_left_to_the_parser(heads: Heads, packet: bytes) -> None:
    """Pieces, several requests at once and other heads are not guessed at."""
    assert heads.request(packet) is None


@pytest.mark.parametrize(
    "head",
    [
        HEAD._replace(headers=HEADERS | {"transfer-encoding": "chunked"}, length=None),
        HEAD._replace(headers=HEADERS | {"expect": "100-continue"}, expects=True),
        HEAD._replace(headers=HEADERS | {"upgrade": "h2c"}),
        HEAD._replace(connection=CLOSE),
        HEAD._replace(connection=KEEP_AND_SAY),
    ],
)
def test_only_a_plain_head_is_remembered(head: Head) -> None:
    """What asks for more than an answer is parsed every time."""
    heads = Heads()
    heads.remember(PACKET[: -len(BODY)], head)

    assert heads.head(PACKET[: -len(BODY)]) is None
    assert heads.request(PACKET) is None


def test_a_long_head_is_not_remembered() -> None:
    """Whoever sends long heads fills no memory with them."""
    heads, long = Heads(), b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % (b"x" * 4096)
    heads.remember(long, HEAD)

    assert heads.head(long) is None


def test_only_a_packet_that_is_kept_recurs() -> None:
    """A short packet that comes again is the same request, and says so; a long one is another each time."""
    heads = Heads()
    heads.remember(PACKET[: -len(BODY)], HEAD)
    first, kept = heads.request(PACKET), heads.request(PACKET)
    assert first is not None
    assert kept is not None
    assert (False, True) == (first.recurs, kept.recurs)
    assert kept is heads.request(PACKET)

    body = b"x" * 2048
    raw = (POST % len(body)).encode()
    heads.remember(raw, Head("POST", UPLOAD_COVER, "", HEADERS | {"content-length": "2048"}, len(body), KEEP))
    long = heads.request(raw + body)
    assert long is not None
    assert not long.recurs
    assert long is not heads.request(raw + body)


def test_not_more_heads_are_kept_than_there_is_room_for() -> None:
    """Whoever sends ever new heads makes no process grow without end."""
    heads = Heads()
    for number in range(5000):
        raw, head = f"GET / HTTP/1.1\r\nHost: x{number}\r\n\r\n".encode(), HEAD._replace(headers={"host": f"x{number}"})
        heads.remember(raw, head)

        assert heads.request(raw)

    assert len(heads._lines) <= 1024
    assert len(heads._once) <= 1024


def test_what_other_lines_say_is_not_remembered() -> None:
    """A line that a parser read as two, or joined with others, is read by it each time."""
    heads = Heads()
    lines = b"Host: x\r\nX-A: 1\nX-B: 2\r\nX-C: 1\r\nX-C: 2\r\n"
    said = {"host": "x", "x-a": "1", "x-b": "2", "x-c": "1, 2"}
    heads.remember(b"GET / HTTP/1.1\r\n" + lines + b"\r\n", Head("GET", "/", "", said, 0, KEEP))

    assert {b"Host: x"} == heads._lines.keys()


@pytest.mark.parametrize("length", ["", "+1", "1_0", "1 ", "0x1", "1" * 16, "1, 1", "-1"])
def test_a_length_that_is_no_plain_number_is_left_to_the_parser(heads: Heads, length: str) -> None:
    """Only digits say how long a body is; whatever else some parser may read is llhttp's to refuse."""
    assert heads.head(PACKET[: -len(BODY)].replace(b": %d" % len(BODY), f": {length}".encode())) is None


def test_the_same_bytes_get_the_same_answer_parsed_or_known(connection: socket.socket) -> None:
    """Sent again, whole, in pieces, or two in one packet, a request means what it meant the first time."""
    plain = (GET % "").encode()
    for pieces in ([plain], [plain], [plain[:50], plain[50:]], [plain], [plain + plain], [plain]):
        for piece in pieces:
            connection.sendall(piece)
        wanted, got = b"".join(pieces).count(b"GET "), b""
        while got.count(b'"type":"not_found"}}') < wanted:
            got += connection.recv(4096)

        assert wanted == got.count(b"HTTP/1.1 404 Not Found\r\n")


def test_a_body_in_a_packet_of_its_own_belongs_to_its_head(connection: socket.socket) -> None:
    """After a whole request, the same head alone waits for its body."""
    connection.sendall(PACKET)
    assert 200 == receive(connection).status
    connection.sendall(PACKET[: -len(BODY)])
    connection.sendall(STRANGE)
    assert (404, "not_found") == receive(connection).error


def test_a_request_that_ends_the_connection_is_not_one_that_keeps_it(connection: socket.socket) -> None:
    """`Connection: close` ends it even when the rest of the head was seen before."""
    for more in ("", "", "Connection: close\r\n"):
        connection.sendall((GET % more).encode())
        assert 404 == receive(connection).status

    assert b"" == connection.recv(1)
