"""Bodies on their way, each within its limit and all within one. Pure: no socket, no clock."""

from dataclasses import dataclass

from ...limits import Limits
from .chunks import Chunks
from .head import Head

DISCARD_LIMIT = (
    67_108_864  # bytes of a body beyond its limit that are read and dropped; after more the answer is sent regardless
)


class CrowdedError(Exception):
    """All bodies that are being received need more memory together than they may."""


@dataclass(slots=True)
class Stock:
    """The bytes of all bodies that a process is receiving, of at most so many."""

    most: int
    used: int = 0


class Body:
    """A body that is being received, kept up to a limit. The rest is dropped; `cut`: its end was not waited for."""

    def __init__(self, head: Head, limit: int, limits: Limits, stock: Stock) -> None:
        self.chunks = Chunks(limits.trailer_bytes) if head.length is None else None
        self._left = head.length or 0
        self._limit = limit
        self._stock = stock
        self._kept = bytearray()
        self._discarded = 0
        self.seen = 0  # bytes, framing included

    @property
    def cut(self) -> bool:
        """Return True once more was dropped than a client may send."""
        return self._discarded > DISCARD_LIMIT

    @property
    def done(self) -> bool:
        """Return True once the body is whole, or cut."""
        return self.cut or (not self._left if self.chunks is None else self.chunks.done)

    def take(self, data: bytes, at: int) -> int:
        """Read on at an index, and return where the body or the data ends. Raises `MalformedError`, `CrowdedError`."""
        pieces: list[bytes] = []
        if self.chunks is None:
            end = min(at + self._left, len(data))
            self._left -= end - at
            pieces.append(data[at:end])
        else:
            end = self.chunks.take(data, at, pieces)
        self.seen += end - at
        self._keep(b"".join(pieces))
        return end

    def _keep(self, piece: bytes) -> None:
        kept = min(len(piece), self._limit - len(self._kept))
        self._discarded += len(piece) - kept
        if kept:
            self._stock.used += kept
            self._kept += piece[:kept]
            if self._stock.used > self._stock.most:
                raise CrowdedError

    def release(self) -> bytes:
        """Return what was kept, which is no longer on its way."""
        self._stock.used -= len(self._kept)
        kept, self._kept = bytes(self._kept), bytearray()
        return kept
