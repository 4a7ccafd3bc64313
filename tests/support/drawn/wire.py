"""A drawn gateway on a socket: heads, bodies and closings as real servers and the proxies before them send them."""

import contextlib
import socket
import socketserver
import threading
import time
from typing import Any, Self

from .form import Reply
from .gateway import Asked, Gateway
from .hooks import Courier

_HEADERS: dict[str, list[tuple[str, str]]] = {
    "": [],
    "proxy": [
        ("Via", "1.1 google"),
        ("CF-Ray", "8f-FRA"),
        ("Server", "cloudflare"),
        ("Alt-Svc", 'h3=":443"; ma=86400'),
    ],
    "cookies": [
        ("Set-Cookie", "a=b; Path=/"),
        ("Set-Cookie", "c=d; HttpOnly"),
        ("Strict-Transport-Security", "max-age=1"),
    ],
    "clock": [("Date", "Thu, 01 Jan 1970 00:00:00 GMT"), ("Age", "-1"), ("Content-Language", "fr")],
    "cache": [("ETag", 'W/"1"'), ("Cache-Control", "max-age=600"), ("Expires", "0"), ("Accept-Ranges", "none")],
    "limits": [("X-RateLimit-Remaining", "0"), ("RateLimit", "limit=60, remaining=1, reset=1"), ("Retry-After", "0")],
    "browsers": [("Access-Control-Allow-Origin", "*"), ("Content-Security-Policy", "default-src 'none'")],
    "many": [(f"X-Header-{number}", "é" * number) for number in range(40)],
}
_BEFORE = {
    "": b"",
    "100": b"HTTP/1.1 100 Continue\r\n\r\n",
    "103": b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n",
}
_REASONS = {"none": "", "other": "Whatever it is"}
_SLOW, _LAG = 2.3, 40  # seconds; every how many-th answer comes late, where some do


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    allow_reuse_address = True

    def handle_error(self, *_: Any) -> None:
        """A client that has gone is no news."""


class Served:
    """A drawn gateway on a free port, as a context manager."""

    def __init__(self, points: dict[str, Any], seed: int = 0) -> None:
        self.gateway = Gateway(points, seed)
        self.courier = Courier(self.gateway)
        self.gateway.deliver = self.courier.start
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                outer.serve(self.request)

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.courier.stop()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self, connection: socket.socket) -> None:
        """Answer one request on a connection."""
        connection.settimeout(10)
        with contextlib.suppress(OSError, ValueError), connection.makefile("rb") as stream:
            asked = _read(stream, self.gateway.p.large if self.gateway.p.unread else 0)
            if asked is None:
                return
            reply = self.gateway.respond(asked)
            if self.gateway.p.lag and self.gateway.trouble.requests % _LAG == 0:
                time.sleep(self.gateway.p.lag)
            self._send(connection, reply)

    def _send(self, connection: socket.socket, reply: Reply) -> None:
        if reply.wire == "dropped":
            return
        if reply.wire == "slow":
            time.sleep(_SLOW)
        p = self.gateway.p
        framed, body = self._framed(reply.body, cut=reply.wire == "cut")
        reason = _REASONS.get(p.reason, "OK" if reply.status == 200 else "Error")
        lines = [f"HTTP/{p.http} {reply.status} {reason}"]
        headers = [*_HEADERS[p.headers], *reply.headers, *framed]
        lines += [f"{self._name(name)}: {value}" for name, value in headers]
        before = b"" if p.http == "1.0" else _BEFORE[p.before]
        raw = before + "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (raw[:9], raw[9:-3], raw[-3:]) if p.body == "pieces" else (raw,):
            connection.sendall(piece)
        if p.keeps and framed:
            connection.settimeout(0.3)
            connection.recv(1)  # it would serve on, though it was asked to close

    def _name(self, name: str) -> str:
        return {"": name, "lower": name.lower(), "upper": name.upper()}[self.gateway.p.names]

    def _framed(self, body: bytes, *, cut: bool) -> tuple[list[tuple[str, str]], bytes]:
        """Return the headers that frame a body, and the body as it goes out."""
        how = self.gateway.p.body
        if cut:
            return [("Content-Length", str(len(body) + 7))], body
        if how == "closed":
            return [], body
        if how in {"length", "pieces"} or self.gateway.p.http == "1.0":
            return [("Content-Length", str(len(body)))], body
        more = b";name=value" if how == "extended chunks" else b""
        middle = len(body) // 2
        parts = [part for part in (body[:middle], body[middle:]) if part]
        chunks = b"".join(b"%X%b\r\n%b\r\n" % (len(part), more, part) for part in parts)
        return [("Transfer-Encoding", "chunked")], chunks + (b"0\r\nX-Trailer: 1\r\n\r\n" if more else b"0\r\n\r\n")


def _read(stream: Any, most: int) -> Asked | None:
    """Read a request; a body that is longer than `most` (0 for any) stays unread, and is as if it were there."""
    line = stream.readline(1 << 20).decode("latin-1").split(" ")
    if len(line) < 3:
        return None
    headers: dict[str, str] = {}
    while (row := stream.readline(1 << 20)) not in {b"\r\n", b""}:
        name, _, value = row.decode("latin-1").partition(":")
        headers.setdefault(name.strip().lower(), value.strip())
    length = int(headers.get("content-length") or 0)
    body = bytes(length) if 0 < most < length else stream.read(length)
    path, _, query = line[1].partition("?")
    return Asked(line[0], path, query, headers, body)
