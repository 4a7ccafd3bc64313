"""Bytes read as decisions, so that what mutates bytes mutates requests, worlds and contracts."""

from collections.abc import Sequence
from typing import TypeVar

Option = TypeVar("Option")


class Choices:
    """Decisions from bytes. When they run out every decision is the first, plainest one."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def more(self) -> bool:
        """Return True while there are bytes left."""
        return self._at < len(self._data)

    def byte(self) -> int:
        """Return the next byte, 0 at the end."""
        at = self._at
        if at >= len(self._data):
            return 0
        self._at = at + 1
        return self._data[at]

    def below(self, limit: int) -> int:
        """Return a number from 0 to `limit` - 1, for limits up to 65,536."""
        value = self.byte()
        return (value if limit <= 256 else value << 8 | self.byte()) % limit

    def one_in(self, count: int) -> bool:
        """Return True for one byte in `count`, never at the end."""
        return self.byte() % count == count - 1

    def pick(self, options: Sequence[Option]) -> Option:
        """Return one of the options."""
        return options[self.below(len(options))]

    def text(self, longest: int = 24) -> str:
        """Return a short text of any characters up to U+00FF."""
        return self.take(self.below(longest)).decode("latin-1")

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes, fewer at the end."""
        piece = self._data[self._at : self._at + count]
        self._at += count
        return piece

    def rest(self) -> bytes:
        """Return all bytes that are left."""
        return self.take(len(self._data))
