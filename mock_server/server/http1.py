"""HTTP/1.1 on an asyncio transport: bytes to requests, answers to bytes. The parser is llhttp's (httptools).

Our own, because faults on the wire need the transport, and malformed requests need the documented envelope.
"""

import asyncio
import socket
import struct
import time
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from typing import cast

import httptools

from ..http.messages import Answer, Request, Wire
from ..mock import Mock
from .encode import encoded
from .packets import Heads
from .pending import Sink

HEAD_LIMIT = 65536  # bytes of request line and headers
_TOO_LONG = f"more than {HEAD_LIMIT} bytes of headers"
DISCARD_LIMIT = 67108864  # bytes of an oversized body that are read away before it is answered regardless
DRIPS = 10  # pieces of a body that drips
STREAM_BUFFER = 262144  # bytes that wait for a client to read them, after which a stream waits for it
_QUEUE_LIMIT = 64  # pipelined requests that may wait in a connection
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

Reply = Callable[[Answer], Sink]
Respond = Callable[[Request, Reply], None]


class Connection(asyncio.Protocol):
    """One client connection. `respond` gets each request, in order, and calls back with its answer, now or later."""

    def __init__(self, respond: Respond, mock: Mock, connections: "set[Connection]", heads: Heads) -> None:
        self._respond = respond
        self._mock = mock
        self._connections = connections
        self._heads = heads
        self._fresh = True  # the next byte is a request's first
        self._packet = b""  # what the request that is being read began with
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._busy = False
        self._closing = False
        self._reading = True
        self._in_next = False
        self._streaming = False
        self._malformed: str | None = None
        self._head_bytes = 0
        self._head_size = 0
        self._discarded = 0
        self.last_active = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to read."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's doesn't inherit from asyncio's
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._connections.add(self)
        self.last_active = self._loop.time()

    def connection_lost(self, _: Exception | None) -> None:
        """Forget the connection."""
        self._connections.discard(self)
        self._closing = True
        self._waiting.clear()

    def data_received(self, data: bytes) -> None:
        """Feed the parser; what is no HTTP gets the envelope of a malformed request, then the end."""
        if self._closing:
            return
        self.last_active = self._loop.time()
        known = self._heads.request(data) if self._fresh else None
        if known is None:
            self._parse(data)
        else:
            self._accept(known, keep_alive=True)

    def _parse(self, data: bytes) -> None:
        self._packet = data if self._fresh else b""
        self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._finish_after_answers()
        except httptools.HttpParserError as error:
            self._refuse(_TOO_LONG if self._head_size > HEAD_LIMIT else str(error) or "bytes that are no HTTP")
        else:
            if self._head_bytes > HEAD_LIMIT and self._in_head:
                self._refuse(_TOO_LONG)

    def eof_received(self) -> bool:
        """Keep the connection while answers are outstanding; a client may half-close after its request."""
        if self._streaming or self.idle:
            return False
        self._finish_after_answers()
        return True

    @property
    def idle(self) -> bool:
        """Tell whether no request is being answered."""
        return not self._busy and not self._waiting

    def close(self) -> None:
        """Close once what was written has gone out; what still waits is not answered, nor done."""
        self._closing = True
        self._waiting.clear()
        self._transport.close()

    # The parser's callbacks.

    _in_head = True

    def on_message_begin(self) -> None:
        """Start a new request."""
        self._fresh = False
        self._target = b""
        self._head_size = 0
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._kept = 0
        self._discarded = 0
        self._in_head = True

    def on_url(self, url: bytes) -> None:
        """Take a piece of the request target."""
        self._target += url
        self._head_size += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; one that comes twice is joined as RFC 9110 says."""
        self._head_size += len(name) + len(value)
        key, text = _name(name), value.decode("latin-1")
        self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def on_headers_complete(self) -> None:
        """Know how long the body may be. A head that is too long is refused however it was cut into packets."""
        if self._head_size > HEAD_LIMIT:
            raise ValueError(_TOO_LONG)
        self._in_head = False
        self._head_bytes = 0
        self._path, _, self._query = _target(self._target)
        self._limit = self._mock.body_limit(self._path) + 1
        if self._headers.get("expect", "").lower() == "100-continue" and self.idle:
            self._transport.write(_CONTINUE)

    def on_body(self, data: bytes) -> None:
        """Keep the body up to one byte more than the limit; read the rest away, but not without end."""
        if self._closing:
            return
        room = self._limit - self._kept
        self._kept += min(len(data), room)
        self._discarded += max(len(data) - room, 0)
        self._body.append(data if len(data) <= room else data[:room])
        self.last_active = self._loop.time()
        if self._discarded > DISCARD_LIMIT:
            self._closing = True
            self._accept(self._request(), keep_alive=False)

    def on_message_complete(self) -> None:
        """Answer the request, after those that came before it."""
        if self._closing:
            return
        request = self._request()
        self._head_bytes = 0
        self._fresh = self._parser.should_keep_alive()
        if self._fresh:
            self._heads.remember(self._packet, request)
        self._packet = b""
        self._accept(request, keep_alive=self._fresh)

    def _request(self) -> Request:
        method = self._parser.get_method().decode("latin-1")
        return Request(method, self._path, self._query, self._headers, b"".join(self._body))

    def _accept(self, request: Request, *, keep_alive: bool) -> None:
        if not self._busy and not self._waiting:
            self._begin(request, keep_alive)
            return
        self._waiting.append((request, keep_alive))
        if len(self._waiting) > _QUEUE_LIMIT and self._reading:
            self._reading = False
            self._transport.pause_reading()
        self._next()

    def _begin(self, request: Request, keep_alive: bool) -> None:
        self._busy = True
        self._is_head = request.method == "HEAD"
        self._keep_alive = keep_alive
        self._respond(request, self._reply)

    def _next(self) -> None:
        if self._in_next:
            return  # called by an answer that came at once: the loop below goes on, and the stack stays flat
        self._in_next = True
        while self._waiting and not self._busy:
            self._begin(*self._waiting.popleft())
        self._in_next = False
        if not self._reading and len(self._waiting) <= _QUEUE_LIMIT // 2:
            self._reading = True
            self._transport.resume_reading()

    def _reply(self, answer: Answer) -> "Connection":
        """Write the answer of the request that is being answered; there is never more than one."""
        self._busy, self.last_active = False, self._loop.time()
        if self._transport.is_closing():
            return self
        last = self._closing and not self._waiting and self._malformed is None
        head, keep_alive = self._is_head, self._keep_alive and not last
        if answer.wire is not None:
            self._spoil(answer, answer.wire, head=head)
            return self
        self._transport.write(encoded(answer, head=head, keep_alive=keep_alive))
        if answer.stream is not None and not head:
            self._busy = self._streaming = True  # what follows comes through `more`
        elif answer.stream is not None or not keep_alive:
            self.close()
        elif self._waiting:
            self._next()
        else:
            self._end_malformed()
        return self

    @property
    def full(self) -> bool:
        """Tell whether the client reads more slowly than a stream goes on."""
        return self._transport.get_write_buffer_size() > STREAM_BUFFER

    def more(self, piece: bytes | None) -> bool:
        """Write a piece of a body that goes on, or end it; tell whether the client is still there."""
        if piece is None:
            self._transport.abort() if self.full else self.close()
        elif piece and not self._transport.is_closing():
            self._transport.write(piece)
        return not self._transport.is_closing()

    def _spoil(self, answer: Answer, wire: Wire, *, head: bool) -> None:
        """Let the bytes of an answer go wrong, and end the connection with them."""
        self._closing = True
        self._waiting.clear()
        whole = encoded(answer, head=head, keep_alive=False)
        if wire.kind == "reset":
            linger = struct.pack("ii", 1, 0)  # close with RST instead of FIN
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._transport.abort()
        elif wire.kind == "drip":
            self._busy = True
            start = whole.index(b"\r\n\r\n") + 4
            self._transport.write(whole[:start])
            self._drip(whole[start:], wire.seconds / DRIPS)
        elif wire.kind == "truncated":
            self._transport.write(whole[: len(whole) - max(len(answer.body) - wire.bytes, 0)])
            self.close()
        else:
            self.close()

    def _drip(self, rest: bytes, pause: float, drops: int = DRIPS) -> None:
        """Write the rest in `drops` pieces with a pause before each, then close."""
        if self._transport.is_closing():
            return
        if drops == 0:
            self.close()
            return
        size = -(-len(rest) // drops)
        self._transport.write(rest[:size])
        self._loop.call_later(pause, self._drip, rest[size:], pause, drops - 1)

    def _refuse(self, received: str) -> None:
        """Read no more; when what came before has been answered, answer what is no HTTP."""
        self._closing = True
        self._malformed = received
        self._end_malformed()

    def _end_malformed(self) -> None:
        if self._malformed is not None and self.idle and not self._transport.is_closing():
            answer = self._mock.malformed(self._malformed, time.time())
            self._transport.write(encoded(answer, head=False, keep_alive=False))
            self.close()

    def _finish_after_answers(self) -> None:
        """Read no more; close when the last outstanding answer has gone out."""
        self._closing = True
        if self.idle:
            self._transport.close()


def _target(raw: bytes) -> tuple[str, str, str]:
    """Split a request target into path, separator and query; an absolute one loses its scheme and host."""
    text = raw.decode("latin-1")
    if not text.startswith("/") and "://" in text:
        text = "/" + text.partition("://")[2].partition("/")[2]
    return text.partition("#")[0].partition("?")


@lru_cache(maxsize=256)
def _name(raw: bytes) -> str:
    return raw.decode("latin-1").lower()
