"""What a client has met of what can happen to it: operations by statuses, states of tasks, outcomes of webhooks."""

from collections.abc import Iterable, Iterator

from covermock.openapi import Contract, Operation

from ...statuses import TOO_LARGE, is_crash, is_success
from ..experience import Experience

Cell = tuple[str, str]
WEBHOOK = "webhook"
_ANYWHERE = ("429", "5xx", "no answer")
_HOOKS = ("delivered", "delivered twice", "never came")


def cells(run: Experience) -> set[Cell]:
    """Return the cells that a run has met: (operation, status), (operation, state), (webhook, outcome)."""
    return {*_answers(run), *_hooks(run)}


def possible(contract: Contract, cells: Iterable[Cell]) -> list[Cell]:
    """Return the cells that a client can meet that uses the operations (and the webhook) of the `cells` it has met."""
    used = {name for name, _ in cells}
    found = [cell for operation in contract.operations if operation.id in used for cell in _of(contract, operation)]
    return [*found, *((WEBHOOK, outcome) for outcome in _HOOKS if WEBHOOK in used)]


def share(contract: Contract, cells: set[Cell]) -> float:
    """Return how much of what it can meet a client has met, from 0 to 100."""
    wanted = possible(contract, cells)
    return 100 * sum(cell in cells for cell in wanted) / len(wanted) if wanted else 0.0


def _of(contract: Contract, operation: Operation) -> Iterator[Cell]:
    for status in (*operation.responses, *_ANYWHERE):
        if not (status.isdecimal() and int(status) == TOO_LARGE):
            yield operation.id, status
    if operation.handler == "show":
        for state in contract.lifecycles[operation.raw["x-task"]].states:
            yield operation.id, state.name


def _answers(run: Experience) -> Iterator[Cell]:
    for one in run.exchanges:
        if one.operation is None:
            continue
        lost = one.wire in {"reset", "empty", "truncated"}
        yield one.operation.id, "no answer" if lost else "5xx" if is_crash(one.status) else str(one.status)
        state = one.fact("task.status") if one.polls and not lost else None
        if isinstance(state, str):
            yield one.operation.id, state


def _hooks(run: Experience) -> Iterator[Cell]:
    for row in run.callbacks:
        times = sum(is_success(attempt["status"]) for attempt in row["attempts"])
        if times:
            yield WEBHOOK, "delivered"
        if times > 1:
            yield WEBHOOK, "delivered twice"
        if row["state"] == "lost":
            yield WEBHOOK, "never came"
