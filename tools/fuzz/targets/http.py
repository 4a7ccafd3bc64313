"""The wire: any bytes, cut anywhere, on a connection without a socket. The answer is the same however they come.

Each input is played twice: whole, on a server that has just started, and in pieces, on one that has seen all inputs
before it.
"""

import random
import re
import zlib
from itertools import accumulate, pairwise
from typing import Any

from ..choices import Choices
from ..inside import FIRST, WALL, Mock, Request, Settings, Wired, renew
from ..memory_loop import MemoryLoop, Transport, running
from ..promises import Broken, answered

KEY = "aio_first"
_STREAM = b"text/event-stream"
_STEPS = (0.02, 1.0, 40.0, 4000.0, 1e5)  # seconds that pass after the last byte
_HEAD = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n")
_MARK = re.compile(rb"(?<=,)[0-9a-f]{16}(?=\n)")  # of a world, in the ids of events: drawn by lot
_ROUNDS = 400  # of 20 seconds, after which a connection that isn't read counts as lost
_PATHS = (
    "/api/v1/audio/music/cover/generate", "/api/v1/audio/music/cover/status?task_id=gen_1", "/", "/__mock/livez",
    "/api/v1/audio/music/upload-cover/generate", "/api/v1/audio/music/upload-cover/status?task_id=%67en_1",
    "/__mock/worlds", "/__mock/worlds/first/wait", "/__mock/worlds/first/events?from=start",
    "/__mock/worlds/first/export", "*", "//", "/%00?%",
    "http://apiin.one/api/v1/audio/music/cover/status?task_id=x#f", "/__mock/journal", "a:1",
    "/__mock/worlds/first/reset", "/api/v1/audio/music/cover/status?task_id=x&__code=404", "/__mock/docs",
    "/__mock/openapi.json", "/__mock/",
)  # fmt: skip
_BODIES = (
    b'{"taskId":"gen_1"}', b'{"audio_id":"aud_1"}', b"{}", b"", b"[", b'{"requests":{},"timeout":1}', b'{"name":"b"}',
    b"\xff", b'{"taskId":"gen_1","taskId":"x"}', b'{"audio_id":"aud_1","callback_url":"http://127.0.0.1:9/"}',
    b" " * 70_000,
)  # fmt: skip
_METHODS = (
    b"GET",
    b"POST",
    b"HEAD",
    b"PUT",
    b"DELETE",
    b"OPTIONS",
    b"CONNECT",
    b"PRI",
    b"get",
    b"PATCH",
    b"TRACE",
    b"PROPFIND",
    b"X",
)
_VERSIONS = (b"HTTP/1.1",) * 8 + (
    b"HTTP/1.0",
    b"HTTP/1.2",
    b"HTTP/2.0",
    b"HTTP/9",
    b"",
    b"http/1.1",
    b"HTTP/1.1 ",
    b"RTSP/1.0",
)
_HEADERS = (
    b"Host: a", b"host:b", b"Host:", b"Connection: close", b"Connection: keep-alive", b"Connection: Upgrade",
    b"Upgrade: h2c", b"Upgrade: websocket", b"HTTP2-Settings: AAMAAABkAAQAAP__", b"Expect: 100-continue",
    b"Expect: x", b"Origin: http://[", b"Origin: http://127.0.0.1", b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: identity", b"Transfer-Encoding : chunked",
    b"Transfer-Encoding: xchunked", b"Content-Length: 5", b"Content-Length: -1", b"Content-Length: 5, 5",
    b"Content-Length: 99999999999999999999", b"Content-Length: 0x5", b"Content-Length: +5", b"Content-Length:",
    b"Prefer: code=404", b"Content-Type: text/plain", b"Content-Type: application/json;charset=x", b"X: a\x00b",
    b"X: \x80\xff", b" folded: x", b"no colon", b": empty", b"X\t: y", b"X: a\nY: b", b"X: a\rb", b"Last-Event-ID: 1",
    b"Sec-Fetch-Site: cross-site", b"Connection: close, x", b"Authorization: Bearer aio_first, Bearer x",
    b"Accept: text/html", b"If-None-Match: *", b"Range: bytes=0-1", b"Trailer: Host",
)  # fmt: skip
_TRAILERS = (
    b"",
    b"Host: x\r\n",
    b"Authorization: Bearer aio_first\r\n",
    b"X: " + b"y" * 9000 + b"\r\n",
    b"bad\r\n",
    b"Content-Length: 9\r\n",
)
_SIZES = (
    b"%x",
    b"%X",
    b"0%x",
    b"%x;ext=1",
    b"%x ;a",
    b"-%x",
    b"0x%x",
    b"%xg",
    b"ffffffffffffffffff%x",
    b"%x;" + b"e" * 5000,
)


class RawHttp:
    """Bytes on a connection."""

    longest = 240

    def __init__(self) -> None:
        self._loop = MemoryLoop()
        self._asked = self._dirty = True
        self._late = False
        self.requests = 0
        with running(self._loop):
            self._cold, self._warm = (Wired(Mock(Settings(world=FIRST), WALL)) for _ in range(2))

    def case(self, data: bytes) -> Any:
        """Return the bytes, where they are cut, and how the client ends."""
        return wire(data, most=4)

    def play(self, case: Any) -> None:
        """Send the bytes whole and in pieces, and compare."""
        raw = case["wire"].encode("latin-1")
        ends = [0, *case["cuts"], len(raw)]
        pieces = [raw[start:end] for start, end in pairwise(ends) if end > start]
        self._dirty, self._asked = self._asked, True
        self._late = False  # time had to pass before all was read, so that instants in answers may differ
        whole, asked = self._converse(self._cold, [raw], case["end"], cold=True)
        self._check(whole, asked)
        cut, again = self._converse(self._warm, pieces, case["end"], cold=False)
        self._asked = bool(asked or again)
        self.requests += len(asked)
        if self._late:  # then waits may have ended meanwhile, before the client did
            shorter = min(len(asked), len(again))
            asked, again = asked[:shorter], again[:shorter]
        if asked != again:
            raise Broken("requests that depend on cuts or history", f"{asked!r:.1500} {again!r:.1500}")
        if whole != cut and not self._late:
            raise Broken("answers that depend on cuts or history", f"{whole!r:.1500} {cut!r:.1500}")

    def _converse(self, server: Wired, pieces: list[bytes], end: str, *, cold: bool) -> tuple[bytes, list[Request]]:
        loop = self._loop
        loop.now = 0.0
        loop.clear()
        server.seen.clear()
        self._renew(server.mock)
        with running(loop):
            protocol = server.connection(cold=cold)
            transport = Transport(loop, protocol)
            protocol.connection_made(transport)  # type: ignore[arg-type]
            for piece in pieces:
                self._feed(server, protocol, transport, piece)
            self._end(protocol, transport, end)
            self._wait(server, transport)
            if not transport.closed:
                self._refuse_open(transport, end)
            transport.close()
            loop.advance(0.02)
        return _MARK.sub(b"MARK", bytes(transport.out)), list(server.seen)

    def _wait(self, server: Wired, transport: Transport) -> None:
        """Let time pass until nothing comes of it any more."""
        for seconds in _STEPS:
            if transport.closed:
                return
            self._pass(server, seconds)
        before = -1
        while not transport.closed and before != (before := len(transport.out)) and _STREAM not in transport.out:
            self._pass(server, 4000.0)
            self._pass(server, 0.02)

    def _pass(self, server: Wired, seconds: float) -> None:
        self._loop.advance(seconds)
        server.look(self._loop.now)
        self._loop.run()

    def _renew(self, mock: Mock) -> None:
        """Renew what the last input may have changed: no world, where it held no request."""
        if self._dirty:
            renew(mock)
        else:
            mock.store.strays.entries.clear()
            mock.store.strays.total = mock.store.strays.size = 0

    def _feed(self, server: Wired, protocol: Any, transport: Transport, piece: bytes) -> None:
        self._loop.run()
        for _ in range(_ROUNDS):
            if transport.reading or transport.closed or _STREAM in transport.out:
                break
            self._late = True
            self._pass(server, 20.0)
        if not transport.closed and not transport.reading and _STREAM not in transport.out:
            raise Broken("a connection that is never read again")
        if not transport.closed and transport.reading:
            protocol.data_received(piece)

    def _end(self, protocol: Any, transport: Transport, end: str) -> None:
        self._loop.run()
        if transport.closed or end == "open":
            return
        if end == "abort":
            transport.close(ConnectionResetError())
        elif not protocol.eof_received():
            transport.close()

    def _refuse_open(self, transport: Transport, end: str) -> None:
        """Refuse a connection that stays open for a day and more though its client has ended or asks for nothing."""
        if _STREAM not in transport.out and end == "eof":
            raise Broken("a connection that stays open", bytes(transport.out[-300:]))

    def _check(self, out: bytes, asked: list[Request]) -> None:
        """Refuse what is no sequence of complete answers, one to each request and one more for what is none."""
        at, count = 0, 0
        while at < len(out):
            head = _HEAD.match(out, at)
            if head is None:
                raise Broken("bytes that are no answer", out[at : at + 300])
            status, headers = int(head[1]), head[2].lower()
            at = head.end()
            if status == 100:
                continue
            at = self._body(out, at, status, headers, asked[count] if count < len(asked) else None)
            count += 1
        if count > len(asked) + 1:
            raise Broken("more answers than requests", out[:500])

    def _body(self, out: bytes, at: int, status: int, headers: bytes, request: Request | None) -> int:
        """Judge one answer; return where it ends."""
        length = re.search(rb"^content-length: (\d+)\r$", headers, re.MULTILINE)
        if b"event-stream" in headers or (length is None and b"\nconnection: close" in headers):
            return len(out)
        if request is not None and request.method == "HEAD":
            return at
        size = int(length[1]) if length else 0
        if len(out) < at + size:
            raise Broken("an answer that is cut short", out[at - 200 :][:500])
        told = f"{request.method} {request.path[:40]}" if request else "no request"
        answered(status, out[at : at + size], told, forced=b"preference-applied" in headers)
        return at + size

    def seeds(self) -> list[bytes]:
        """Return a plain request of each path, raw and made from choices."""
        raw = [
            b"\x01" + _head(method, path.encode(), b"HTTP/1.1", [b"Content-Length: %d" % len(body)]) + body
            for method, path, body in zip((b"GET", b"POST") * 10, _PATHS, _BODIES * 2, strict=False)
        ]
        made = [bytes((first * 41 + at * at * 13) % 256 for at in range(12 * first)) for first in range(1, 16)]
        return [*raw, *(b"\x00" + data for data in made)]


def _head(method: bytes, target: bytes, version: bytes, headers: list[bytes]) -> bytes:
    lines = [b"Host: 127.0.0.1:8080", b"Authorization: Bearer aio_first", b"Content-Type: application/json", *headers]
    return b"".join([method, b" ", target, b" ", version, b"\r\n", *(line + b"\r\n" for line in lines), b"\r\n"])


def wire(data: bytes, most: int) -> Any:
    """Return the bytes of up to `most` requests, or of none, with cuts, and how the client ends."""
    choices = Choices(data)
    kind = choices.byte()
    requests = [choices.rest()] if kind % 2 else _requests(choices, most)
    whole = b"".join(requests)
    chance = random.Random(zlib.crc32(data))  # the same cuts for the same input are the point
    if chance.random() < 0.4:  # as clients send: a packet for each request
        cuts = list(accumulate(map(len, requests))) if len(requests) > 1 else _ends(whole)
    else:
        many = 1 + len(whole) if len(whole) < 120 and not kind % 16 else 6
        cuts = sorted(chance.randrange(len(whole) + 1) for _ in range(chance.randrange(1, many + 1)))
    return {"wire": whole.decode("latin-1"), "cuts": cuts, "end": ("eof", "eof", "abort", "open")[kind >> 1 & 3]}


def _requests(choices: Choices, most: int) -> list[bytes]:
    """Return the bytes of some requests, most of them sound."""
    sent: list[bytes] = []
    while choices.more and len(sent) < most:
        sent.append(_request(choices))
        if choices.one_in(8):
            sent[-1] += choices.pick((b"\r\n", b"\n", b"\x00", b"garbage\r\n\r\n", b" "))
        if choices.one_in(3):
            break
    if sent and choices.one_in(6):
        last = sent[-1]
        at = choices.below(len(last))
        sent[-1] = last[:at] + choices.take(choices.below(8)) + last[at + choices.below(3) :]
    return sent


def _ends(wire: bytes) -> list[int]:
    return [found.end() for found in re.finditer(rb"\r\n\r\n", wire)]


def _request(choices: Choices) -> bytes:
    plain = not choices.one_in(3)
    method = choices.pick(_METHODS[:2] if plain else _METHODS)
    target = choices.pick(_PATHS).encode() + (choices.take(choices.below(6)) if choices.one_in(8) else b"")
    version = _VERSIONS[0] if plain else choices.pick(_VERSIONS)
    headers = [] if plain else [choices.pick(_HEADERS) for _ in range(choices.below(4))]
    if choices.one_in(40):
        headers.append(b"X: " + b"z" * (1000 * choices.byte()))
    body = choices.pick(_BODIES)
    if choices.one_in(4):
        return _head(method, target, version, [*headers, b"Transfer-Encoding: chunked"]) + _chunks(choices, body)
    if body and not choices.one_in(16):
        headers.append(b"Content-Length: %d" % len(body))
    return _head(method, target, version, headers) + body


def _chunks(choices: Choices, body: bytes) -> bytes:
    size = 1 + choices.below(40) if len(body) < 1000 else 20_000
    form = _SIZES[0] if not choices.one_in(4) else choices.pick(_SIZES)
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    whole = b"".join(form % len(piece) + b"\r\n" + piece + b"\r\n" for piece in pieces)
    return whole + b"0\r\n" + (choices.pick(_TRAILERS) if choices.one_in(3) else b"") + b"\r\n"
