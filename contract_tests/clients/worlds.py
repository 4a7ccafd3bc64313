"""The worlds that a client is put into, for any contract: what it may start tasks from, and what refuses it there."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from covermock.openapi import SOURCE_WITHIN, Contract, Operation
from covermock.openapi.needs import Row, need_of, needs, rows_of

World = Mapping[str, Any]
_ODD: Final = "+a&b=1#c%41 d"
_NUMBER: Final = 7_214_000  # where ids are whole numbers, the first
_PLAIN: Final = "_7b21d04c9e63"


def key_of(contract: Contract) -> str:
    """Return the key of a client in its world."""
    return f"{contract.scheme.prefix if contract.scheme else ''}covermock_client"


def sources(contract: Contract, world: str = "plain") -> dict[str, str]:
    """Return what a client may start tasks from in a world, by kind."""
    return {kind: _source(contract, kind, number, world) for number, kind in enumerate(needs(contract))}


def _source(contract: Contract, kind: str, number: int, world: str) -> str:
    """Return an id of a kind, an odd one where the world is odd and such ids may be."""
    ids, odd = contract.ids, f"{kind}{_ODD}"
    if kind in ids.whole:
        return f"{_NUMBER + number}"
    return odd if world == "odd" and ids.fits(kind, odd) else ids.spelled(kind, f"{kind}{_PLAIN}")


def plain(contract: Contract, world: str = "plain") -> World:
    """Everything that tasks are started from is there, and right."""
    found: dict[str, Any] = {"sources": {}, "tasks": {}}
    for kind, name in sources(contract, world).items():
        odd_ones = _odd_ids(contract, kind) if world == "odd" else {}
        own = {"yields": {"operations": odd_ones}} if odd_ones else {}
        if needs(contract)[kind].is_task:
            done = contract.lifecycles[kind].success.name
            found["tasks"][name] = {"lifecycle": kind, "state": done, "started_by": "", **own}
        else:
            found["sources"][kind] = {name: {**_numbers(contract, kind), **own}}
    return found


def refusing(contract: Contract) -> World:
    """What tasks are started from is out of its range, or used already."""
    found = dict(plain(contract))
    for operation in contract.operations:
        need = need_of(operation) if operation.starts else None
        name = sources(contract).get(need.kind, "") if need else ""
        if need and need.measured:
            found["sources"] = {**found["sources"], need.kind: {name: _numbers(contract, need.kind, beyond=True)}}
        elif need and need.once:
            done = contract.lifecycles[operation.task_kind].success.name
            row = {"lifecycle": operation.task_kind, "state": done, "source": name, "started_by": operation.id}
            found["tasks"] = {**found["tasks"], f"{operation.id}_before": row}
    return found


def poor(contract: Contract) -> World:
    """The account has no credits."""
    return {**plain(contract), "accounts": {"main": {"key": key_of(contract), "credits": 0}}}


WORLDS: Final[Mapping[str, Callable[[Contract], World]]] = {
    "plain": plain,
    "odd": lambda contract: plain(contract, "odd"),  # every id has characters that mean something in a URL
    "refusing": refusing,
    "empty": lambda _: {},  # nothing is there that tasks could be started from
    "poor": poor,
}


def can_refuse(contract: Contract, world: str) -> bool:
    """Return True if every operation that starts tasks is refused in such a world, or the world refuses none."""
    starts = [one for one in contract.operations if one.starts]
    tests: Mapping[str, Callable[[Operation], bool]] = {
        "refusing": lambda one: any((need.measured or need.once) for need in [need_of(one)] if need),
        "empty": lambda one: need_of(one) is not None,
        "poor": lambda one: one.top_price > 0,
    }
    return all(tests[world](one) for one in starts) if world in tests else True


def _odd_ids(contract: Contract, kind: str) -> dict[str, Any]:
    """Return, by operation, what makes the first task from a source of this kind have an odd id, too."""
    starts = [one for one in contract.operations if one.starts]
    about = [one for one in starts for need in [need_of(one)] if need and need.kind == kind]
    names = {one.id: (one.task_kind, f"{one.task_kind}_{number}{_ODD}") for number, one in enumerate(about)}
    return {start: {"first": {"id": name}} for start, (kind, name) in names.items() if contract.ids.fits(kind, name)}


def _numbers(contract: Contract, kind: str, *, beyond: bool = False) -> dict[str, float]:
    """Return the numbers of a source that every operation accepts, or that each which has a range refuses."""
    ranges: dict[str, list[Row]] = {}
    for operation in contract.operations:
        need = need_of(operation) if operation.starts else None
        for row in rows_of(operation) if need and need.kind == kind else ():
            if row["check"] == SOURCE_WITHIN:
                ranges.setdefault(row["of"], []).append(row)
    return {of: _number(rows, beyond=beyond) for of, rows in ranges.items()}


def _number(rows: list[Row], *, beyond: bool) -> float:
    least: list[float] = [row["min"] for row in rows if "min" in row]
    most: list[float] = [row["max"] for row in rows if "max" in row]
    if beyond:
        return min(least) - 1 if least else max(most) + 1
    return (max(least) + min(most)) / 2 if least and most else max(least) if least else min(most)
