"""Writes lines to a stream from a thread of its own, so that a reader who doesn't read holds nobody."""

import os
import select
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Generic, TypeVar

WAITING = 4000  # records that wait for a reader; more are dropped
_AT_ONCE = 100  # records that are written before more are taken
_PIECE = 4096  # bytes that a pipe takes whole, so that the lines of several processes don't mix
_PATIENCE = 1.0  # seconds that the last records have at the end, and until the next look at a full disk

Record = TypeVar("Record")


class Writer(Generic[Record]):
    """A bounded queue and the thread that empties it. `form` makes a line of a record, `lost` a record of a count.

    Whoever puts records in never waits. A stream that is closed at its other end is written to no more.
    """

    def __init__(self, stream: int, form: Callable[[Record], str], lost: Callable[[int], Record]) -> None:
        self._stream = stream
        self._form = form
        self._loss = lost
        self._waiting: deque[Record] = deque()
        self._dropped = 0
        self._change = threading.Condition()
        self._ending = False
        self._thread: threading.Thread | None = None

    def put(self, records: Sequence[Record]) -> None:
        """Write the records soon, or drop those for which there is no room."""
        if self._ending:
            return
        with self._change:
            room = max(WAITING - len(self._waiting), 0)
            self._waiting.extend(records[:room])
            self._dropped += max(len(records) - room, 0)
            if self._thread is None:
                self._thread = threading.Thread(target=self._live, name="log", daemon=True)
                self._thread.start()
            self._change.notify()

    def close(self) -> None:
        """Let what waits be written, if somebody reads it, and end."""
        with self._change:
            self._ending = True
            self._change.notify()
        if self._thread is not None:
            self._thread.join(_PATIENCE)

    def _live(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._waiting or self._dropped or self._ending)
                records = [self._waiting.popleft() for _ in range(min(len(self._waiting), _AT_ONCE))]
                dropped = 0 if self._waiting else self._dropped
                self._dropped -= dropped
            if not records and not dropped:
                return
            try:
                self._write(records, dropped)
            except BrokenPipeError:
                self._ending = True
                return
            except OSError:  # a full disk, for example
                with self._change:
                    self._dropped += dropped + len(records)
                    self._change.wait_for(lambda: self._ending, _PATIENCE)
                    if self._ending:
                        return

    def _write(self, records: Iterable[Record], dropped: int) -> None:
        for piece in _pieces(self._lines(records, dropped)):
            rest = piece
            while rest:
                try:
                    rest = rest[os.write(self._stream, rest) :]
                except BlockingIOError:  # somebody else has made the stream so
                    select.select([], [self._stream], [], _PATIENCE)

    def _lines(self, records: Iterable[Record], dropped: int) -> Iterator[bytes]:
        for record in chain(records, [self._loss(dropped)] if dropped else []):
            yield f"{self._form(record)}\n".encode(errors="backslashreplace")


def _pieces(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines in pieces of as many as fit."""
    piece = b""
    for line in lines:
        if piece and len(piece) + len(line) > _PIECE:
            yield piece
            piece = b""
        piece += line
    if piece:
        yield piece
