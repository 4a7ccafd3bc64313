"""The world that follows from a contract alone: keys, and sources and tasks of each kind, with every outcome. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any

from covermock.openapi import AFFORDABLE, SOURCE_KNOWN, TASK_KNOWN, Contract, Operation

from ..world.task import FAILURE, STALL
from ..world.world import Spec

_SECOND = "second"
_BEYOND = 100  # a number out of a range lies this part of the range beyond it
_LESS = 0.9  # or, below a small number, this part of it
_LEFT = 3  # decimals of a number


def first_spec(contract: Contract) -> Spec:
    """Return the specification of a world in which every operation can be tried.

    For each kind of source, and each lifecycle whose tasks others start from, there is one that all goes well with,
    one whose tasks fail, one whose tasks stall, and one of another account; besides, sources at and beyond the ends
    of each range, and tasks that run or have failed. What the contract's examples name is there, too.
    """
    sources: dict[str, dict[str, Spec]] = {}
    tasks: dict[str, Spec] = {}
    for operation in (one for one in contract.operations if one.starts):
        for rule in operation.rules:
            if rule["check"] == SOURCE_KNOWN:
                _add(sources.setdefault(rule["kind"], {}), _sources(contract, operation, rule))
            elif rule["check"] == TASK_KNOWN:
                _add(tasks, _tasks(contract, operation, rule))
    sources = {kind: _fitting(contract, rows, kind) for kind, rows in sources.items()}
    tasks = _fitting(contract, tasks)
    spec: dict[str, Any] = {"description": f"Made from {contract.file}.", "accounts": _accounts(contract)}
    return {**spec, **({"sources": sources} if sources else {}), **({"tasks": tasks} if tasks else {})}


def _add(known: dict[str, Spec], rows: Iterable[tuple[str, Spec]]) -> None:
    """Add rows by name; of one that another operation has, too, only what becomes of this operation's tasks."""
    for name, row in rows:
        mine = {**known.get(name, row)}
        for own in (known.get(name, {}), row):
            operations = {**mine.get("yields", {}).get("operations", {}), **own.get("yields", {}).get("operations", {})}
            if operations:
                mine["yields"] = {**mine.get("yields", {}), "operations": operations}
        known[name] = mine


def _fitting(contract: Contract, rows: Mapping[str, Spec], kind: str = "") -> dict[str, Spec]:
    """Return rows under ids that their kind (else their lifecycle) may have, others under numbers or UUIDs.

    What has an id that the contract refuses, and of a form that nobody can make up, is left out.
    """
    ids, free = contract.ids, (str(number) for number in count(1) if str(number) not in rows)
    found: dict[str, Spec] = {}
    for name, row in rows.items():
        of = kind or row["lifecycle"]
        number = of in ids.whole and not name.isdecimal()
        own = next(free) if number else name if ids.fits(of, name) else ids.spelled(of, name)
        found |= {own: row} if ids.fits(of, own) else {}
    return found


def _accounts(contract: Contract) -> Spec:
    paid = any(operation.top_price for operation in contract.operations)
    return {"main": {}, _SECOND: {}, **({"poor": {"credits": 0}} if paid else {})}


def _sources(contract: Contract, operation: Operation, rule: Spec) -> Iterator[tuple[str, Spec]]:
    """Yield the sources of the kind that the rule is about."""
    kind, ranges = rule["kind"], [row for row in operation.rules if "of" in row]
    usual = {row["of"]: _between(row["min"], row["max"]) for row in ranges}
    for name in _examples(operation, rule):
        yield name, {**usual, **_first(contract, operation, rule, name)}
    yield f"{kind}_ok", usual
    for row in ranges:
        low, high = row["min"], row["max"]
        step = (high - low) / _BEYOND or abs(high) / _BEYOND or 1
        short = max(low - step, low * _LESS) if low >= 0 else low - step  # of what can't be negative nothing is
        ends = {"least": low, "most": high, "short": short, "long": high + step}
        yield from (
            (f"{kind}_{end}", {**usual, row["of"]: _round(at)})
            for end, at in ends.items()
            if end != "short" or at < low
        )
    yield f"{kind}_{_SECOND}", {**usual, "account": _SECOND}
    yield from ((f"{kind}_{word}", {**usual, "yields": own}) for word, own in _fates(operation))


def _tasks(contract: Contract, operation: Operation, rule: Spec) -> Iterator[tuple[str, Spec]]:
    """Yield the tasks that the rule is about: made elsewhere, in telling states."""
    name = rule["lifecycle"]
    cycle = contract.lifecycles[name]
    elsewhere = {"lifecycle": name, "started_by": ""}
    usual = {**elsewhere, "state": cycle.success.name}
    for example in _examples(operation, rule):
        yield example, {**usual, **_first(contract, operation, rule, example)}
    yield f"{name}_ok", usual
    yield f"{name}_running", {**elsewhere, "state": cycle.stages[0].name}
    yield f"{name}_failed", {**elsewhere, "state": cycle.failure.name}
    yield f"{name}_{_SECOND}", {**usual, "account": _SECOND}
    yield from ((f"{name}_{word}", {**usual, "yields": own}) for word, own in _fates(operation))


def _fates(operation: Operation) -> Iterator[tuple[str, Spec]]:
    """Yield (word, what becomes of tasks) for each fate that is not the usual one."""
    yield "fails", {"outcome": FAILURE}
    yield "stalls", {"outcome": STALL}
    refusals = (row["error"] for row in operation.rules if row["check"] == AFFORDABLE)
    yield from (("no_credits", {"error": error}) for error in refusals)


def _examples(operation: Operation, rule: Spec) -> list[str]:
    """Return the ids that the contract's own examples of a request name at the places of a rule."""
    found: list[str] = []
    bodies = [row["value"] for row in operation.examples.values()]
    for where, _, name in (place.partition(".") for place in rule["id"]):
        if where == "body":
            found += [
                str(body[name]) for body in bodies if isinstance(body, dict) and isinstance(body.get(name), str | int)
            ]
        else:
            found += _parameter_examples(operation, name)
    return list(dict.fromkeys(found))


def _parameter_examples(operation: Operation, name: str) -> list[str]:
    rows = [one for one in operation.parameters if one.name == name]
    return [str(example) for one in rows for example in one.examples]


def _first(contract: Contract, operation: Operation, rule: Spec, source: str) -> Spec:
    """Return what makes the first task from an example's source the one that the example of its poll names."""
    poll = contract.polled_by.get(operation.id)
    ids = [name for row in poll.rules if "id" in row for name in _examples(poll, row)] if poll else []
    if not ids or source != _examples(operation, rule)[0] or source in ids:
        return {}
    return {"yields": {"operations": {operation.id: {"first": {"id": ids[0]}}}}}


def _between(low: float, high: float) -> float:
    return _round((low + high) / 2)


def _round(number: float) -> float:
    return round(number, _LEFT)
