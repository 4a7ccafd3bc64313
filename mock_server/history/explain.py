"""Why an exchange was answered as it was, in words and references. Reads the journal, knows no HTTP."""

from typing import Any

from ..world.journal import Entry
from ..world.task import POLLS, next_change, own_time
from ..world.world import World


def explain(world: World, entry: Entry, now: float) -> dict[str, Any]:
    """Return the operation and its line, the clause, what dictated the answer, and what will change it next."""
    why = entry.answer.why
    contract = world.contract
    operation = next((o for o in contract.operations if o.id == why.get("operation")), None)
    clause = contract.clauses.get(why.get("clause") or "")
    row = (
        ("x-errors", why["error"])
        if why.get("error") in contract.errors
        else ("x-clauses", clause.id)
        if clause
        else ()
    )
    return {
        "because": _because(world, entry),
        "operation": operation and {"id": operation.id, "line": operation.line},
        "clause": clause and {"id": clause.id, "level": clause.level, "text": clause.text, "line": clause.line},
        "spec": f"{contract.source.name.rpartition('/')[2]}:{contract.source.line(row)}",
        "next": _next(world, why.get("task"), now),
    }


def _because(world: World, entry: Entry) -> str:
    why = entry.answer.why
    if "preferred" in why:
        return f"the request itself asked for it ({', '.join(f'{k}={v}' for k, v in why['preferred'].items())})"
    if why.get("faults"):
        names = ", ".join(why["faults"])
        delay = f" and held it back for {why['delay']:g} s" if why.get("delay") else ""
        return f"fault {names} of world {world.name!r} met it{delay}{_step(world, entry)}"
    if why.get("error"):
        return f"the rule behind error {why['error']!r} was broken; the answer's message says how"
    return f"every check passed in world {world.name!r}{_step(world, entry)}"


def _step(world: World, entry: Entry) -> str:
    """Say which step of its task's plan the answer shows, where it shows one."""
    task = world.tasks.get(entry.answer.why.get("task") or "")
    states = [step.state for step in task.plan] if task else []
    shown = entry.answer.why.get("state")
    if task is None or shown not in states:
        return ""
    held = ", and is held" if task.held is not None else ""
    return f"; task {task.id!r} was at step {states.index(shown) + 1} of {len(states)}, {shown!r}{held}"


def _next(world: World, task_id: str | None, now: float) -> dict[str, Any] | None:
    """Return what will change the task's status next: the state, and the polls or seconds until then."""
    task = world.tasks.get(task_id or "")
    if task is None:
        return None
    own = own_time(task, world.clock, now)
    change = next_change(task, own)
    if change is None:
        return None
    polls = {"polls": 1} if task.drive == POLLS else {}
    return {"state": change.state, **polls, "seconds": round(task.began + change.after - own, 6), "drive": task.drive}
