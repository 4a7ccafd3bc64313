"""The standard streams as commands see them: a result that can't be printed ends the command, a remark is lost."""

import os
import select
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO, cast

from .exits import CannotError

_PIECE = 1024  # characters, of at most four bytes
_PATIENCE = 1000  # milliseconds


class _Stream:
    """A text stream that knows when it can't be written to. Everything else is the stream's own."""

    buffer = None  # whoever writes bytes past this would meet the errors again

    def __init__(self, stream: TextIO, problem: str = "") -> None:
        self._stream = stream
        self._problem = problem

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write a text; all of it counts as written, even where it is lost."""
        self._try(lambda: self._stream.write(text))
        if self._problem:
            self.lose(self._problem)
        return len(text)

    def flush(self) -> None:
        """Write what is still in the buffer."""
        before = self._problem
        self._try(self._stream.flush)
        if self._problem != before:
            self.lose(self._problem)

    def _try(self, act: Callable[[], object]) -> None:
        try:
            act()
        except (OSError, ValueError) as error:
            self._problem = getattr(error, "strerror", None) or str(error)
            self._mute()

    def _mute(self) -> None:
        """Let what is still in the buffer go nowhere, else Python tries once more at its end and exits with 120."""
        with suppress(OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self._stream.fileno())
            os.close(null)

    def lose(self, problem: str) -> None:
        """Do what follows from a text that could not be written."""


class Results(_Stream):
    """Standard output."""

    def lose(self, problem: str) -> None:
        raise CannotError(f"expected to write to standard output, received: {problem}")


class Remarks(_Stream):
    """Standard error: what can't be written is lost, and nothing follows."""

    def write(self, text: str) -> int:
        """Write a text in pieces that a pipe takes whole, as far as somebody reads them."""
        for at in range(0, len(text) or 1, _PIECE):  # click asks with b"" if it takes bytes
            if not has_room(self._stream, _PATIENCE):
                break
            super().write(text[at : at + _PIECE])
        return len(text)


def has_room(stream: TextIO, millis: int = 0) -> bool:
    """Return False if nobody reads the stream for so long: who has workers to replace can't wait for a reader."""
    with suppress(AttributeError, OSError, ValueError):  # no poll() on Windows, no file behind the stream
        poll = select.poll()
        poll.register(stream.fileno(), select.POLLOUT)
        return bool(poll.poll(millis))
    return True


def guard_streams() -> None:
    """Put the streams of this module into the place of Python's own."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):  # one that is closed, or not Python's own
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    results = Results(sys.stdout) if sys.stdout else Results(_nowhere(), "it is closed; redirect it, e.g. to a file")
    sys.stdout = cast("TextIO", results)
    sys.stderr = cast("TextIO", Remarks(sys.stderr or _nowhere()))


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")
