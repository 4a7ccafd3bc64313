"""What must be true of a run, each law a function of its history; `violations` is all of them. Pure.

What follows a flush, or a start whose answer was lost, is unknown: either is right. As Jepsen does it, a law speaks
only of what real time orders: an answer that ended before another request began.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import groupby

from .history import WORKER, History, Poll, Start

GRACE = 10.0  # seconds after a cure in which a 503 is still a matter of it, on the busiest of machines
_SLOW = ("answers that take more than", "TimeoutError")  # a 503 on a machine too busy for its Redis says so
_USUAL = frozenset({0, 200, 400, 402, 404, 503})
Law = Callable[[History], Iterator[str]]


def violations(history: History) -> list[str]:
    """Return every violation of every law, each with the law's name."""
    return [f"{law.__name__}: {found}" for law in LAWS for found in law(history)]


def accepted_tasks_are_found(history: History) -> Iterator[str]:
    """No poll after the answer, in the same life of the world, misses an accepted task; nor does the last look."""
    for poll in history.polls:
        life = history.life(poll)
        start = history.accepted.get((life, poll.account, poll.task)) if life is not None else None
        if start and start.ended <= poll.began and poll.status not in {200, 503, 0}:
            yield f"{_named(start)} was polled at {poll.began:.2f} with {poll.status} {poll.said}"
    seen = {(one.account, one.task) for one in history.polls if one.status == 200 and one.began >= history.last.since}
    for start in history.survivors:
        if start.task not in history.last.tasks:
            yield f"{_named(start)} is not in the list of tasks at the end"
        if (start.account, start.task) not in seen:
            yield f"{_named(start)} was not found by a poll at the end"


def credits_are_conserved(history: History) -> Iterator[str]:
    """A ledger adds up, and what is missing from it is the price of the tasks that there are."""
    for account, granted in history.granted.items():
        ledger = history.last.credits.get(account)
        if ledger is None:
            yield f"account {account} has no ledger"
            continue
        owed = sum(task.price for task in history.last.tasks.values() if task.account == account)
        if ledger.granted != granted or ledger.available + ledger.held + ledger.captured != granted:
            yield f"account {account} was granted {granted}, and its ledger is {ledger}"
        if ledger.available < 0 or granted - ledger.available != owed:
            yield f"account {account} has {ledger.available} of {granted} left, and tasks for {owed}"


def tasks_have_starts(history: History) -> Iterator[str]:
    """No task is there that nobody asked for: the accepted ones, and at most one for each unknown start."""
    known = {(one.account, one.task) for one in history.survivors}
    extra = Counter(
        (task.account, task.kind) for name, task in history.last.tasks.items() if (task.account, name) not in known
    )
    unknown = Counter((one.account, one.kind) for one in history.unknown)
    for (account, kind), many in extra.items():
        if many > unknown[account, kind]:
            may = f"{unknown[account, kind]} starts whose outcome is unknown"
            yield f"account {account} has {many} {kind} tasks that nobody was told of, and {may}"


def ids_are_unique(history: History) -> Iterator[str]:
    """No id is given to two tasks in one life of the world."""
    ids = Counter((history.life(one), one.task) for one in history.starts if one.status == 200)
    for (life, task), many in ids.items():
        if many > 1 and life is not None:
            yield f"{many} starts were answered with {task}"


def a_music_task_gets_one_cover(history: History) -> Iterator[str]:
    """At most one cover is accepted for a music task in one life of the world."""
    for (life, source), starts in _covers(history).items():
        accepted = [one for one in starts if one.status == 200]
        if life is not None and len(accepted) > 1:
            yield f"music task {source} got {len(accepted)} covers: {', '.join(map(_named, accepted))}"


def refusals_for_covers_are_right(history: History) -> Iterator[str]:
    """A cover is refused as generated already only where another start, before its end, may have been accepted."""
    covers = _covers(history)
    for (life, source), starts in covers.items():
        rivals = [one for one in (*starts, *covers.get((None, source), [])) if not one.refused]
        for one in starts if life is not None else ():
            if one.status == 400 and not any(rival.began <= one.ended for rival in rivals):
                yield f"{_named(one)} was refused ({one.said}) though nobody else had started a cover"


def refusals_for_credits_are_right(history: History) -> Iterator[str]:
    """A 402 comes only where all that may have been accepted before its end leaves less than the price."""
    for one in (start for start in history.starts if start.status == 402):
        life = history.life(one)
        if life is None:
            continue
        rivals = (o for o in history.starts if o.account == one.account and not o.refused and o.began <= one.ended)
        spent = sum(o.price for o in rivals if history.life(o) in {life, None})
        if history.granted[one.account] - spent >= one.price:
            yield f"{_named(one)} was refused, and at most {spent} of {history.granted[one.account]} were spent"


def webhooks_come_at_least_once(history: History) -> Iterator[str]:
    """Each accepted start that asked for a webhook has one that was received well, when its task had ended."""
    well = {one.start for one in history.webhooks if one.status < 300}
    starts = {one.number: one for one in history.starts}
    for start in history.survivors:
        if start.hook and start.number not in well:
            yield f"{_named(start)} asked for a webhook, and none was received well"
    for hook in history.webhooks:
        start = starts[hook.start]
        if start.refused:
            yield f"{_named(start)} was refused with {start.status}, and a webhook came"
        elif start.status == 200 and hook.task != start.task and history.life(start) is not None:
            yield f"{_named(start)} got the webhook of {hook.task}"
        if hook.state not in history.order[start.kind][-2:]:
            yield f"{_named(start)} got a webhook in state {hook.state}"


def states_only_go_forward(history: History) -> Iterator[str]:
    """A state that was seen is never followed by an earlier one; a terminal one stays, with all that it shows."""
    for polls in _by_task(history):
        order = list(history.order[polls[0].kind])
        highest: list[tuple[float, int, Poll]] = []  # by the end of the poll that saw it
        for poll in sorted(polls, key=lambda one: one.began):
            before = [entry for entry in highest if entry[0] <= poll.began]
            most = max(before, key=lambda entry: entry[1], default=None)
            rank = order.index(poll.state)
            if most and (rank < most[1] or (most[2].state in order[-2:] and most[2].state != poll.state)):
                yield f"{poll.task} was {most[2].state} at {most[0]:.2f} and {poll.state} at {poll.began:.2f}"
            if most and rank == most[1] and poll.lasting != most[2].lasting and poll.state in order[-2:]:
                yield f"{poll.task} showed {most[2].lasting}, then {poll.lasting}"
            if most is None or rank >= most[1]:
                highest.append((poll.ended, rank, poll))


def answers_are_documented(history: History) -> Iterator[str]:
    """Only what the contract and docs/scaling.md promise: no 5xx but a 503 while Redis is in trouble, no lost key."""
    redis = [one for one in history.troubles if one.about != WORKER]
    for one in (*history.starts, *history.polls):
        if one.odd:
            yield f"{_named(one)}: {one.odd}"
        if one.status not in _USUAL:
            yield f"{_named(one)} got {one.status} {one.said}"
        if isinstance(one, Start) and one.status == 404:
            yield f"{_named(one)} names {one.source}, which the world has, and got 404"
        near = any(trouble.began <= one.ended and one.began <= trouble.ended + GRACE for trouble in redis)
        if one.status == 503 and not near and not any(word in one.said for word in _SLOW):
            yield f"{_named(one)} got 503 without any trouble: {one.said}"


def connections_break_only_with_workers(history: History) -> Iterator[str]:
    """An answer is lost only where a worker was killed or frozen before."""
    worker = min((one.began for one in history.troubles if one.about == WORKER), default=float("inf"))
    for one in (*history.starts, *history.polls):
        if one.status == 0 and one.ended < worker:
            yield f"{_named(one)} got no answer ({one.said}), and no worker had been hurt"


def the_first_crew_stays(history: History) -> Iterator[str]:
    """`serve` was never started again, ended as asked, left nobody behind, and logged no failure."""
    if history.last.code != 143:
        yield f"serve ended with exit code {history.last.code}, not 143"
    if history.last.left:
        yield f"{history.last.left} processes outlived serve"
    yield from history.last.log


LAWS: tuple[Law, ...] = (
    accepted_tasks_are_found,
    credits_are_conserved,
    tasks_have_starts,
    ids_are_unique,
    a_music_task_gets_one_cover,
    refusals_for_covers_are_right,
    refusals_for_credits_are_right,
    webhooks_come_at_least_once,
    states_only_go_forward,
    answers_are_documented,
    connections_break_only_with_workers,
    the_first_crew_stays,
)


def _covers(history: History) -> dict[tuple[int | None, str], list[Start]]:
    """Return the starts of covers, by life of the world and music task."""
    found: dict[tuple[int | None, str], list[Start]] = defaultdict(list)
    for one in history.starts:
        if one.kind == "cover":
            found[history.life(one), one.source].append(one)
    return found


def _by_task(history: History) -> Iterator[list[Poll]]:
    """Yield the polls that saw a task in one life of the world, task by task."""
    seen = [(history.life(one), one) for one in history.polls if one.status == 200]
    rows = sorted(
        ((life, one.account, one.task, one) for life, one in seen if life is not None), key=lambda row: row[:3]
    )
    for _, group in groupby(rows, key=lambda row: row[:3]):
        yield [row[3] for row in group]


def _named(one: Start | Poll) -> str:
    if isinstance(one, Start):
        when = f"{one.began:.2f}-{one.ended:.2f}"
        return f"start {one.number} ({one.kind} of {one.source}, {when}, {one.task or one.status})"
    return f"poll of {one.task} ({one.began:.2f}-{one.ended:.2f})"
