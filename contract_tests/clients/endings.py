"""Rules for how a command ends: with the right exit code, in time, by itself. They need an ending, and a task."""

from collections.abc import Iterator

from .experience import EITHER, FAILURE, SUCCESS, Ending, Experience
from .finding import ClientFinding, finding
from .rules import RULES


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
        rule = run.or_else if run.or_else == "falls-back" else "gives-up"
        yield finding(run.contract, RULES[rule], "an end in time", f"it still ran after {ending.seconds:.1f} s", last)
    if ending.signal:
        yield finding(run.contract, RULES["ends-by-itself"], "an exit code", f"it was ended by {ending.signal}", last)
    if ending.left or ending.survived:
        fate = f"{ending.survived} of them could not be ended" if ending.survived else "they were ended"
        received = f"{ending.left} processes that outlived it; {fate}"
        yield finding(run.contract, RULES["leaves-nothing"], "nothing left running", received)


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
