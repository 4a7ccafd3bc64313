"""What became of each task of a client over time, for the picture in a report. Reads the journal, judges nothing."""

from collections import defaultdict

from ...reports.timeline import Lane, Mark, lane
from ...statuses import is_success
from ..entries import Entry, seconds_of
from ..experience import Experience


def lanes_of(run: Experience, group: str) -> tuple[Lane, ...]:
    """Return a lane for each task that the client started or asked for, in the order of its first request."""
    zero = min((one.asked for one in run.exchanges), default=0.0)
    marks: dict[tuple[str, str], list[Mark]] = defaultdict(list)
    for one in run.exchanges:
        task = one.fact("task.id") if one.starts else one.given_id
        if isinstance(task, str) and task and (one.starts or one.polls):
            marks[one.kind, task].append(_mark(one, zero))
    kinds = {task: kind for kind, task in marks}
    for row in run.callbacks:
        for attempt in row["attempts"] if row["task"] in kinds else ():
            status, good = attempt["status"], is_success(attempt["status"])
            text = f"webhook, {f'answered with {status}' if status else 'not answered'}"
            came = Mark(seconds_of(attempt["at"]) - zero, "webhook", "", text, good)
            marks[kinds[row["task"]], row["task"]].append(came)
    cycles = run.contract.lifecycles
    return tuple(lane(task, cycles[kind], found, group) for (kind, task), found in marks.items())


def _mark(one: Entry, zero: float) -> Mark:
    state = one.fact("task.status") if one.polls and one.arrived else None
    shown = state if isinstance(state, str) else ""
    return Mark(one.asked - zero, "start" if one.starts else "poll", shown, str(one), one.arrived)
