"""Rules for the order of requests: paying once, polling the right task politely, stopping. Each reads the journal."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from urllib.parse import quote, unquote, unquote_plus

from covermock.openapi import excerpt, nearest
from covermock.openapi.needs import Row, kind_of

from ...statuses import is_hopeless, is_success
from ..entries import Entry
from ..experience import ANY, EITHER, Experience
from ..finding import ClientFinding, finding
from ..rules import RULES
from .pace import LOOKS, harmless_looks, is_of_the_same_loop, pace_findings

_SLACK = 0.1  # seconds by which a timer may be early
_TRIES = 3  # so often a test-suite may ask for the same error


def behaviour_findings(run: Experience) -> Iterator[ClientFinding]:
    """Yield what is wrong with how requests follow each other."""
    for check in (
        _pays_once,
        _gives_up_the_hopeless,
        _respects_retry_after,
        _sources,
        _tasks,
        pace_findings,
        _stops,
        _webhooks,
    ):
        yield from check(run)


def _starts(run: Experience, *, by_source: bool = False) -> list[list[Entry]]:
    """Return the starts that ask for the same thing; `by_source`: from the same source, whatever else they say."""
    groups: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for one in run.starts:
        assert one.operation is not None
        groups[one.operation.id, (by_source and one.given_id) or one.what].append(one)
    return list(groups.values())


def _pays_once(run: Experience) -> Iterator[ClientFinding]:
    for group in _starts(run, by_source=run.job):  # a job has one task of each source
        for before, again in pairwise(group):
            if _may_start_again(run, before, again):
                continue
            expected = f"one start of {excerpt(again.given_id)}, whatever becomes of its answer"
            other = "" if again.what == before.what else ", with another body"
            received = f"a second one{other}, {again.asked - before.asked:.1f} s after {before}"
            yield finding(run.contract, RULES["pays-once"], expected, received, again)


def _may_start_again(run: Experience, before: Entry, again: Entry) -> bool:
    """Return True if it is safe to start anew: the first was refused, or (in a suite) was seen to its end."""
    if before.unclear:
        return False
    if not is_success(before.status):
        return True
    task = before.fact("task.id")
    ends = [poll.answered_at for poll in run.polls if poll.given_id == task and run.terminal_state(poll)]
    return not run.job and any(end <= again.asked for end in ends)


def _gives_up_the_hopeless(run: Experience) -> Iterator[ClientFinding]:
    """Judge starts by the first repetition; a look is free, so each of three watchers may learn it for itself."""
    starts = [(group, 0 if run.job else _TRIES - 1) for group in _starts(run)]
    for group, free in [*starts, *((polls, LOOKS) for polls in run.polls_by_task.values())]:
        hopeless = [(before, again) for before, again in pairwise(group) if is_hopeless(before.status)]
        for before, again in hopeless if len(hopeless) > free else ():
            expected = f"no repetition of what was answered with {before.status}"
            yield finding(run.contract, RULES["no-hopeless-repeat"], expected, f"{before}, then the same again", again)


def _respects_retry_after(run: Experience) -> Iterator[ClientFinding]:
    """Who has asked before the answer came can't know; another watcher may not know, so that is a warning."""
    for group in (*_starts(run), *run.polls_by_task.values()):
        for before, again in pairwise(group):
            wanted, waited = before.retry_after, again.asked - before.answered_at
            if wanted is not None and 0 < waited < wanted - _SLACK:
                expected, received = f"at least {wanted:g} s after {before}", f"the next request after {waited:.2f} s"
                found = finding(run.contract, RULES["respects-retry-after"], expected, received, again)
                yield found if is_of_the_same_loop(waited, group) else replace(found, warning=True)


def _sources(run: Experience) -> Iterator[ClientFinding]:
    for one in run.starts if run.given.sources and run.job else ():
        allowed = _sources_for(run, one)
        if one.given_id and one.given_id not in allowed:
            expected = " or ".join(excerpt(source) for source in allowed)
            yield finding(run.contract, RULES["given-source"], expected, _describe_id(one.given_id, allowed), one)


def _sources_for(run: Experience, start: Entry) -> list[str]:
    """Return what the client may start such a task from: what it was given for it, and what it made itself."""
    assert start.operation is not None
    row: Row = next((row for row in start.operation.rules if "id" in row), {})
    given = run.given.sources.get(kind_of(row))
    made = [task for task, kind in run.tasks.items() if kind == row.get("lifecycle")]
    return [*([given] if given else []), *made]


def _tasks(run: Experience) -> Iterator[ClientFinding]:
    for (kind, task), polls in run.polls_by_task.items():
        problem = _wrong_task(run, kind, task) or _guessed(run, task, polls) or _wrong_operation(run, task, polls)
        if problem and not polls[0].error.startswith("invalid"):
            known = ", ".join(excerpt(name) for name, of in run.tasks.items() if of == kind) or "(none was started)"
            yield finding(run.contract, RULES["given-task"], f"the id of a {kind} task: {known}", problem, polls[0])


def _wrong_task(run: Experience, kind: str, task: str) -> str:
    """Say what is wrong with polling this id at this operation, or nothing."""
    if run.tasks.get(task) in {kind, ANY} or not task:
        return ""
    if task in run.tasks:
        return f"{excerpt(task)}, which is a {run.tasks[task]} task: poll it at the other operation"
    if task in run.given.sources.values() or task in {one.given_id for one in run.starts}:
        return f"{excerpt(task)}, which is what the task was started from"
    mangled = _describe_id(task, run.tasks)
    return mangled if run.job or mangled != excerpt(task) else ""


def _wrong_operation(run: Experience, task: str, polls: Sequence[Entry]) -> str:
    """Say that a task is polled at an operation that shows what others start, or nothing."""
    start = next((one.operation for one in run.starts if one.fact("task.id") == task), None)
    own = {row.get("started_by") for one in polls if one.operation for row in one.operation.rules}
    if start is None or not own - {None, start.id}:
        return ""
    return f"{excerpt(task)}, which {start.id} started: poll it by {run.contract.polled_by[start.id].id}"


def _guessed(run: Experience, task: str, polls: Sequence[Entry]) -> str:
    """Say that an id was known before anybody had told it; a test-suite may have it from elsewhere."""
    told = run.told.get(task, float("inf"))
    if not run.job or task not in run.tasks or polls[0].asked >= told:
        return ""
    return f"{excerpt(task)}, which no answer and no webhook had told it: it was guessed"


def _describe_id(received: str, known: Iterable[str]) -> str:
    """Say what became of an id that was encoded wrongly, or just show it."""
    names = list(known)
    for name in names:
        cut = [part for mark in "&#+% " for part in (name.partition(mark)[0],) if mark in name]
        spoilt = {unquote(name), unquote_plus(name), quote(name), quote(name, safe=""), *cut}
        if received in spoilt or (unquote_plus(name).startswith(received) and received):
            return f"{excerpt(received)}: {excerpt(name)}, not percent-encoded once"
    close = nearest(received, names)
    return f"{excerpt(received)} ({close})" if names and close.startswith("did") else excerpt(received)


def _stops(run: Experience) -> Iterator[ClientFinding]:
    """Judge a loop that goes on. A second look is free and harmless, and each watcher may see the end for itself."""
    for polls in run.polls_by_task.values():
        end = next((one for one in polls if one.arrived and run.terminal_state(one)), None)
        later = [one for one in polls if end and one.number > end.number and one.asked > end.answered_at]
        if end and len(later) > harmless_looks(polls):
            expected = f"no more than a second look after {run.terminal_state(end)!r} in {end}"
            yield finding(run.contract, RULES["stops-at-the-end"], expected, f"{len(later)} more", later[0])


def _webhooks(run: Experience) -> Iterator[ClientFinding]:
    """Judge the receiver: what it answered, while the client lived. Nobody there is only worth a warning.

    Where the start itself goes wrong, a webhook may come before its task is known: then nothing is held against it.
    """
    for row in run.blocked:
        problem = row["attempts"][-1]["problem"]
        yield finding(run.contract, RULES["webhook-allowed"], "an address that webhooks may go to", problem)
    for row, attempt in run.attempts if run.expects != EITHER else ():
        status, problem = attempt["status"], attempt["problem"]
        if status is not None and not is_success(status):
            yield finding(run.contract, RULES["answers-webhook"], f"2xx for the webhook of {row['task']}", str(status))
        elif status is None and problem.startswith("expected an answer"):  # it took the webhook, and said nothing
            received = f"no answer ({problem})"
            yield finding(run.contract, RULES["answers-webhook"], f"2xx for the webhook of {row['task']}", received)
        elif status is None and row["state"] not in {"sending", "blocked"}:
            yield finding(run.contract, RULES["webhook-reachable"], f"a receiver at {row['url']}", problem)
