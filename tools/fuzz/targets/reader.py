"""The reader of the wire alone: any bytes, cut in two ways, with heads that are known and with none. No server."""

import random
import zlib
from itertools import pairwise
from typing import Any

from ..inside import Reading
from ..promises import Broken
from .http import RawHttp, wire


class WireReader:
    """Bytes that a connection's reader is fed with."""

    longest = 200

    def __init__(self) -> None:
        self._reading = Reading()

    def case(self, data: bytes) -> Any:
        """Return the bytes and where they are cut."""
        return wire(data, most=3)

    def play(self, case: Any) -> None:
        """Read the bytes whole with no head known, in pieces, and byte by byte or in other pieces."""
        raw = case["wire"].encode("latin-1")
        wanted = self._reading.cold([raw])
        for cuts in (case["cuts"], _others(raw)):
            got = self._reading.warm([raw[start:end] for start, end in pairwise([0, *cuts, len(raw)]) if end > start])
            if got != wanted:
                raise Broken("what is read depends on cuts or history", f"{cuts} {wanted!r:.1200} {got!r:.1200}")
        if self._reading.stock.used:
            raise Broken("bytes of bodies that are never given back", self._reading.stock.used)

    def seeds(self) -> list[bytes]:
        """Return those of the wire."""
        return RawHttp.seeds(self)  # type: ignore[arg-type]  # they need nothing of it


def _others(raw: bytes) -> list[int]:
    """Return other cuts for the same bytes, the same each time."""
    if len(raw) < 64:
        return list(range(1, len(raw)))
    chance = random.Random(zlib.crc32(raw))
    return sorted(chance.randrange(len(raw)) for _ in range(chance.randrange(1, 12)))
