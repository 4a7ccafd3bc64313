"""Requests from the bytes of a connection: however these are cut, the same requests come out. Pure: no socket."""

from collections.abc import Callable
from typing import Literal

from ...http.messages import Request
from ...limits import Limits
from .body import Body, Stock
from .head import CLOSE, Head, HeadReader, MalformedError
from .packets import KEPT, Heads

_END = b"\r\n\r\n"
_END_NOT_FOUND = 3  # the index after it, where it is not found
Phase = Literal["", "head", "body", "trailers"]


class Reader:
    """The requests of one connection. `clean`: none is begun, and no byte waits to be read."""

    def __init__(self, heads: Heads, limits: Limits, body_limit: Callable[[str], int], stock: Stock) -> None:
        self._heads = heads
        self._limits = limits
        self._body_limit = body_limit
        self._stock = stock
        self.clean = True
        self._data = b""
        self._at = 0
        self._forget()

    def _forget(self) -> None:
        """Begin with the next request."""
        self._reader: HeadReader | None = None
        self._head_size = 0
        self._begun = False  # more than empty lines has come of the head
        self._tail = b""  # the last bytes of a head that is not whole: its end may be cut
        self._head: Head | None = None
        self._body: Body | None = None
        self.expects = False  # a client waits for `100 Continue` before it sends the body

    @property
    def waiting(self) -> int:
        """Return how many bytes wait to be read."""
        return len(self._data) - self._at

    @property
    def begun(self) -> bool:
        """Return True if more than empty lines has come of a request that isn't whole."""
        return self._head is not None or self._begun

    @property
    def phase(self) -> Phase:
        """Return which part of a request is on its way, if any."""
        if self._head is None:
            return "head" if self._head_size else ""
        chunks = self._body.chunks if self._body is not None else None
        return "trailers" if chunks is not None and chunks.in_trailers else "body"

    @property
    def body_seen(self) -> int:
        """Return how many bytes of the body have come."""
        return self._body.seen if self._body is not None else 0

    def feed(self, data: bytes) -> None:
        """Add what has come; `take` reads it."""
        self._data = self._data[self._at :] + data if self._at < len(self._data) else data
        self._at = 0
        self.clean = False

    def take(self) -> tuple[Request, str] | None:
        """Return the next request that is whole, and what becomes of the connection after its answer.

        Return None where a client `expects` to be told to go on, even if its body has come.
        Raises `MalformedError` and `CrowdedError`, after which there is nothing more to take.
        """
        head = self._head
        if head is None:
            head = self._next_head()
            if head is None:
                self.clean = not self._head_size
                return None
            if head.length == 0:
                return self._whole(head, b"", head.connection)
            self._head, self.expects = head, head.expects
            if head.expects:
                return None
        return self._with_body(head)

    def _with_body(self, head: Head) -> tuple[Request, str] | None:
        """Return the request once its body is whole. One that is all there needs no more than to be cut out."""
        at = self._at
        if self._body is None:
            if head.length is not None and head.length <= KEPT and at + head.length <= len(self._data):
                self._at += head.length
                return self._whole(head, self._data[at : self._at], head.connection)
            if at == len(self._data):
                return None
            limit = max(self._body_limit(head.path), KEPT) + 1
            self._body = Body(head, limit, self._limits, self._stock)
        self._at = self._body.take(self._data, at)
        if not self._body.done:
            return None
        return self._whole(head, self._body.release(), CLOSE if self._body.cut else head.connection)

    def _whole(self, head: Head, body: bytes, connection: str) -> tuple[Request, str]:
        if self._head_size or self._head is not None:
            self._forget()
        self.clean = self._at == len(self._data)
        return Request(head.method, head.path, head.query, head.headers, body), connection

    def end(self) -> None:
        if self._body is not None:
            self._body.release()
        self._forget()
        self._data, self._at, self.clean = b"", 0, True

    def _next_head(self) -> Head | None:
        """Return the next head once it is whole; never give its reader more than a head. Raises `MalformedError`."""
        if not self._head_size and (head := self._head_in_one_piece()) is not None:
            return head
        while self._at < len(self._data):
            piece = self._piece_of_head()
            self._at += len(piece)
            head = self._add(piece)
            if head is not None:
                return head
            if self._head_size >= self._limits.head_bytes:
                raise MalformedError(f"more than {self._limits.head_bytes} bytes of headers")
        return None

    def _head_in_one_piece(self) -> Head | None:
        """Return the head that begins here, if all of it is there and no empty line comes before it."""
        end = self._data.find(_END, self._at, self._at + self._limits.head_bytes) + 4
        if end == _END_NOT_FOUND or self._data[self._at] in b"\r\n":
            return None
        raw = self._data[self._at : end]
        self._at = end
        head = self._heads.head(raw)
        if head is None:
            head = self._add(raw)
            if head is not None:
                self._heads.remember(raw, head)
        return head

    def _add(self, piece: bytes) -> Head | None:
        """Give a piece to the head's reader; return the head if that was the last one."""
        if self._reader is None:
            self._reader = HeadReader()
        head = self._reader.feed(piece)
        if head is None:
            self._head_size += len(piece)
            self._begun = self._begun or bool(piece.strip(b"\r\n"))
            self._tail = (self._tail + piece[-3:])[-3:]
        else:
            self._reader = None
        return head

    def _piece_of_head(self) -> bytes:
        """Return what is there of the head up to the next empty line, and up to the limit."""
        last = self._at + self._limits.head_bytes - self._head_size
        over = (self._tail + self._data[self._at : self._at + 3]).find(_END)
        if over >= 0:
            end = self._at + over + 4 - len(self._tail)
        else:
            end = self._data.find(_END, self._at, last)
            end = last if end < 0 else end + 4
        return self._data[self._at : min(end, last)]
