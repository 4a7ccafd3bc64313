"""Whether an exported world, whose form is right, can go on here: names stand for something, credits add up. Pure."""

from base64 import b64decode
from binascii import Error
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice, pairwise
from typing import Any, NamedTuple

from covermock.openapi import NOTHING, REQUIRED, Contract, Operation, Violation, excerpt, first_repeat, nearest

from ..world.build import (
    AUDIO,
    InvalidSpecError,
    build,
    check_fault,
    check_results,
    check_yields,
    starts_from_kind,
    starts_from_task,
)
from ..world.world import World
from .export import current

Document = Mapping[str, Any]
Found = Iterator[Violation]
_TOLD = 20  # violations; a document may have as many as it has bytes


def unfit(document: Document, contract: Contract) -> list[Violation]:
    """Return why the document, valid by its schema, could not go on living under this contract: the first reasons."""
    return list(islice(_unfit(document, contract), _TOLD))


def _unfit(document: Document, contract: Contract) -> Found:
    yield from _spec(document, contract)
    yield from _state(document, document["state"], document["now"], contract, "body.state")
    if "state" in document["origin"]:
        facts = document["origin"]["state"]
        yield from _state(document, facts, facts["clock"]["world"], contract, "body.origin.state")
    for name in ("journal", "controls"):
        yield from _journal(document[name], f"body.{name}")


def _spec(document: Document, contract: Contract) -> Found:
    spec, accounts = document["spec"], [row["name"] for row in document["state"]["accounts"]]
    if spec.get("accounts", {}).keys() != set(accounts):
        yield Violation("body.spec.accounts", f"the accounts {excerpt(accounts)} of its state", "others")
    try:
        build(document["name"], spec, contract, document["now"])
    except InvalidSpecError as error:
        yield _violation("body.spec", error)
    except KeyError as error:
        yield Violation("body.spec.accounts", f"{error} in every account", "an account without it")


class _Facts(NamedTuple):
    """The facts of a state, by their names, and where they stand in the document."""

    facts: Document
    tasks: Mapping[str, Document]
    accounts: Mapping[str, Document]
    contract: Contract
    where: str


def _state(document: Document, facts: Document, now: float, contract: Contract, where: str) -> Found:
    tasks = {row["id"]: row for row in facts["tasks"]}
    known = _Facts(facts, tasks, {row["name"]: row for row in facts["accounts"]}, contract, where)
    broken = list(islice(_names(known), _TOLD))
    yield from broken
    if now < facts["clock"]["moved"]:
        yield Violation(f"{where}.clock.moved", f"at most {now!r}, the world's time", excerpt(facts["clock"]["moved"]))
    if not broken:  # else there is no world whose books could be looked at
        world = current(document["name"], document["spec"], facts, contract)
        world.clock = replace(world.clock, world=now, scale=0.0)
        yield from _books(world, now, where)


def _names(known: _Facts) -> Found:
    """Yield what is there twice, and names of what isn't there."""
    facts, where = known.facts, known.where
    yield from _once(f"{where}.tasks", (row["id"] for row in facts["tasks"]))
    yield from _once(f"{where}.accounts", (row["name"] for row in facts["accounts"]))
    yield from _once(f"{where}.accounts", (row["key"] for row in facts["accounts"]))
    yield from _once(f"{where}.faults", (row["id"] for row in facts["faults"]))
    yield from _unknown_names(f"{where}.uses", facts["uses"].values(), known.tasks)
    yield from _sources(known)
    for part, look in _PARTS.items():
        for number, row in enumerate(facts[part]):
            yield from look(row, known, f"{where}.{part}.{number}")
    for name, own in facts["yields"].items():
        operations = _starting_from(name, known)
        yield from _refusal(where, check_yields, known.contract, ("yields", name), own, operations)
    yield from _webhooks(facts["webhooks"], known, f"{where}.webhooks")


def _sources(known: _Facts) -> Found:
    """Yield sources of a kind that nothing is started from, without a number that rules look at, of no account."""
    where, contract = f"{known.where}.sources", known.contract
    for key, row in known.facts["sources"].items():
        kind = key.partition("/")[0]
        yield from _unknown_names(f"{where}.{key}", [kind] if kind != AUDIO else [], contract.sources)
        for number in sorted(contract.sources.get(kind, frozenset()) - row["numbers"].keys()):
            yield Violation(f"{where}.{key}.numbers.{number}", REQUIRED, NOTHING)
        yield from _unknown_names(f"{where}.{key}.account", filter(None, [row["account"]]), known.accounts)


def _starting_from(name: str, known: _Facts) -> list[Operation]:
    """Return the operations that start tasks from what has this id."""
    kinds = {kind for kind, _, of in (key.partition("/") for key in known.facts["sources"]) if of == name}
    found = [one for kind in sorted(kinds) for one in starts_from_kind(known.contract, kind)]
    if name in known.tasks:
        found += starts_from_task(known.contract, known.tasks[name]["lifecycle"])
    return found


def _account(row: Document, known: _Facts, where: str) -> Found:
    yield from _once(f"{where}.risky", row["risky"])
    yield from _unknown_names(f"{where}.risky", row["risky"], known.tasks)
    for name in row["risky"]:
        owner = known.tasks[name]["account"] if name in known.tasks else row["name"]
        if owner != row["name"]:
            yield Violation(f"{where}.risky", f"tasks of {excerpt(row['name'])}", f"one of {excerpt(owner)}")


def _task(row: Document, known: _Facts, where: str) -> Found:
    contract, lifecycle = known.contract, row["lifecycle"]
    yield from _unknown_names(f"{where}.account", [row["account"]], known.accounts)
    yield from _unknown_names(f"{where}.started_by", filter(None, [row["started_by"]]), contract.by_id)
    yield from _unknown_names(f"{where}.lifecycle", [lifecycle], contract.lifecycles)
    if lifecycle not in contract.lifecycles:
        return
    starter = contract.by_id.get(row["started_by"])
    if starter and starter.raw.get("x-task") != lifecycle:
        yield Violation(f"{where}.started_by", f"an operation that starts {excerpt(lifecycle)}", excerpt(starter.id))
    yield from _plan(row["plan"], contract, lifecycle, f"{where}.plan")
    results = row.get("results") or ()
    yield from _refusal(where, check_results, contract, ("results",), results, lifecycle)


def _plan(plan: list[tuple[str, float]], contract: Contract, lifecycle: str, where: str) -> Found:
    cycle = contract.lifecycles[lifecycle]
    # Either end may follow the stages, and nothing follows it.
    order = {state.name: position for position, state in enumerate(cycle.stages)} | dict.fromkeys(cycle.terminal, 1e9)
    yield from _unknown_names(where, (state for state, _ in plan), order)
    places = [order.get(state, 0) for state, _ in plan]
    if any(later <= earlier for earlier, later in pairwise(places)):
        yield Violation(where, "states that go forward, each once", excerpt([state for state, _ in plan]))
    if any(later < earlier for (_, earlier), (_, later) in pairwise(plan)):
        yield Violation(where, "steps in the order of their seconds", excerpt([after for _, after in plan]))


def _fault(row: Document, known: _Facts, where: str) -> Found:
    yield from _refusal(where, check_fault, known.contract, ("settings",), row["settings"])


_PARTS: Mapping[str, Callable[[Document, _Facts, str], Found]] = {
    "accounts": _account,
    "tasks": _task,
    "faults": _fault,
}


def _webhooks(row: Document, known: _Facts, where: str) -> Found:
    """Yield what is wrong with what is owed and was sent: one webhook for a task, of the operation that started it."""
    kept = row["kept"]
    yield from _once(f"{where}.kept", (one["id"] for one in kept))
    yield from _once(f"{where}.kept", (one["task"] for one in kept))
    yield from _unknown_names(f"{where}.kept", (one["task"] for one in kept), known.tasks)
    for number, one in enumerate(kept):
        task = known.tasks.get(one["task"])
        here = f"{where}.kept.{number}"
        if int(one["id"][1:]) > row["total"]:
            yield Violation(f"{here}.id", f"a number up to the total, {row['total']}", excerpt(one["id"]))
        operation = known.contract.by_id.get(one["operation"])
        if task and (operation is None or not operation.callback or task["started_by"] != operation.id):
            expected = "the operation that started its task, if it sends webhooks"
            yield Violation(f"{here}.operation", expected, excerpt(one["operation"]))
        if any(attempt.get("number", 0) > row["attempts"] for attempt in one["attempts"]):
            yield Violation(f"{here}.attempts", f"numbers up to all attempts, {row['attempts']}", "a higher one")


def _books(world: World, now: float, where: str) -> Found:
    """Yield accounts whose credits don't add up, and tasks whose credits would be lost when they fail (G11)."""
    for name, row in world.ledgers(now).items():
        total = row.available + row.held + row.captured
        if total != row.granted:
            expected = f"credits that add up: granted is what is available, held and captured, {total}"
            yield Violation(f"{where}.accounts.{name}.granted", expected, excerpt(row.granted))
    watched = {id(task) for account in world.accounts.values() for task in account.risky}
    for task in world.tasks.values():
        failure = world.lifecycle(task).failure.name
        if (
            task.price
            and task.plan[-1].state == failure
            and id(task) not in watched
            and not world.has_failed(task, now)
        ):
            expected = f"{excerpt(task.id)}, which may fail, among those that its credits come back from"
            yield Violation(f"{where}.accounts.{task.account}.risky", expected, "a list without it")


def _journal(row: Document, where: str) -> Found:
    entries = row["entries"]
    first = row["total"] - len(entries) + 1
    numbers = range(first, row["total"] + 1)
    if any(entry["number"] != number for entry, number in zip(entries, numbers, strict=True)) or first < 1:
        yield Violation(f"{where}.entries", f"the last of {row['total']} entries, in order", "others")
    for number, entry in enumerate(entries):
        for part in ("request", "answer"):
            if not _decodes(entry[part]["body"]):
                yield Violation(f"{where}.entries.{number}.{part}.body.base64", "base64", "another text")


def _decodes(body: Any) -> bool:
    try:
        return isinstance(body, str) or b64decode(body["base64"]) is not None
    except Error:
        return False


def _refusal(where: str, check: Callable[..., None], *given: object) -> Found:
    try:
        check(*given)
    except InvalidSpecError as error:
        yield _violation(where, error)


def _violation(where: str, error: InvalidSpecError) -> Violation:
    remedy = error.remedy and f" ({error.remedy})"
    return Violation(".".join((where, *map(str, error.pointer))), f"{error.expected}{remedy}", error.received)


def _once(where: str, names: Iterable[str]) -> Found:
    twice = first_repeat(names)
    if twice is not None:
        yield Violation(where, "each name once", f"{excerpt(twice)} twice")


def _unknown_names(where: str, names: Iterable[str], valid: Collection[str]) -> Found:
    for name in names:
        if name not in valid:
            yield Violation(where, f"a known name ({nearest(name, valid)})", excerpt(name))
