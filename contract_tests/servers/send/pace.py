"""How fast a run asks: as fast as the user allows, and slower once the gateway says that this is too fast."""

import re
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from threading import Lock

from ...exchange import Answer
from ...statuses import LIMITED, UNAVAILABLE

_LONGEST_PAUSE = 30.0  # seconds of Retry-After that are obeyed
_UNTOLD = 0.5  # seconds to wait after a 429 that says nothing of it
_STEP, _WIDEST = 0.02, 1.0  # seconds between two requests: after the first 429, and at most
_SLOWER, _FASTER = 1.5, 0.95  # what a 429 makes of that gap, and every other answer
_TRIES = {True: 6, False: 1}  # repetitions of what got 429, with Retry-After and without


@dataclass
class Pace:
    """When the next request may be sent. `rate` is requests a second, 0 for no limit; `limited` counts the 429s.

    `told_only`: a 429 without Retry-After means something else, since the contract has an error of that status.
    """

    rate: float = 0.0
    told_only: bool = False
    limited: int = 0
    waited: float = 0.0
    _gap: float = 0.0
    _next: float = 0.0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def turn(self) -> float:
        """Take the next turn; return the seconds until it comes."""
        with self._lock:
            now, gap = time.monotonic(), max(self._gap, 1 / self.rate if self.rate else 0.0)
            turn = max(self._next, now)
            self._next = turn + gap if gap else self._next
            return turn - now

    def note(self, answer: Answer) -> None:
        """Go slower after a 429, for everybody, and bit by bit faster after anything else."""
        limited = self._is_limit(answer)
        with self._lock:
            if not limited:
                self._gap = self._gap * _FASTER if self._gap > _STEP / 10 else 0.0
                return
            pause = seconds_to_wait(answer) or 0.0
            self.limited += 1
            self.waited += pause
            self._gap = min(max(self._gap * _SLOWER, _STEP), _WIDEST)
            self._next = max(self._next, time.monotonic() + pause)

    def pause_before(self, answer: Answer, tries: int, *, paid: bool) -> float | None:
        """Return the seconds after which a request may be sent once more; None where it may not, or need not.

        What got 429 was not served, so it cost nothing; what got 503 may have.
        """
        told = seconds_to_wait(answer)
        if self._is_limit(answer):
            return (told or _UNTOLD) if tries < _TRIES[told is not None] else None
        asks = answer.status == UNAVAILABLE and not answer.problem
        return told if asks and not paid and not tries else None

    def _is_limit(self, answer: Answer) -> bool:
        limited = answer.status == LIMITED and not answer.problem
        return limited and not (self.told_only and seconds_to_wait(answer) is None)


def is_limited(answer: Answer) -> bool:
    """Return True if the answer is a rate limit that says when to come again: it tells nothing of the request."""
    return answer.status == LIMITED and not answer.problem and seconds_to_wait(answer) is not None


def seconds_to_wait(answer: Answer) -> float | None:
    """Return what Retry-After says, as seconds or as a date, or None."""
    text = answer.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII):
        return min(float(text), _LONGEST_PAUSE)
    try:
        seconds = parsedate_to_datetime(text).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), _LONGEST_PAUSE)
