"""The bytes of a connection become requests: what HTTP/1.1 allows and no more, however they are cut into packets."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import h11
import pytest
from covermock.mock_server.limits import Limits
from covermock.mock_server.server.http1.body import DISCARD_LIMIT, CrowdedError, Stock
from covermock.mock_server.server.http1.head import MalformedError
from covermock.mock_server.server.http1.packets import Heads
from covermock.mock_server.server.http1.reader import Reader
from hypothesis import given
from hypothesis import strategies as st

BODY_LIMIT = 70_000
GET = b"GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /p HTTP/1.1\r\nHost: x\r\n"
HELLO = POST + b"Content-Length: 5\r\n\r\nhello"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
# What bytes are made of, so that mixtures reach every corner of the grammar.
PIECES = [
    GET, POST, HELLO, CHUNKED, b"\r\n", b"\n", b"\r\n\r\n", b"Host: x\r\n", b"Connection: close\r\n", b"hello",
    b"5\r\n", b"GET / HTTP/1.0\r\n", b"GET /\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n",
    b"0\r\n", b": ", b" ", b"5;a=b\r\nhello\r\n", b"0\r\nA: b\r\n\r\n", b"Upgrade: h2c\r\nConnection: Upgrade\r\n",
    b"Expect: 100-continue\r\n", b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", b"\x00", b"\x16\x03\x01",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"x" * 300,
]  # fmt: skip


def reader(limits: Limits | None = None, heads: Heads | None = None, room: int = 1 << 30) -> Reader:
    """Return a reader of a connection."""
    return Reader(heads or Heads(), limits or Limits(), lambda _: BODY_LIMIT, Stock(room))


def read(packets: Iterable[bytes], of: Reader | None = None) -> list[object]:
    """Return all that comes out: requests, that a client waits to go on, why it ends, what is on its way."""
    found: list[object] = []
    here = of or reader()
    try:
        for packet in packets:
            here.feed(packet)
            while (taken := here.take()) is not None or here.expects:
                if taken is None:
                    found.append("100 Continue")
                    here.expects = False
                else:
                    request, connection = taken
                    found.append((request.method, request.path, request.query, dict(request.headers), request.body))
                    found.append(connection)
    except MalformedError as error:
        return [*found, str(error)]
    return [*found, here.phase, here.begun]


def ends(raw: bytes, of: Reader | None = None) -> str:
    """Return why the bytes are refused."""
    last = read([raw], of)[-1]
    assert isinstance(last, str), last
    return last


def body(raw: bytes) -> object:
    """Return the body of the one request that the bytes are."""
    [request, _, phase, _] = read([raw])
    assert phase == ""
    assert isinstance(request, tuple)
    return request[4]


def cut(raw: bytes, places: Sequence[int]) -> list[bytes]:
    """Return the bytes in pieces."""
    at = sorted({min(place, len(raw)) for place in places} | {0, len(raw)})
    return [raw[start:end] for start, end in pairwise(at)]


def mixed() -> st.SearchStrategy[bytes]:
    """Return pieces of HTTP one after the other, with some bytes changed."""
    whole = st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map(b"".join)
    changes = st.lists(st.tuples(st.integers(0, 2000), st.sampled_from(b"\r\n :;0aA\x00\xff")), max_size=3)
    return st.builds(_changed, whole, changes)


def _changed(raw: bytes, changes: list[tuple[int, int]]) -> bytes:
    changed = bytearray(raw)
    for at, byte in changes:
        changed[at % len(changed)] = byte
    return bytes(changed)


@given(raw=mixed(), places=st.lists(st.integers(0, 2000), max_size=30), head=st.sampled_from([256, 300, 65536]))
def test_what_comes_out_does_not_depend_on_how_the_bytes_are_cut(raw: bytes, places: list[int], head: int) -> None:
    """In one packet, in some, and byte by byte: the same requests, the same refusal."""
    limits = Limits(head_bytes=head, trailer_bytes=4)
    whole = read([raw], reader(limits))

    assert whole == read(cut(raw, places), reader(limits))
    assert whole == read(cut(raw, range(len(raw))), reader(limits))


@given(raw=mixed())
def test_what_comes_out_does_not_depend_on_what_came_before(raw: bytes) -> None:
    """A head that is known means what it meant when it was parsed."""
    heads = Heads()
    first = read([raw], reader(heads=heads))

    assert first == read([raw], reader(heads=heads))
    assert read([GET])[:2] + first == read([GET, raw], reader(heads=heads))


@given(
    chunks=st.lists(st.binary(min_size=1, max_size=20), max_size=6),
    sizes=st.sampled_from(["%x", "%X", "%04x", "%x;name", "%x;a=b"]),
    trailers=st.sampled_from([b"", b"A: b\r\n", b"Content-Length: 7\r\nHost: y\r\n"]),
)
def test_chunks_mean_what_another_parser_says(chunks: list[bytes], sizes: str, trailers: bytes) -> None:
    """h11 finds the same body; trailers are no headers."""
    framed = b"".join((sizes % len(chunk)).encode() + b"\r\n" + chunk + b"\r\n" for chunk in chunks)
    raw = CHUNKED + framed + b"0\r\n" + trailers + b"\r\n"
    other = h11.Connection(h11.SERVER)
    other.receive_data(raw)
    data = b""
    while not isinstance(event := other.next_event(), h11.EndOfMessage):
        data += bytes(event.data) if isinstance(event, h11.Data) else b""
    request = read([raw])[0]

    assert isinstance(request, tuple)
    assert {"host": "x", "transfer-encoding": "chunked"} == request[3]
    assert data == request[4]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "can't be present"),
        (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "can't be present"),
        (POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", "Content-Length"),
        (POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "Content-Length"),
        (POST + b"Content-Length: 5, 5\r\n\r\nhello", "Content-Length"),
        (POST + b"Content-Length: +5\r\n\r\nhello", "Content-Length"),
        (POST + b"Content-Length: 0x5\r\n\r\nhello", "Content-Length"),
        (POST + b"Content-Length: 99999999999999999999999\r\n\r\n", "Content-Length"),
        (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding"),
        (POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", "Transfer-Encoding"),
        (POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding"),
        (POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding"),
        (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.0"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", "whitespace"),
        (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", "header"),
        (b"GET / HTTP/1.1\r\nHost: x\n\r\n", "CR"),
        (b"GET / HTTP/1.1\nHost: x\n\n", "CRLF"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n", "header value"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n", "LF"),
        (b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n", "url"),
        (b"GET / HTTP/1.1\r\n\r\n", "0 headers Host"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", "2 headers Host"),
        (b"GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", "2 headers Host"),
        (b"GET http://x/ HTTP/1.1\r\n\r\n", "0 headers Host"),
        (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "names no host"),
        (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "names no host"),
        (b"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", "names no host"),
        (b"GET http://a@b/ HTTP/1.1\r\nHost: x\r\n\r\n", "names no host"),
        (b"GET /\r\n\r\n", "HTTP/0.9"),
        (b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", "HTTP/2.0"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "the preface of HTTP/2"),
        (b"\x16\x03\x01\x02\x00\x01\x00", "TLS handshake"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 300 + b"\r\n", "more than 256 headers"),
        (CHUNKED + b"zz\r\n", "chunk without a size"),
        (CHUNKED + b"\r\n", "chunk without a size"),
        (CHUNKED + b"-1\r\n", "chunk without a size"),
        (CHUNKED + b"0x5\r\nhello\r\n0\r\n\r\n", "chunk without a size"),
        (CHUNKED + b"5 5\r\nhello\r\n0\r\n\r\n", "chunk without a size"),
        (CHUNKED + b"5\nhello\r\n0\r\n\r\n", "chunk without a size"),
        (CHUNKED + b"5;\x00\r\nhello\r\n0\r\n\r\n", "chunk without a size"),
        (CHUNKED + b"F" * 17 + b"\r\n", "chunk without a size"),
        (CHUNKED + b"0" * 2000 + b"5\r\nhello\r\n", "more than 1024 bytes before a chunk"),
        (CHUNKED + b"5;" + b"x" * 2000 + b"\r\nhello\r\n", "more than 1024 bytes before a chunk"),
        (CHUNKED + b"5\r\nhello!\r\n0\r\n\r\n", "longer than it said"),
        (CHUNKED + b"5\r\nhello\n\n0\r\n\r\n", "longer than it said"),
        (CHUNKED + (b"1;" + b"x" * 1000 + b"\r\nx\r\n") * 100, "hardly any data"),
        (CHUNKED + b"0\r\nno colon\r\n\r\n", "trailer without a name"),
        (CHUNKED + b"0\r\nA: b\r\n folded\r\n\r\n", "trailer without a name"),
        (CHUNKED + b"0\r\nA: \x00\r\n\r\n", "trailer without a name"),
        (CHUNKED + b"0\r\nA: " + b"x" * 9000 + b"\r\n\r\n", "more bytes of trailers"),
        (CHUNKED + b"0\r\n" + b"A: b\r\n" * 1500 + b"\r\n", "more bytes of trailers"),
    ],
)  # fmt: skip
def test_what_others_could_read_differently_is_refused(raw: bytes, words: str) -> None:
    """Two lengths, folded lines, bare line feeds, odd chunks: no request, and none that hides behind it."""
    assert words in ends(raw + GET)


@pytest.mark.parametrize("head", [256, 300, 65536])
def test_a_head_may_have_so_many_bytes_and_not_one_more(head: int) -> None:
    """The limit counts bytes as they came, blanks and empty lines before them included."""
    frame = b"\r\nGET / HTTP/1.1\r\nHost: x\r\nX: %b\r\n\r\n"
    room = head - len(frame % b"")

    assert ["", "", False] == read([frame % (b" " * room)], reader(Limits(head_bytes=head)))[1:]
    assert f"more than {head} bytes" in ends(frame % (b" " * (room + 1)), reader(Limits(head_bytes=head)))
    assert f"more than {head} bytes" in ends(b"\r\n" * head, reader(Limits(head_bytes=head)))


def test_repeated_headers_are_joined() -> None:
    """A header that comes several times is one with commas; thousands of bytes of them cost no more."""
    [request, *_] = read([b"GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\na: 2\r\nB: 3\r\nA: 4\r\n\r\n"])

    assert isinstance(request, tuple)
    assert {"host": "x", "a": "1, 2, 4", "b": "3"} == request[3]


@pytest.mark.parametrize(
    ("lines", "version", "connection"),
    [
        (b"", b"1.1", ""),
        (b"Connection: close\r\n", b"1.1", "close"),
        (b"Connection: keep-alive, close\r\n", b"1.1", "close"),
        (b"Connection: keep-alive\r\n", b"1.1", ""),
        (b"", b"1.0", "close"),
        (b"Connection: Keep-Alive\r\n", b"1.0", "keep-alive"),
        (b"Upgrade: h2c\r\nConnection: Upgrade\r\n", b"1.1", ""),
    ],
)
def test_what_becomes_of_a_connection(lines: bytes, version: bytes, connection: str) -> None:
    """HTTP/1.1 goes on unless a client says otherwise, HTTP/1.0 the other way round."""
    assert connection == read([b"GET / HTTP/%b\r\nHost: x\r\n%b\r\n" % (version, lines)])[1]


def test_an_upgrade_is_ignored_and_its_body_read() -> None:
    """Java's HttpClient and `curl --http2` offer h2c with their first request; it is one like any other."""
    offer = b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n"

    assert b"hello" == body(POST + offer + b"Content-Length: 5\r\n\r\nhello")
    assert b"hello" == body(POST + offer + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    assert 6 == len(read([GET.replace(b"\r\n\r\n", b"\r\n" + offer + b"\r\n") + GET]))


def test_connect_ends_the_connection_each_time() -> None:
    """Who asks for a tunnel goes on in another protocol; a head that came before makes no difference."""
    raw, heads = b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", Heads()

    for _ in range(2):
        assert "close" == read([raw], reader(heads=heads))[1]


@pytest.mark.parametrize(
    ("target", "host", "path"),
    [(b"/a", "x", "/a"), (b"http://y:80/a", "y:80", "/a"), (b"http://y", "y", "/"), (b"*", "x", "*")],
)
def test_an_absolute_target_names_the_host(target: bytes, host: str, path: str) -> None:
    """The Host header counts only where the target has none (RFC 9112, 3.2.2)."""
    [request, *_] = read([b"OPTIONS %b HTTP/1.1\r\nHost: x\r\n\r\n" % target])

    assert isinstance(request, tuple)
    assert (path, host) == (request[1], request[3]["host"])


def test_bodies_are_kept_up_to_the_limit_and_the_rest_read_away() -> None:
    """One byte more than allowed shows that it was too much; the next request is found where it begins."""
    long = b"x" * 100_000
    for raw in (POST + b"Content-Length: 100000\r\n\r\n" + long, CHUNKED + b"186a0\r\n" + long + b"\r\n0\r\n\r\n"):
        for cuts in ([], [5000, 90_000]):
            [request, _, last, connection, _, _] = read(cut(raw + GET, cuts))
            assert isinstance(request, tuple)
            assert isinstance(last, tuple)
            assert (b"x" * (BODY_LIMIT + 1), "/a", "") == (request[4], last[1], connection)


def test_a_body_without_end_is_a_request_too() -> None:
    """After so much was read away the request is answered, and the connection ends."""
    here = reader()
    here.feed(POST + b"Content-Length: 1000000000000\r\n\r\n")
    assert here.take() is None
    taken, fed = None, 0
    while taken is None:
        here.feed(bytes(1 << 20))
        fed += 1 << 20
        taken = here.take()

    assert "close" == taken[1]
    assert DISCARD_LIMIT < fed < DISCARD_LIMIT + (2 << 20)


def test_empty_and_tiny_chunks_cost_no_memory() -> None:
    """A body that is read away leaves nothing behind, whatever it came in."""
    here = reader()
    here.feed(CHUNKED)
    here.take()
    for _ in range(20):
        here.feed(b"1\r\nx\r\n" * 10_000)
        assert here.take() is None

    assert here._body is not None
    assert BODY_LIMIT + 1 == len(here._body._kept)
    assert 20 * 60_000 == here.body_seen


def test_bodies_share_one_stock() -> None:
    """Bodies on their way may take so many bytes together; one that ends makes room."""
    stock = Stock(150)  # bytes
    one, other = (Reader(Heads(), Limits(), lambda _: BODY_LIMIT, stock) for _ in range(2))
    for here in (one, other):
        here.feed(POST + b"Content-Length: 90\r\n\r\n")
        assert here.take() is None
    one.feed(b"x" * 80)
    assert one.take() is None
    other.feed(b"x" * 80)
    with pytest.raises(CrowdedError):
        other.take()
    other.end()
    assert 80 == stock.used
    one.feed(b"x" * 10)

    assert one.take() is not None
    assert 0 == stock.used


def test_a_client_that_waits_for_100_continue_is_told_to_go_on_before_its_body() -> None:
    """Also where the body came with the head; not where there is none, and never for HTTP/1.0."""
    expecting = HELLO.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")

    assert "100 Continue" == read([expecting])[0]
    assert "100 Continue" not in read([GET.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")])
    assert "100 Continue" not in read([expecting.replace(b"1.1", b"1.0")])


@pytest.mark.parametrize(
    ("raw", "phase", "begun"),
    [
        (b"", "", False),
        (b"\r\n", "head", False),
        (b"\r\nG", "head", True),
        (GET[:-1], "head", True),
        (HELLO[:-1], "body", True),
        (CHUNKED + b"5\r\nhello\r\n0\r\n", "trailers", True),
        (GET + b"\r\n", "head", False),
    ],
)
def test_what_is_on_its_way_is_known(raw: bytes, phase: str, begun: bool) -> None:
    """Each part of a request has a time of its own; empty lines begin none."""
    assert [phase, begun] == read([raw])[-2:]


LINES = [
    b"Host: x", b"host: y", b"Host:", b"Host: a b", b"Accept: */*", b"A: 1", b"a:  1 ", b"A:", b"A : 1", b"A: \x01",
    b"A: \xe9", b"X-B: a b  c", b"X_B: d", b" folded", b"Content-Length: 5", b"Content-Length: 0",
    b"content-length: 05",
    b"Content-Length: +5", b"Connection: keep-alive", b"Connection: close", b"Connection: Upgrade", b"Upgrade: h2c",
    b"Proxy-Connection: close", b"Transfer-Encoding: chunked", b"Expect: 100-continue", b"Keep-Alive: 5", b"",
]  # fmt: skip
STARTS = [
    b"GET / HTTP/1.1", b"GET /a?b=c&d=%zz HTTP/1.1", b"POST /p?? HTTP/1.1", b"HEAD /a#b HTTP/1.1",
    b"GET http://y/a HTTP/1.1",
    b"GET / HTTP/1.0", b"GET  / HTTP/1.1", b"GET /\xe9 HTTP/1.1", b"OPTIONS * HTTP/1.1", b"CONNECT a:1 HTTP/1.1",
    b"GET /~.:,;=&+-_%41 HTTP/1.1", b"DELETE /[a] HTTP/1.1", b"PUT /a|b HTTP/1.1", b"FOO / HTTP/1.1",
    b"GET / HTTP/1.1 ",
]  # fmt: skip


@given(
    heads=st.lists(
        st.tuples(st.sampled_from(STARTS), st.lists(st.sampled_from(LINES), max_size=5)), min_size=1, max_size=8
    ),
    body=st.sampled_from([b"", b"hello"]),
)
def test_lines_that_are_known_mean_what_the_parser_says(heads: list[tuple[bytes, list[bytes]]], body: bytes) -> None:
    """However the lines of earlier heads are put together, a head means what it means to llhttp alone."""
    known = Heads()
    for start, lines in heads:
        raw = b"\r\n".join([start, *lines, b"", b""]) + body
        fresh, again = read([raw]), read([raw], reader(heads=known))
        request = known.request(raw)

        assert fresh == again
        if request is not None:
            first = (request.method, request.path, request.query, dict(request.headers), request.body)
            assert [first, "", "", False] == fresh


def test_a_host_beside_an_absolute_target_is_not_what_its_line_says() -> None:
    """The line `Host: x` means x in the next request, though the target before has named another host."""
    known = Heads()
    read([b"GET http://y/ HTTP/1.1\r\nHost: x\r\n\r\n"], reader(heads=known))
    [request, *_] = read([b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"], reader(heads=known))

    assert isinstance(request, tuple)
    assert "x" == request[3]["host"]
