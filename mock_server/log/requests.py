"""The log of requests: a line for each, up to a rate; above it they are summed up, which costs next to nothing."""

import asyncio
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, Self

from ..http.messages import Answer, Request
from ..http.redaction import Known, redact_text
from ..real_time import CLOCKS
from .lines import Line, Lost, Notice, Record, Sum, as_json, line
from .writer import Writer

TEXT, JSON, NONE = "text", "json", "none"
FORMS: Final = (TEXT, JSON, NONE)
MOST: Final = 1000  # lines a second; after a second with more requests they are summed up, until one has fewer
_FLUSH = 0.05  # seconds until a line is written
_STDERR = 2
Said = Callable[[Request, Answer], str]


def _nothing(_: str) -> bool:
    """Return False: no key may be shown."""
    return False


def request_log(form: str, home: str, said: Said, known: Known) -> "RequestLog | None":
    """Return the log of a server that was started with this `--log`, or None where it was not asked for."""
    return RequestLog(form, home, said, known) if form else None


class RequestLog:
    """Writes what a server is asked to standard error. `form` is text, json or none; `home` is the world not named.

    `known(key)` says if a key may be shown; `said(request, answer)` returns the text of a refusal. Requests are noted
    from one event loop. Within its context it takes what is logged by others, too, since that must wait for nobody
    either.

    While requests are summed up, `tally` takes a status in the place of `note`: a list's own `append`, since at full
    load even a call of a function is a percent.
    """

    def __init__(self, form: str, home: str, said: Said, known: Known = _nothing, stream: int = _STDERR) -> None:
        self.tells_requests = form != NONE
        self._home = home
        self._known = known
        self._said = said
        self._coloured = is_coloured(stream, os.environ)
        self._writer: Writer[Record] = Writer(stream, self._json if form == JSON else self._text, self._loss)
        self._lines: list[Line] = []
        self._statuses: list[int] = []
        self._sums: Counter[int] = Counter()
        self._count = 0
        self.tally: Callable[[int], None] | None = None
        self._second = 0.0  # when the second that is counted began
        self._timer: asyncio.TimerHandle | None = None
        self._clock = 0, ""  # the last second that was written, as the time of day
        self._handler = Handler(self)

    def __enter__(self) -> Self:
        """Begin."""
        self._writer.put([])
        logging.getLogger().addHandler(self._handler)
        return self

    def __exit__(self, *_: object) -> None:
        """Write what is left, as far as somebody reads it."""
        logging.getLogger().removeHandler(self._handler)
        if self._timer is not None:
            self._timer.cancel()
        self._writer.put(self._lines)
        self._add_up()
        self._sum_up(CLOCKS.wall())
        self._writer.close()

    def note(self, request: Request, answer: Answer, began: float) -> None:
        """Take down an exchange that began at the wall instant and has just ended."""
        if self.tally is not None:
            self.tally(answer.status)
            return
        if self._timer is None:
            self._second = CLOCKS.wall()
            self._wait()
        message = self._said(request, answer) if "error" in answer.why else ""
        ms = (CLOCKS.wall() - began) * 1e3
        self._lines.append(line(request, answer, began, ms, message, self._known))
        self._count += 1
        if self._count == MOST:
            self.tally = self._statuses.append

    def say(self, level: str, message: str) -> None:
        """Write what the mock says about itself. May be called from any thread."""
        self._writer.put([Notice(CLOCKS.wall(), level, redact_text(message, self._known))])

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_FLUSH, self._flush)

    def _flush(self) -> None:
        """Hand the lines on. Rest once a second has passed without a request."""
        if self._lines:
            self._writer.put(self._lines)
            self._lines = []
        self._add_up()
        now = CLOCKS.wall()
        if not 0 <= now - self._second < 1 and not self._sum_up(now):
            self._timer = None
        else:
            self._wait()

    def _add_up(self) -> None:
        self._count += len(self._statuses)
        self._sums.update(self._statuses)
        self._statuses.clear()

    def _sum_up(self, now: float) -> int:
        """End the second; return how many requests it had."""
        count, self._count, self._second = self._count, 0, now
        self.tally = self._statuses.append if count > MOST else None
        if self._sums:
            self._writer.put([Sum(now, self._sums)])
            self._sums = Counter()
        return count

    def _text(self, record: Record) -> str:
        seconds = int(record.wall)
        if self._clock[0] != seconds:
            self._clock = seconds, time.strftime("%H:%M:%S", time.localtime(seconds))
        stamp = f"{self._clock[1]}.{int((record.wall - seconds) * 1e3):03d}"
        return record.text(stamp, self._home, coloured=self._coloured)

    def _json(self, record: Record) -> str:
        return as_json(record, datetime.fromtimestamp(record.wall, UTC).isoformat(timespec="milliseconds"))

    def _loss(self, count: int) -> Record:
        return Lost(CLOCKS.wall(), count)


class Handler(logging.Handler):
    """Puts log records into the log of requests."""

    def __init__(self, log: RequestLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        self._log.say(record.levelname.lower(), self.format(record))


def is_coloured(stream: int, environment: Mapping[str, str]) -> bool:
    """Return True if the stream is a terminal that shows colours, and nobody has said that they are not wanted."""
    wanted = not environment.get("NO_COLOR") and environment.get("TERM", "") not in {"", "dumb"}
    return wanted and os.isatty(stream)
