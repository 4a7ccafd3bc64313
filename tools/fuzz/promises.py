"""What holds for every input, and how a run notices that it didn't."""

import json
import logging
import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

SECONDS = 1.0  # of processor time for one input
MEMORY = 128 << 10  # KiB by which one input may raise the most that the process has needed


class Broken(Exception):
    """An input broke a promise. `place` tells one fault from another; the text has the evidence."""

    def __init__(self, place: str, evidence: object = "") -> None:
        super().__init__(f"{place}: {evidence}" if evidence != "" else place)
        self.place = place
        self.case: Any = None  # what to keep instead of the case that was played


class Log(logging.Handler):
    """Keeps the last failure that covermock has logged: on the way out it is only a 500."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.failure: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what was raised."""
        self.failure = record.exc_info[1] if record.exc_info else RuntimeError(record.getMessage())

    def check(self) -> None:
        """Raise `Broken` if covermock has logged a failure."""
        failure, self.failure = self.failure, None
        if failure is not None:
            raise Broken(f"a failure: {place(failure)}", evidence(failure)) from failure


class Endless(BaseException):
    """An input was stopped: it took ten times as long as it may. Nothing on the way catches this."""


def _stop(*_: Any) -> None:
    raise Endless


signal.signal(signal.SIGVTALRM, _stop)
LOG = Log()
_LOGGER = logging.getLogger("covermock")


def place(failure: BaseException) -> str:
    """Return the kind of a failure and its innermost line in covermock."""
    frames = [frame for frame in traceback.extract_tb(failure.__traceback__) if _ours(frame.filename)]
    at = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].name}" if frames else "outside"
    return f"{type(failure).__name__} at {at}"


def _ours(file: str) -> bool:
    return any(f"/{room}/" in file for room in ("openapi", "mock_server", "fixtures", "cli")) and "/tools/" not in file


def evidence(failure: BaseException) -> str:
    """Return the traceback, short."""
    return "".join(traceback.format_exception(failure))[-3000:]


@contextmanager
def held(seconds: float) -> Iterator[None]:
    """Raise `Broken` for whatever else is raised within, for what took too long, and for what needed too much."""
    _LOGGER.addHandler(LOG)
    LOG.failure = None
    signal.setitimer(signal.ITIMER_VIRTUAL, 10 * seconds)
    memory, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    try:
        yield
    except Broken:
        raise
    except Endless as failure:
        raise Broken(f"endless: {place(failure)}", evidence(failure)) from failure
    except Exception as failure:
        raise Broken(f"a failure: {place(failure)}", evidence(failure)) from failure
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        _LOGGER.removeHandler(LOG)
    LOG.check()
    took = time.process_time() - begun
    if took > seconds:
        raise Broken("more than a second", f"{took:.2f} s of processor time")
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    if more > MEMORY:
        raise Broken("memory", f"{more >> 10} MiB more")


def answered(status: int, body: bytes, told: str, *, forced: bool = False) -> None:
    """Raise `Broken` for a 5xx that nobody asked for, and for an error that is not in its envelope."""
    if status >= 500 and not forced:
        LOG.check()
        raise Broken(f"a 5xx: {status} {told}", body[:500])
    if status >= 400 and not forced and not _is_envelope(status, body):
        raise Broken(f"no envelope: {status} {told}", body[:500])


def _is_envelope(status: int, body: bytes) -> bool:
    try:
        value: Any = json.loads(body)
    except ValueError:
        return False
    if not isinstance(value, dict):
        return False
    inner = value.get("error")
    if isinstance(inner, dict):
        return inner.get("code") == status and set(inner) == {"code", "message", "type"}
    return value.get("status") == status and {"type", "title", "detail"} <= set(value)


def attempt(play: Callable[[Any], None], case: Any, seconds: float | None = None) -> Broken | None:
    """Return what the case breaks, or None. It may take `seconds` of processor time."""
    try:
        with held(SECONDS if seconds is None else seconds):
            play(case)
    except Broken as broken:
        return broken
    return None
