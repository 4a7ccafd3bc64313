"""What an operation needs of the world, read from its x-preconditions: a task, or a source that is made elsewhere."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .clauses import clause_pointer
from .contract import Contract
from .operations import Operation
from .preconditions import SOURCE_UNUSED, SOURCE_WITHIN, TASK_SUCCEEDED
from .references import resolve

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Need:
    """The id that an operation is about: of a task (`is_task`), or of another source. `places` are where it may stand.

    `ended`: the task has to have succeeded; `once`: nothing else may be started from it; `least` and `most` are the
    range that its measure (`of`: seconds) has to be in, `inclusive` the sentence that lets the ends in.
    """

    kind: str
    is_task: bool
    places: tuple[tuple[str, str], ...]
    ended: bool = False
    once: bool = False
    least: float | None = None
    most: float | None = None
    inclusive: str = ""
    of: str = ""

    @property
    def measured(self) -> bool:
        return self.least is not None or self.most is not None

    def allows(self, measure: float) -> bool:
        """Return True if the measure is within the range, its ends included."""
        return (self.least is None or measure >= self.least) and (self.most is None or measure <= self.most)

    def is_end(self, measure: float | None) -> bool:
        """Return True if the measure is one of the two ends of the range."""
        return measure is not None and measure in {self.least, self.most}


def rows_of(operation: Operation) -> tuple[Row, ...]:
    return tuple(operation.raw.get("x-preconditions", ()))


def kind_of(row: Row) -> str:
    """Return the kind of id that a row looks for: the lifecycle of a task, or the kind of another source."""
    return str(row.get("lifecycle") or row.get("kind", ""))


def need_of(operation: Operation) -> Need | None:
    """Return what the operation needs the id of, or None where it needs none."""
    rows = rows_of(operation)
    row = next((row for row in rows if "id" in row), None)
    if row is None:
        return None
    places = tuple((place, name) for place, _, name in (one.partition(".") for one in row["id"]))
    range_ = row_with(operation, SOURCE_WITHIN) or {}
    return Need(
        kind_of(row),
        "lifecycle" in row,
        places,
        row_with(operation, TASK_SUCCEEDED) is not None,
        row_with(operation, SOURCE_UNUSED) is not None,
        range_.get("min"),
        range_.get("max"),
        range_.get("inclusive", ""),
        range_.get("of", ""),
    )


def row_with(operation: Operation, check: str) -> Row | None:
    """Return the business rule of the operation that has this word, or None."""
    return next((row for row in rows_of(operation) if row["check"] == check), None)


def needs(contract: Contract) -> dict[str, Need]:
    """Return the needs of the operations that start something, by kind; of several one that has a range."""
    found = [need for one in contract.operations if one.starts for need in [need_of(one)] if need]
    measured = {need.kind: need for need in reversed(found) if need.measured}
    return {need.kind: measured.get(need.kind, need) for need in found}


def links_from(contract: Contract, start: Operation) -> Iterator[tuple[Operation, Mapping[str, Any]]]:
    """Yield the operations that a task which was started so can go on to, with the link that says so; each once."""
    seen = set[str]()
    for one in (start, contract.polled_by[start.id]):
        for link in one.answer.get("links", {}).values():
            to = contract.by_id[link["operationId"]]
            if to.starts and to.id not in seen:
                seen.add(to.id)
                yield to, link


def mentions(contract: Contract, node: Any, passed: frozenset[str] = frozenset()) -> set[str]:
    """Return the clauses that a part of the contract stands on, with all that it refers to."""
    if isinstance(node, list):
        return {clause for value in node for clause in mentions(contract, value, passed)}
    found = set[str]()
    for key, value in node.items() if isinstance(node, Mapping) else ():
        if not isinstance(value, str):
            found |= mentions(contract, value, passed)
        elif key == "$ref" and value not in passed:
            found |= mentions(contract, resolve(contract.root, value), passed | {value})
        elif key == "error" and value in contract.errors:
            found.add(clause_pointer(contract.errors[value].clause or "")[0])
        else:
            found.add(clause_pointer(value)[0])
    return found & contract.clauses.keys()
