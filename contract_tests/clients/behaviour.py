"""Rules for the order of requests: paying once, polling the right task politely, stopping. Each reads the journal."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from statistics import median
from typing import Any
from urllib.parse import quote, unquote, unquote_plus

from covermock.openapi import excerpt, nearest

from ..statuses import is_hopeless, is_success
from .entries import Entry
from .experience import EITHER, Experience
from .finding import ClientFinding, finding
from .rules import RULES

_SLACK = 0.1  # seconds by which a timer may be early
_SHORT_GAPS = 4  # so many gaps have to be short before a pace is judged
_SHORT_SHARE = 0.5
_NO_PAUSE = 0.25  # of the pace: shorter than this is no pause at all
_TRIES = 3  # so often a test-suite may ask for the same error


def behaviour_findings(run: Experience) -> Iterator[ClientFinding]:
    """Yield what is wrong with how requests follow each other."""
    for check in (
        _pays_once,
        _gives_up_the_hopeless,
        _respects_retry_after,
        _sources,
        _tasks,
        _pace,
        _stops,
        _webhooks,
    ):
        yield from check(run)


def _same(run: Experience) -> dict[tuple[str, str], list[Entry]]:
    groups: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for one in run.starts:
        assert one.operation is not None
        groups[one.operation.id, one.what].append(one)
    return groups


def _pays_once(run: Experience) -> Iterator[ClientFinding]:
    for group in _same(run).values():
        for before, again in pairwise(group):
            if _may_start_again(run, before, again):
                continue
            expected = f"one start of {excerpt(again.given_id)}, whatever becomes of its answer"
            received = f"a second one, {again.asked - before.asked:.1f} s after {before}"
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
    groups = [*_same(run).values(), *run.polls_by_task.values()]
    for group in groups:
        hopeless = [(before, again) for before, again in pairwise(group) if is_hopeless(before.status)]
        for before, again in hopeless if run.job or len(hopeless) >= _TRIES else ():
            expected = f"no repetition of what was answered with {before.status}"
            yield finding(run.contract, RULES["no-hopeless-repeat"], expected, f"{before}, then the same again", again)


def _respects_retry_after(run: Experience) -> Iterator[ClientFinding]:
    for group in (*_same(run).values(), *run.polls_by_task.values()):
        for before, again in pairwise(group):
            wanted = before.retry_after
            waited = again.asked - before.answered_at
            if wanted is not None and waited < wanted - _SLACK:
                received = f"the next request after {waited:.2f} s"
                yield finding(
                    run.contract,
                    RULES["respects-retry-after"],
                    f"at least {wanted:g} s after {before}",
                    received,
                    again,
                )


def _sources(run: Experience) -> Iterator[ClientFinding]:
    for one in run.starts if run.given.sources and run.job else ():
        allowed = _sources_for(run, one)
        if one.given_id and one.given_id not in allowed:
            expected = " or ".join(excerpt(source) for source in allowed)
            yield finding(run.contract, RULES["given-source"], expected, _describe_id(one.given_id, allowed), one)


def _sources_for(run: Experience, start: Entry) -> list[str]:
    """Return what the client may start such a task from: what it was given for it, and what it made itself."""
    assert start.operation is not None
    rows: list[Mapping[str, Any]] = start.operation.raw.get("x-preconditions", [])
    row = next((row for row in rows if "id" in row), {})
    given = run.given.sources.get(row.get("lifecycle") or row.get("kind", ""))
    made = [task for task, kind in run.tasks.items() if kind == row.get("lifecycle")]
    return [*([given] if given else []), *made]


def _tasks(run: Experience) -> Iterator[ClientFinding]:
    for (kind, task), polls in run.polls_by_task.items():
        problem = _wrong_task(run, kind, task)
        if problem and not polls[0].error.startswith("invalid"):
            known = ", ".join(excerpt(name) for name, of in run.tasks.items() if of == kind) or "(none was started)"
            yield finding(run.contract, RULES["given-task"], f"the id of a {kind} task: {known}", problem, polls[0])


def _wrong_task(run: Experience, kind: str, task: str) -> str:
    """Say what is wrong with polling this id at this operation, or nothing."""
    if run.tasks.get(task) == kind or not task:
        return ""
    if task in run.tasks:
        return f"{excerpt(task)}, which is a {run.tasks[task]} task: poll it at the other operation"
    if task in run.given.sources.values() or task in {one.given_id for one in run.starts}:
        return f"{excerpt(task)}, which is what the task was started from"
    mangled = _describe_id(task, run.tasks)
    return mangled if run.job or mangled != excerpt(task) else ""


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


def _pace(run: Experience) -> Iterator[ClientFinding]:
    for polls in run.polls_by_task.values():
        gaps = [again.asked - before.asked for before, again in pairwise(polls)]
        short = [gap for gap in gaps if gap < run.pace]
        if len(short) >= _SHORT_GAPS and len(short) >= _SHORT_SHARE * len(gaps):
            rule = "no-busy-loop" if median(gaps) < run.pace * _NO_PAUSE else "polite-pace"
            received = f"{len(polls)} polls, {median(gaps):.3f} s apart"
            expected = f"polls at least {run.pace:.3f} s apart in this world"
            yield finding(run.contract, RULES[rule], expected, received, polls[1])
    if run.ending and run.ending.flooded:
        received = f"{len(run.exchanges)} requests in {run.ending.seconds:.1f} s; it was stopped"
        yield finding(run.contract, RULES["no-busy-loop"], "a few requests, with pauses", received, run.exchanges[-1])


def _stops(run: Experience) -> Iterator[ClientFinding]:
    for polls in run.polls_by_task.values():
        end = next((one for one in polls if one.arrived and run.terminal_state(one)), None)
        later = [one for one in polls if end and one.number > end.number and one.asked > end.answered_at]
        if end and later:
            expected = f"no poll after {run.terminal_state(end)!r} in {end}"
            yield finding(run.contract, RULES["stops-at-the-end"], expected, f"{len(later)} more", later[0])


def _webhooks(run: Experience) -> Iterator[ClientFinding]:
    """Judge the receiver: what it answered, while the client lived. Nobody there is only worth a warning.

    Where the start itself goes wrong, a webhook may come before its task is known: then nothing is held against it.
    """
    for row, attempt in run.attempts if run.expects != EITHER else ():
        status, problem = attempt["status"], attempt["problem"]
        if status is not None and not is_success(status):
            yield finding(run.contract, RULES["answers-webhook"], f"2xx for the webhook of {row['task']}", str(status))
        elif status is None and _silent(problem):
            received = f"no answer ({problem})"
            yield finding(run.contract, RULES["answers-webhook"], f"2xx for the webhook of {row['task']}", received)
        elif status is None and row["state"] != "sending":
            yield finding(run.contract, RULES["webhook-reachable"], f"a receiver at {row['url']}", problem)


def _silent(problem: str) -> bool:
    """Return True if a receiver took the webhook and then said nothing."""
    return problem.startswith("expected an answer")
