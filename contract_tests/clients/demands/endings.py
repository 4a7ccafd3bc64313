"""Rules for how a command ends: with the right exit code, in time, by itself. They need an ending, and a task."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import ceil
from typing import Final

from ...statuses import is_refusal
from ..entries import Entry
from ..experience import EITHER, FAILURE, LONGEST_PACE, SUCCESS, Ending, Experience
from ..finding import ClientFinding, finding
from ..rules import RULES

_PATIENCE: Final = 1800 / LONGEST_PACE  # polls: half an hour at the documented pace


def ending_findings(run: Experience, *, met: bool = True) -> Iterator[ClientFinding]:
    """Yield what is wrong with the end of a command. `met`: the client has reached what the scenario is about."""
    if run.ending is None:
        return
    yield from _by_itself(run, run.ending)
    silent = not run.exchanges or not (run.job or run.starts)
    if run.ending.stopped or run.ending.signal or silent:
        return
    if met or run.expects == SUCCESS:
        yield from _code(run, run.ending)


def _by_itself(run: Experience, ending: Ending) -> Iterator[ClientFinding]:
    last = run.exchanges[-1] if run.exchanges else None
    if ending.late:
        yield from _late(run, ending)
    if ending.signal:
        yield finding(run.contract, RULES["ends-by-itself"], "an exit code", f"it was ended by {ending.signal}", last)
    if ending.left or ending.survived:
        fate = f"{ending.survived} of them could not be ended" if ending.survived else "they were ended"
        received = f"{ending.left} processes that outlived it; {fate}"
        yield finding(run.contract, RULES["leaves-nothing"], "nothing left running", received)


def _late(run: Experience, ending: Ending) -> Iterator[ClientFinding]:
    """Judge who still runs. Patience is counted in polls, as the client paces them: half an hour is enough for each."""
    rule = run.or_else if run.or_else == "falls-back" else "gives-up"
    polls = max(run.polls_by_task.values(), key=len, default=[])
    expected = f"an end within the run's {ending.seconds:.0f} s (--timeout)"
    received = f"it still ran after {ending.seconds:.1f} s and {len(polls)} polls"
    last = run.exchanges[-1] if run.exchanges else None
    if not may_end_later(run):
        yield finding(run.contract, RULES[rule], expected, received, last)
        return
    received += f"; it may have a longer deadline: make that shorter, or try --timeout {_enough(run, polls)}"
    yield replace(finding(run.contract, RULES[rule], expected, received, last), warning=True)


def may_end_later(run: Experience) -> bool:
    """Return True if a client that still runs has asked too seldom to tell a long deadline from none.

    Nothing has shown it the end, and nothing refused it; or it waits for webhooks that may not be sent.
    """
    if run.ending is None or not run.ending.late:
        return False
    polls = max(run.polls_by_task.values(), key=len, default=[])
    waits = bool(polls) and not is_refusal(polls[-1].status) and not run.seen_ends
    return bool(run.blocked) or (waits and run.or_else != "falls-back" and len(polls) < _PATIENCE)


def _enough(run: Experience, polls: Sequence[Entry]) -> int:
    """Return the seconds in which a client with such pauses polls as often as anybody may wish."""
    assert run.ending is not None
    return ceil(max(_PATIENCE * run.ending.seconds / max(len(polls), 1), run.ending.seconds + 1))


def _code(run: Experience, ending: Ending) -> Iterator[ClientFinding]:
    last = run.exchanges[-1] if run.exchanges else None
    if run.expects == SUCCESS and ending.code != 0:
        expected = "exit code 0, since the task succeeds"
        yield finding(run.contract, RULES[run.or_else], expected, f"exit code {ending.code}", last)
    elif run.expects == FAILURE and ending.code == 0:
        yield finding(run.contract, RULES["reports-failure"], "an exit code that is not 0", "exit code 0", last)
    elif run.expects in {SUCCESS, EITHER} and ending.code == 0 and not run.succeeded:
        expected = "a task seen to succeed before exit code 0"
        yield finding(run.contract, RULES["sees-the-end"], expected, f"exit code 0 after {last or 'no request'}", last)
