"""A world made from its specification: accounts, sources, tasks as it names them, refused where it can't be. Pure."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from covermock.openapi import NOTHING, REQUIRED, Contract, Operation, Pointer, excerpt, nearest

from ..http.strict_json import deeper
from .account import Account
from .clock import LAST, Clock
from .task import FAILURE, MANUAL, SUCCESS, TIME, Task, hold, own_time, plan_from
from .world import Spec, TaskSource, World, source_key, use_key

# A world file's own words for what the four routes are about: a kind of source, and a lifecycle.
AUDIO, MUSIC = "audio", "music"
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection"})
FAULT_LEVELS = 50  # of what a fault answers with; an export has it inside of more


class InvalidSpecError(ValueError):
    """A world that can't be made as it is specified; `pointer` says where."""

    def __init__(self, pointer: Pointer, expected: str, received: str, remedy: str = "") -> None:
        super().__init__(f"expected {expected}, received {received}{remedy and f' ({remedy})'}")
        self.pointer, self.expected, self.received, self.remedy = pointer, expected, received, remedy


def build(name: str, spec: Spec, contract: Contract, wall: float) -> World:
    """Make the world that a valid `spec` describes, starting at the wall instant. Raises `InvalidSpecError`."""
    starts = _instant(("starts",), spec["starts"]) if "starts" in spec else wall
    drive = spec.get("drive", TIME)
    clock = Clock(starts, wall, 0.0 if drive == MANUAL else spec.get("speed", 1.0))
    world = World(name, spec, contract, clock, spec.get("seed", 0), drive, origin={"wall": wall})
    _add_accounts(world)
    _check_names(world)
    _add_sources(world)
    for task_id, row in spec.get("music_tasks", {}).items():
        add_music_task(world, task_id, row, starts)
    for task_id, row in spec.get("tasks", {}).items():
        if task_id in world.tasks:
            raise _unknown(("tasks", task_id), "an id that no music task has", task_id, "choose another")
        add_task(world, task_id, row, starts)
    return world


def _add_accounts(world: World) -> None:
    keys: set[str] = set()
    for account, row in world.spec.get("accounts", {}).items():
        if row["key"] in keys:
            raise _unknown(("accounts", account, "key"), "a key of its own", row["key"], "choose another")
        keys.add(row["key"])
        world.accounts[account] = Account(account, row["key"], row["credits"], row["credits"])


def _add_sources(world: World) -> None:
    for name, row in world.spec.get(AUDIO, {}).items():
        add_source(world, AUDIO, name, row, (AUDIO,))
    for kind, rows in world.spec.get("sources", {}).items():
        check_kind(world.contract, ("sources", kind), kind)
        for name, row in rows.items():
            add_source(world, kind, name, row, ("sources", kind))


def _instant(pointer: Pointer, text: str) -> float:
    """Return the Unix seconds of an RFC 3339 text. Refuses what could not be shown later, or is no Unix time."""
    try:
        seconds = datetime.fromisoformat(text.upper()).timestamp()
    except (ValueError, OverflowError):  # a leap second, the year 0
        seconds = -1.0
    if not 0 <= seconds < LAST + 1:
        expected = "an instant from 1970 to 9999 (in UTC), with a second from 00 to 59"
        raise InvalidSpecError(pointer, expected, excerpt(text))
    return min(seconds, LAST)


def check_kind(contract: Contract, pointer: Pointer, kind: str) -> None:
    """Refuse a kind of source that no operation starts tasks from. Raises `InvalidSpecError`."""
    _check_name(pointer, "a kind of source", kind, contract.sources)


def add_source(world: World, kind: str, name: str, row: Spec, at: Pointer) -> TaskSource:
    """Put what tasks are started from into the world: its account, what it yields, and its numbers."""
    numbers = {key: float(value) for key, value in row.items() if key not in {"id", "account", "yields"}}
    known = world.contract.sources.get(kind, frozenset())
    for number in numbers.keys() - known if at[0] != AUDIO else ():
        _check_name((*at, name, number), "a number that a rule looks at", number, known)
    for missing in sorted(known - numbers.keys()):
        raise InvalidSpecError((*at, name, missing), REQUIRED, NOTHING)
    _check_name((*at, name, "account"), "an account", row.get("account", ""), world.accounts, none="")
    _remember(world, (*at, name), row, starts_from_kind(world.contract, kind))
    _check_id(world.contract, (*at, name), kind, name)
    everybody = "" if "whose-source" in world.contract.open else next(iter(world.accounts), "")
    source = world.sources[source_key(kind, name)] = TaskSource(numbers, row.get("account") or everybody)
    return source


def add_music_task(world: World, task_id: str, row: Spec, now: float) -> Task:
    """Put a music task into the world that was made elsewhere: completed, pending (for ever) or failing."""
    _check_name(("music_tasks", task_id), "a lifecycle", MUSIC, world.contract.lifecycles)
    music = world.contract.lifecycles[MUSIC]
    kinds: dict[str, Spec] = {
        "completed": {"state": music.success.name},
        "pending": {"state": music.stages[0].name},
        "failing": {"outcome": FAILURE},
    }
    own = {**row, "lifecycle": MUSIC, "started_by": "", "state": "", **kinds[row.get("state", "completed")]}
    return add_task(world, task_id, own, now, "music_tasks")


def add_task(world: World, task_id: str, row: Spec, now: float, section: str = "tasks") -> Task:
    """Put a task into the world as it is in `row`: held in its `state`, or going on from its start without one."""
    at_row = (section, task_id)
    _check_name((*at_row, "lifecycle"), "a lifecycle", row["lifecycle"], world.contract.lifecycles)
    _check_id(world.contract, at_row, row["lifecycle"], task_id)
    account = row.get("account") or next(iter(world.accounts), "")
    _check_name((*at_row, "account"), "an account", account, world.accounts, none="")
    _check_stages(world.contract, at_row, row)
    starter = row.get("started_by", _starter(world.contract, row["lifecycle"]))
    starters = [one.id for one in starts(world.contract) if one.task_kind == row["lifecycle"]]
    _check_name((*at_row, "started_by"), "an operation that starts such tasks", starter, starters, none="")
    _remember(world, at_row, row, starts_from_task(world.contract, row["lifecycle"]))
    task = world.begin(row["lifecycle"], row, now, task_id, account)
    task.started_by = starter
    if row.get("state"):
        _put(world, task, row["state"], now, (*at_row, "state"))
    task.source, task.created_at = row.get("source", ""), row.get("created_at")
    world.tasks[task_id] = task
    if task.source and starter:
        world.uses[use_key(starter, task.source)] = task_id
    return task


def _put(world: World, task: Task, state: str, now: float, pointer: tuple[str, ...]) -> None:
    """Move a task that is not running yet into `state`; it stays there."""
    lifecycle = world.lifecycle(task)
    _check_name(pointer, "a state", state, [known.name for known in lifecycle.states])
    if state in lifecycle.terminal:
        task.plan = world.plan(task.lifecycle, {"outcome": SUCCESS if state == lifecycle.success.name else FAILURE})
    position = next(n for n, step in enumerate(task.plan) if step.state == state)
    task.plan = plan_from(task.plan, position)
    task.polls = position + 1
    if state not in lifecycle.terminal:
        hold(task, own_time(task, world.clock, now))


def _starter(contract: Contract, lifecycle: str) -> str:
    """Return the id of the operation that starts tasks of this lifecycle."""
    return next((one.id for one in starts(contract) if one.task_kind == lifecycle), "")


def _remember(world: World, pointer: Pointer, row: Spec, operations: list[Operation]) -> None:
    """Keep what is to become of tasks that these operations start from this id."""
    yields = row.get("yields")
    if yields:
        check_yields(world.contract, (*pointer, "yields"), yields, operations)
        world.yields[str(pointer[-1])] = yields


def starts(contract: Contract) -> list[Operation]:
    """Return the operations that start tasks."""
    return [operation for operation in contract.operations if operation.starts]


def starts_from_kind(contract: Contract, kind: str) -> list[Operation]:
    """Return the operations that start tasks from sources of this kind."""
    return [one for one in starts(contract) if any(row.get("kind") == kind for row in one.rules)]


def starts_from_task(contract: Contract, lifecycle: str) -> list[Operation]:
    """Return the operations that start tasks from tasks of this lifecycle."""
    return [one for one in starts(contract) if any(row.get("lifecycle") == lifecycle for row in one.rules)]


def check_yields(contract: Contract, pointer: Pointer, own: Spec, operations: Collection[Operation]) -> None:
    """Refuse an error or stage that doesn't exist, and results that one of the operations' tasks can't be shown with.

    `own` says what becomes of the tasks that these operations start. Raises `InvalidSpecError`.
    """
    for name, inner in own.get("operations", {}).items():
        known = [one.id for one in operations]
        _check_name((*pointer, "operations", name), "an operation that starts tasks from this id", name, known)
        check_yields(contract, (*pointer, "operations", name), inner, [contract.by_id[name]])
    _check_name((*pointer, "error"), "an error", own.get("error", ""), contract.errors, none="")
    _check_stages(contract, pointer, own)
    for operation in operations if "id" in own.get("first", {}) else ():
        _check_id(contract, (*pointer, "first", "id"), operation.task_kind, own["first"]["id"])
    for operation in operations if "results" in own.get("first", {}) else ():
        check_results(contract, (*pointer, "first", "results"), own["first"]["results"], operation.task_kind)


def _check_id(contract: Contract, pointer: Pointer, kind: str, name: str) -> None:
    """Refuse an id that the contract's answers could not show."""
    if kind in contract.ids.whole and not (name.isascii() and name.isdecimal()):
        raise InvalidSpecError(pointer, f"a whole number, as the ids of every {kind} are", excerpt(name))
    if not contract.ids.fits(kind, name):
        raise InvalidSpecError(pointer, f"an id such as the contract's schemas have for every {kind}", excerpt(name))


def check_fault(contract: Contract, pointer: Pointer, settings: Spec) -> None:
    """Refuse a fault that could not act: names in its plan, results without values, a body or headers that break."""
    check_yields(contract, (*pointer, "plan"), settings.get("plan", {}), starts(contract))
    status = settings.get("status", {})
    if deeper(status.get("body"), FAULT_LEVELS):
        raise InvalidSpecError((*pointer, "status", "body"), f"at most {FAULT_LEVELS} levels", "more")
    for name in status.get("headers", {}):
        if name.lower() in _FRAMING:
            raise InvalidSpecError(
                (*pointer, "status", "headers"), "headers that don't frame the message", excerpt(name)
            )


def check_results(contract: Contract, pointer: Pointer, results: Iterable[Spec], lifecycle: str) -> None:
    """Refuse results without a value that the lifecycle's tasks are shown with. Raises `InvalidSpecError`."""
    for number, result in enumerate(results):
        for missing in sorted(contract.result_fields[lifecycle].keys() - result.keys()):
            raise InvalidSpecError((*pointer, number, missing), REQUIRED, NOTHING)


def _check_names(world: World) -> None:
    for name in world.spec.get("prices", {}):
        _check_name(("prices", name), "an operation", name, [operation.id for operation in world.contract.operations])
    _check_stages(world.contract, (), world.spec)


def _check_stages(contract: Contract, pointer: Pointer, row: Spec) -> None:
    chosen = row.get("stage_seconds")
    if "stalls_at" not in row and not isinstance(chosen, Mapping):
        return
    stages = [stage.name for cycle in contract.lifecycles.values() for stage in cycle.stages]
    for name in chosen if isinstance(chosen, Mapping) else ():
        _check_name((*pointer, "stage_seconds", name), "a stage", name, stages)
    _check_name((*pointer, "stalls_at"), "a stage", row.get("stalls_at", ""), stages, none="")


def _check_name(pointer: Pointer, kind: str, name: str, valid: Collection[str], none: str | None = None) -> None:
    """Refuse a name that is not among the valid ones; `none` is a text that names nothing, and is fine."""
    if name not in valid and name != none:
        raise _unknown(pointer, kind, name, nearest(name, valid))


def _unknown(pointer: Pointer, kind: str, name: str, remedy: str) -> InvalidSpecError:
    return InvalidSpecError(pointer, kind, excerpt(name), remedy)
