"""Bodies that come in chunks (RFC 9112, 7.1), taken apart byte for byte. Pure: no socket, no clock."""

import re

from .head import MalformedError

_LINE = 1024  # bytes of a chunk's first line; what extensions say is ignored
_FRAME, _EACH = 65_536, 16  # bytes around the data: so many in all, and so many more for each byte of data
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n")
_TRAILER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n")


class Chunks:
    """One body. Trailers are checked and dropped: what comes after a body is no header of it."""

    def __init__(self, trailer_bytes: int) -> None:
        self.done = False
        self.in_trailers = False
        self._line = b""  # the begin of a line whose end hasn't come yet
        self._left = 0  # bytes of the chunk that are still to come
        self._ends = False  # a chunk's data is whole, its line end is still to come
        self._trailers_left = trailer_bytes + 2
        self._frame_left = _FRAME

    def take(self, data: bytes, at: int, pieces: list[bytes]) -> int:
        """Read on at an index until the body or the data ends, and return where. Raises `MalformedError`.

        What is found of the body is added to `pieces`.
        """
        while at < len(data) and not self.done:
            if self._left:
                end = min(at + self._left, len(data))
                pieces.append(data[at:end])
                self._left -= end - at
                self._frame_left += _EACH * (end - at)
                self._ends = not self._left
            elif self._ends or self._line or self.in_trailers or (end := self._take_whole(data, at, pieces)) == at:
                end = self._take_line(data, at)
            at = end
        return at

    def _take_whole(self, data: bytes, at: int, pieces: list[bytes]) -> int:
        """Take those chunks that are all there, which are most where they are small; return where they end."""
        while (found := _SIZE.match(data, at, at + _LINE)) is not None:
            size, start = int(found[1], 16), found.end()
            end = start + size
            left = self._frame_left - (start - at) - 2
            if not size or left < 0 or data[end : end + 2] != b"\r\n":
                break
            pieces.append(data[start:end])
            self._frame_left = left + _EACH * size
            at = end + 2
        return at

    def _take_line(self, data: bytes, at: int) -> int:
        most = self._trailers_left if self.in_trailers else 2 if self._ends else _LINE
        end = data.find(b"\n", at, at + most - len(self._line)) + 1
        if not end:
            self._line += data[at : at + most - len(self._line)]
            if len(self._line) >= most:
                raise MalformedError(self._too_long())
            return len(data)
        line, self._line = self._line + data[at:end], b""
        self._read(line)
        return end

    def _too_long(self) -> str:
        if self.in_trailers:
            return "more bytes of trailers than are read"
        return "a chunk that is longer than it said" if self._ends else f"more than {_LINE} bytes before a chunk"

    def _read(self, line: bytes) -> None:
        if self.in_trailers:
            self._read_trailer(line)
        elif self._ends:
            if line != b"\r\n":
                raise MalformedError("a chunk that is longer than it said")
            self._ends = False
        else:
            self._read_size(line)

    def _read_size(self, line: bytes) -> None:
        found = _SIZE.fullmatch(line)
        if found is None:
            raise MalformedError("a chunk without a size")
        self._left = int(found[1], 16)
        self.in_trailers = not self._left
        self._frame_left -= len(line) + 2
        if self._frame_left < 0:
            raise MalformedError("chunks with hardly any data in them")

    def _read_trailer(self, line: bytes) -> None:
        self._trailers_left -= len(line)
        self.done = line == b"\r\n"
        if not self.done and not _TRAILER.fullmatch(line):
            raise MalformedError("a trailer without a name and a colon")
