"""Gateways that answer garbage by chance: any JSON at any place, broken HTTP, drips, closed connections."""

import gzip
import json
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from random import Random
from typing import Any

TEXTS = ("", "x", "success", "SUCCESS", "complete", "\x00\x1b[31m", "\ud800", "é" * 300, "1e999", "gen", "upl1", "²")
NUMBERS = (0, -1, 200, 404, 1.5, 1e308, 10**400, float("nan"), float("inf"), True, None)
NAMES = (
    "code",
    "data",
    "error",
    "taskId",
    "task_id",
    "status",
    "images",
    "clips",
    "created_at",
    "id",
    "message",
    "type",
)
STATUSES = (
    100,
    101,
    103,
    200,
    200,
    200,
    201,
    204,
    206,
    299,
    301,
    304,
    400,
    401,
    402,
    404,
    405,
    413,
    429,
    500,
    503,
    999,
)
HEADERS = (
    "Content-Type: application/json",
    "Content-Type: ;;;",
    "Content-Type: text/html; charset=\xb2",
    "Content-Length: \xb2",
    "Content-Length: -5",
    "Content-Length: 99999999999999999999999",
    "Content-Length: 7",
    "Transfer-Encoding: chunked",
    "Content-Encoding: gzip",
    "Retry-After: \xb2",
    "Retry-After: -1",
    "Allow: \x01,,,\xff",
    "Location: /",
    "no colon at all",
    ": no name",
)
Reply = Callable[[socket.socket, Random], None]


def value(draw: Random, depth: int = 0) -> Any:
    """Return a JSON value of any shape, often with the names that the contract has."""
    kind = draw.randrange(5 if depth < 4 else 3)
    if kind < 3:
        return draw.choice((TEXTS, NUMBERS, ([], {}, [[]], [None])[depth:] or TEXTS)[kind])
    if kind == 3:
        return [value(draw, depth + 1) for _ in range(draw.randrange(4))]
    return {draw.choice((*NAMES, *TEXTS)): value(draw, depth + 1) for _ in range(draw.randrange(6))}


def envelope(draw: Random) -> Any:
    """Return an answer as documented, with some places taken by any value."""
    task = {"taskId": "t1", "task_id": "t1", "status": draw.choice(TEXTS), "images": [], "clips": [], "created_at": ""}
    error = {"code": draw.choice(STATUSES), "message": "no", "type": "bad_request"}
    whole: dict[str, Any] = {"code": 200, "msg": "success", "message": "success", "data": task, "error": error}
    for place in (whole, task, error):
        for name in draw.sample(sorted(place), draw.randrange(3)):
            place[name] = value(draw, 2)
    return {name: whole[name] for name in draw.sample(sorted(whole), draw.randint(0, 5))}


def body(draw: Random) -> bytes:
    """Return the bytes of a body."""
    return draw.choice(
        (
            lambda: json.dumps(envelope(draw)).encode(),
            lambda: json.dumps(value(draw)).encode(),
            lambda: json.dumps(envelope(draw)).encode("utf-16"),
            lambda: gzip.compress(b"{}"),
            lambda: b"",
            lambda: b"<html>no</html>",
            lambda: draw.randbytes(draw.randrange(300)),
            lambda: b"[" * draw.choice((500, 990, 100_000)),
            lambda: b"[" * 600 + b"]" * 600,
            lambda: b'{"data": ' * 400 + b"{}" + b"}" * 400,
            lambda: b'{"code": ' + b"9" * 5000 + b"}",
            lambda: b'"' + b"x" * 3_000_000 + b'"',
        )
    )()


def plain(connection: socket.socket, draw: Random) -> None:
    """Answer in sound HTTP, with a status and a body by chance."""
    content = body(draw)
    head = f"HTTP/1.1 {draw.choice(STATUSES)} x\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    connection.sendall(head.encode() + b"Connection: close\r\n\r\n" + content)


def odd_heads(connection: socket.socket, draw: Random) -> None:
    """Answer with headers by chance."""
    lines = [f"HTTP/{draw.choice(('1.1', '1.0', '9', '²'))} {draw.choice((*STATUSES, '', 'x', -1))} x"]
    lines += draw.sample(HEADERS, draw.randrange(5))
    connection.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body(draw))


def chunks(connection: socket.socket, draw: Random) -> None:
    """Answer in chunks whose sizes are nonsense."""
    sizes = draw.choices((b"5", b"0", b"-5", b"zz", b"ffffffffffff", b"", b"3;x=y", b"\xb2"), k=3)
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    connection.sendall(head + b"\r\n".join(size + b"\r\nhello" for size in sizes))


def noise(connection: socket.socket, draw: Random) -> None:
    """Answer no HTTP at all."""
    connection.sendall(draw.randbytes(draw.randrange(2000)) + b"\r\n" * draw.randrange(3))


def nothing(connection: socket.socket, draw: Random) -> None:
    """Close without a word, sometimes by a reset."""
    if draw.random() < 0.5:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def drip(connection: socket.socket, draw: Random) -> None:
    """Answer without an end: 100 Continue after 100 Continue, headers or a body, bit by bit."""
    whole = draw.choice((b"HTTP/1.1 100 Continue\r\n\r\n", b"X-More: x\r\n", b"x", b"5\r\nhello\r\n"))
    start = b"" if whole.startswith(b"HTTP") else b"HTTP/1.1 200 OK\r\n"
    start += draw.choice((b"\r\n", b"Transfer-Encoding: chunked\r\n\r\n")) if start and b":" not in whole else b""
    connection.sendall(start)
    while True:
        connection.sendall(whole)
        time.sleep(0.01)


KINDS: tuple[Reply, ...] = (plain, plain, plain, odd_heads, chunks, noise, nothing, drip)


@contextmanager
def garbage(seed: int, *kinds: Reply) -> Iterator[str]:
    """Serve garbage of the given kinds, or of some by chance, on a free port; yield its URL."""
    draw = Random(seed)  # noqa: S311 - no secret
    chosen = kinds or draw.sample(KINDS, draw.randint(1, len(KINDS)))

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                self.request.settimeout(2)
                self.request.recv(65536)
                draw.choice(chosen)(self.request, draw)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 64

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
