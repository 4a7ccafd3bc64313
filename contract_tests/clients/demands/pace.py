"""How fast a client polls, over time: a task may have three watchers who know nothing of each other. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from ..entries import Entry
from ..experience import Experience
from ..finding import ClientFinding, finding
from ..rules import RULES

WATCHERS = 3  # so many of one task are no crowd
LOOKS = 2  # at a finished task, more than the one that showed its end: free and harmless
_AT_ONCE = 2  # polls of one watcher that may come without a pause, such as a second look
_SHORT_GAPS = 4  # so many gaps have to be short before a pace is judged
_SHORT_SHARE = 0.5
_PAUSED, _MOST = 0.6, 0.9  # of a loop's gaps so many are at least so much of the usual one
_MANY = 7  # so many gaps tell


def pace_findings(run: Experience) -> Iterator[ClientFinding]:
    """Yield what polls more often than three watchers would, or one, where there seems to be one only."""
    for polls in run.polls_by_task.values() if run.pace > 0 else ():
        crowd = _crowd([one.asked for one in polls], run.pace)
        if crowd:
            yield from _found(run, "no-busy-loop", polls[slice(*crowd)])
            continue
        gaps = gaps_of(polls)
        short = [gap for gap in gaps if gap < run.pace]
        if len(short) >= _SHORT_GAPS and len(short) >= _SHORT_SHARE * len(gaps):
            found = _found(run, "polite-pace", polls)
            yield from (
                found if len(gaps) >= _MANY and is_one_loop(polls) else (replace(one, warning=True) for one in found)
            )
    if run.ending and run.ending.flooded:
        received = f"{len(run.exchanges)} requests in {run.ending.seconds:.1f} s; it was stopped"
        yield finding(run.contract, RULES["no-busy-loop"], "a few requests, with pauses", received, run.exchanges[-1])


def gaps_of(polls: Sequence[Entry]) -> list[float]:
    return [again.asked - before.asked for before, again in pairwise(polls)]


def harmless_looks(polls: Sequence[Entry]) -> int:
    """Return how many of the polls of a task may come after its end."""
    return LOOKS if is_one_loop(polls) else WATCHERS * (1 + LOOKS) - 1


def _found(run: Experience, rule: str, polls: Sequence[Entry]) -> Iterator[ClientFinding]:
    received = f"{len(polls)} polls in {polls[-1].asked - polls[0].asked:.2f} s, {median(gaps_of(polls)):.3f} s apart"
    expected = f"polls at least {run.pace:.3f} s apart in this world"
    yield finding(run.contract, RULES[rule], expected, received, polls[1])


def _crowd(instants: Sequence[float], pace: float) -> tuple[int, int] | None:
    """Return (first, end) of the polls that are furthest above what all watchers may send, None where none are.

    In S seconds a watcher sends at most 2 + S / pace polls. So poll number n at t counts n - t * watchers / pace, and
    the largest rise of that count is looked for in one pass.
    """
    most, found, lowest, first = float(WATCHERS * _AT_ONCE), None, float("inf"), 0
    for number, instant in enumerate(instants):
        count = number - (instant - instants[0]) * WATCHERS / pace
        if count < lowest:
            lowest, first = count, number
        if count - lowest + 1 > most:
            most, found = count - lowest + 1, (first, number + 1)
    return found


def is_of_the_same_loop(gap: float, polls: Sequence[Entry]) -> bool:
    """Return True if a request that came so soon after another was surely sent by the same loop: it pauses so long."""
    return is_one_loop(polls) and gap >= _usual(gaps_of(polls)) / 2


def is_one_loop(polls: Sequence[Entry]) -> bool:
    """Return True if nobody but a single loop, whose pause stays or grows, seems to poll.

    It never asks sooner than its pause, however busy the machine is; several who know nothing of each other do.
    """
    gaps = gaps_of(polls)
    if len(gaps) <= 1:
        return True
    paused = sum(gap >= _usual(gaps) * _PAUSED for gap in gaps)
    growing = sum(again >= before * _PAUSED for before, again in pairwise(gaps))
    return paused >= _MOST * len(gaps) or growing >= _MOST * (len(gaps) - 1)


def _usual(gaps: Sequence[float]) -> float:
    """Return the gap that three in four are not above: where two or three poll together, most gaps are none."""
    return sorted(gaps)[3 * len(gaps) // 4]
