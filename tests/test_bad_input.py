"""Whatever comes over the socket gets a complete answer in the documented envelope, and the process lives on (G15)."""

import contextlib
import json
import re
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.fakes import AUDIO, COVER, COVER_STATUS, UPLOAD_COVER
from support.servers import PATIENCE, Process, Raw, exchange, receive, send

AUTH = b"Authorization: Bearer aio_your_api_key_here\r\n"
BAD, GONE, WRONG, LARGE = (400, "bad_request"), (404, "not_found"), (405, "method_not_allowed"), (413, "bad_request")
BODY = json.dumps({"audio_id": AUDIO}).encode()


def request(body: bytes = b"", path: str = UPLOAD_COVER, method: str = "POST", headers: bytes = b"") -> bytes:
    """Return the bytes of a request with a valid key and the right length."""
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + AUTH + headers + b"\r\n" + body


def alive(process: Process) -> bool:
    """Tell whether the server still answers."""
    return process.alive and exchange(process.port, b"GET /__mock/livez HTTP/1.1\r\nHost: x\r\n\r\n").status == 200


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", BAD),
        (b"nope", BAD),
        (b'{"audio_id": 5}', BAD),
        (b'{"audio_id": "a", "audio_id": "b"}', BAD),
        (b'{"audio_id": "\xff\xfe"}', BAD),
        (b'{"audio_id": "\\ud800"}', BAD),
        (b"\x00" * 1000, BAD),
        (b'{"audio_id": "a\x00b"}', BAD),
        (b'{"audio_id": "a\\u0000b"}', GONE),
        (b'{"audio_id": "' + "é🎵".encode() * 1000 + b'"}', GONE),
        (b"[" * 500_000, BAD),
        (b'{"audio_id": "a", "x": ' + b"[" * 90 + b"]" * 90 + b"}", GONE),
        (b'{"audio_id": "a", "x": ' + b"[" * 900 + b"]" * 900 + b"}", BAD),
        (b'{"audio_id": "a", "x": ' + b'{"x":' * 100_000 + b"1" + b"}" * 100_000 + b"}", BAD),
        (b'{"audio_id": NaN}', BAD),
        (b'{"audio_id": 1e999}', BAD),
        (b'{"audio_id": "a", "x": ' + b"9" * 100_000 + b"}", BAD),
        (b"\xef\xbb\xbf{}", BAD),
        (b"x" * 10_000_000, LARGE),
        (BODY.ljust(1 << 20), (200, "")),
        (BODY.ljust((1 << 20) + 1), LARGE),
    ],
)
def test_odd_bodies(process: Process, body: bytes, expected: tuple[int, str]) -> None:
    """Malformed JSON, wrong types, NULs, bad UTF-8, repeated keys, deep nesting and 10 MB: 400, 404 or 413."""
    got = exchange(process.port, request(body))

    assert expected == ((200, "") if got.status == 200 else got.error)
    assert alive(process)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", f"{COVER_STATUS}?task_id=a&task_id=b", BAD),
        ("GET", f"{COVER_STATUS}?task_id=%00", GONE),
        ("GET", f"{COVER_STATUS}?task_id=%ff%fe", GONE),
        ("GET", f"{COVER_STATUS}?task_id=%ed%a0%80", GONE),
        ("GET", f"{COVER_STATUS}?task_id=%zz", GONE),
        ("GET", f"{COVER_STATUS}?task_id=" + "x" * 50_000, GONE),
        ("GET", f"{COVER_STATUS}?" + "a=1&" * 5_000, BAD),
        ("GET", f"{COVER_STATUS}?task_id=x;y=z", GONE),
        ("GET", "/api/v1/audio/music/cover/%73tatus?task_id=x", GONE),
        ("GET", "/../../etc/passwd", GONE),
        ("GET", "/%00", GONE),
        ("GET", "//", GONE),
        ("GET", "/<script>alert(1)</script>", GONE),
        ("GET", f"http://apiin.one{COVER_STATUS}?task_id=x", GONE),
        ("GET", f"{COVER_STATUS}?task_id=x#fragment", GONE),
        ("PUT", COVER, WRONG),
        ("DELETE", COVER, WRONG),
        ("OPTIONS", COVER, WRONG),
        ("OPTIONS", "*", GONE),
        ("TRACE", COVER, WRONG),
        ("PROPFIND", COVER, WRONG),
        ("GET", COVER, WRONG),
        ("POST", COVER_STATUS, WRONG),
    ],
)  # fmt: skip
def test_odd_targets_and_methods(process: Process, method: str, path: str, expected: tuple[int, str]) -> None:
    """Repeated parameters, broken escapes, unknown paths, absolute targets and other methods: 400, 404 or 405."""
    got = exchange(process.port, request(method=method, path=path))

    assert expected == got.error
    assert ("allow" in got.headers) == (expected == WRONG)


@pytest.mark.parametrize("path", [COVER, COVER_STATUS, "/", "/__mock/livez", "/__mock/nope"])
def test_a_head_gets_headers_only(process: Process, path: str) -> None:
    """HEAD is answered with the length of the body that it doesn't get; the connection stays in step."""
    with socket.create_connection(("127.0.0.1", process.port), timeout=PATIENCE) as connection:
        send(connection, [request(method="HEAD", path=path)])
        head = receive(connection, "HEAD")
        send(connection, [request(b"{}")])

        assert b"" == head.body
        assert int(head.headers["content-length"]) > 0
        assert BAD == receive(connection).error
        assert head.status == {COVER: 405, COVER_STATUS: 405, "/__mock/livez": 200}.get(path, 404)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 50,
        b"hello\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X-Y: " + b"z" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(20_000)) + b"\r\n",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)  # fmt: skip
def test_what_is_no_http_is_400(process: Process, raw: bytes) -> None:
    """Garbage, broken headers, contradicting lengths and heads without end are 400 in the envelope, then the end."""
    got = exchange(process.port, raw)

    assert BAD == got.error
    assert "close" == got.headers["connection"]
    assert alive(process)


@settings(max_examples=100)
@given(raw=st.binary(min_size=1, max_size=400))
def test_any_garbage_is_answered_or_waited_for(process: Process, raw: bytes) -> None:
    """Random bytes, then the end of sending: the envelope of a 400, or nothing where no request was begun."""
    with socket.create_connection(("127.0.0.1", process.port), timeout=PATIENCE) as connection:
        send(connection, [raw, b"\r\n\r\n"])
        with contextlib.suppress(OSError):  # the server may have ended the connection already
            connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    assert answer == b"" or b" 400 Bad Request\r\n" in answer or b" 404 Not Found\r\n" in answer
    assert b"HTTP/1.1 5" not in answer


@settings(max_examples=60)
@given(cut=st.lists(st.integers(1, 200), max_size=6))
def test_a_request_may_come_in_pieces(process: Process, cut: list[int]) -> None:
    """However a request is cut into packets, the answer is the same."""
    whole = request(b'{"audio_id": "aud_unknown"}')
    ends = sorted({min(at, len(whole)) for at in cut} | {len(whole)})
    pieces = [whole[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    assert GONE == exchange(process.port, *pieces).error


def test_chunked_bodies_are_read(process: Process) -> None:
    """A body in chunks is the same body, and one in chunks that is too large is 413."""
    head = b"POST " + UPLOAD_COVER.encode() + b" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + AUTH + b"\r\n"
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n"
    large = b"100000\r\n" + b" " * 0x100000 + b"\r\n2\r\n{}\r\n0\r\n\r\n"

    assert 200 == exchange(process.port, head + chunks).status
    assert LARGE == exchange(process.port, head + large).error


def test_a_client_that_expects_100_continue_gets_it(process: Process) -> None:
    """`Expect: 100-continue` is answered before the body is sent."""
    whole = request(BODY, headers=b"Expect: 100-continue\r\n")
    head, _, body = whole.partition(b"\r\n\r\n")
    with socket.create_connection(("127.0.0.1", process.port), timeout=PATIENCE) as connection:
        send(connection, [head + b"\r\n\r\n"])
        interim = connection.recv(1000)
        send(connection, [body])

        assert b"HTTP/1.1 100 Continue\r\n\r\n" == interim
        assert 200 == receive(connection).status


def test_pipelined_requests_are_answered_in_order(process: Process) -> None:
    """Many requests at once, of both APIs, get as many answers in their order."""
    slow = {n for n in range(200) if n % 3 == 0}  # which take the long way, while the rest waits in its place
    paths = ["/__mock/livez" if n in slow else f"{COVER_STATUS}?task_id=t{n}" for n in range(3000)]
    with socket.create_connection(("127.0.0.1", process.port), timeout=PATIENCE) as connection:
        send(connection, [b"".join(request(method="GET", path=path) for path in paths)])
        connection.shutdown(socket.SHUT_WR)
        answers = b"".join(iter(lambda: connection.recv(65536), b""))

    found = [answers.find(f"'t{n}'".encode()) for n in range(3000) if n not in slow]
    assert sorted(found) == found
    assert -1 not in found
    assert 3000 == answers.count(b"HTTP/1.1 ")


@pytest.mark.parametrize("first", ["/", "/__mock/livez"])
def test_garbage_after_requests_is_answered_after_them(process: Process, first: str) -> None:
    """What came before the garbage is answered first, all of it; then the garbage, and the connection ends."""
    paths = [first, "/a", "/__mock/livez", "/b"]
    with socket.create_connection(("127.0.0.1", process.port), timeout=PATIENCE) as connection:
        whole = b"".join(request(method="GET", path=path) for path in paths)
        send(connection, [whole + b"\x00garbage\r\n\r\n"])
        answers = b"".join(iter(lambda: connection.recv(65536), b""))

    statuses = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+)", answers)]
    assert [200 if first != "/" else 404, 404, 200, 404, 400] == statuses


@pytest.mark.parametrize("path", ["/", "/__mock/livez"])
def test_a_half_closed_connection_gets_its_answer(process: Process, path: str) -> None:
    """A client that has finished sending still reads the whole answer."""
    got = exchange(process.port, request(method="GET", path=path), half_close=True)

    assert got.status in {200, 404}


def test_clients_that_go_away_or_never_finish_harm_nobody(process: Process) -> None:
    """Half requests, lost connections and silent ones leave others undisturbed."""
    address = ("127.0.0.1", process.port)
    silent = [socket.create_connection(address, timeout=PATIENCE) for _ in range(50)]
    for number, connection in enumerate(silent):
        send(connection, [request(BODY)[: number * 4]])
    try:
        for _ in range(20):
            with socket.create_connection(address, timeout=PATIENCE) as connection:
                send(connection, [request(BODY)])
        assert 404 == exchange(process.port, request(method="GET", path="/")).status
    finally:
        for connection in silent:
            connection.close()

    assert alive(process)


def test_http_1_0_and_connection_close_end_the_connection(process: Process) -> None:
    """A client of HTTP/1.0, or one that asks for it, is answered and the connection ends."""
    for raw in (b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"):
        got: Raw = exchange(process.port, raw)
        assert (GONE, "close") == (got.error, got.headers["connection"])


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/__mock/worlds", b"{", 400),
        ("/__mock/worlds", b"[" * 100_000, 400),
        ("/__mock/worlds", b'{"name": "\\ud800"}', 400),
        ("/__mock/worlds/%00/reset", b"", 404),
        ("/__mock/worlds/%ff/reset", b"", 404),
        ("/__mock/worlds/docs%2freset", b"", 405),
        ("/__mock/worlds/nope/reset", b"", 404),
        ("/__mock/nope", b"", 404),
        ("/__mock/", b"", 405),
        ("/__mock//worlds", b"{}", 404),
        ("/__mock/docs", b"", 405),
        ("/__mock/livez", b"", 405),
        ("/__mock/worlds/docs/audio", b"\x00" * 100, 400),
        ("/__mock/worlds/docs/clock/advance", b'{"seconds": 1e400}', 400),
        ("/__mock/worlds/docs/clock/advance", b'{"seconds": -1}', 400),
    ],
)
def test_the_control_api_answers_odd_requests_with_problems(
    process: Process, path: str, body: bytes, status: int
) -> None:
    """Under /__mock/ the envelope is problem+json, never HTML, never a redirect, never a 5xx."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    got = exchange(process.port, f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    assert status == got.status
    assert "application/problem+json" == got.headers["content-type"]
    assert {"type", "title", "status", "detail"} == set(got.json)


def test_a_body_without_end_is_answered_too(process: Process) -> None:
    """After 64 MB nobody waits for the end of a body any more: 413, then the connection ends."""
    head = request(path=UPLOAD_COVER).replace(b"Content-Length: 0", b"Content-Length: 1000000000")
    with socket.create_connection(("127.0.0.1", process.port), timeout=PATIENCE) as connection:
        send(connection, [head, *[bytes(1 << 20)] * 70])
        got = receive(connection)

    assert (LARGE, "close") == (got.error, got.headers["connection"])
    assert alive(process)
