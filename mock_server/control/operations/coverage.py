"""What of the contract the exchanges of a world have exercised so far."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from covermock.openapi import Contract

from ...world.journal import Entry
from ..call import ControlCall, Result


def read_coverage(call: ControlCall) -> Result:
    """Count the kept exchanges by operation and status, by the error they gave, and by the clauses they rest on."""
    journal = call.world.journal
    return 200, {"total": journal.total, "evicted": journal.evicted, **tally(call.contract, journal.entries)}


def tally(contract: Contract, entries: Iterable[Entry]) -> dict[str, Any]:
    """Return the counts; entries that rest on the same are counted as one, so that ten thousand cost little."""
    kinds = Counter(_kind(entry) for entry in entries)
    operations: dict[str, Counter[str]] = defaultdict(Counter)
    clauses: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    for (operation, status, error, clause), count in kinds.items():
        if operation and operation in contract.by_id:
            operations[operation][str(status)] += count
        if error:
            errors[error] += count
        for one in _clauses(contract, operation, error, clause):
            clauses[one] += count
    return {"operations": operations, "clauses": clauses, "errors": errors}


def _kind(entry: Entry) -> tuple[str | None, int, str | None, str | None]:
    why = entry.answer.why
    return why.get("operation"), entry.answer.status, why.get("error"), why.get("clause")


def _clauses(contract: Contract, operation: str | None, error: str | None, clause: str | None) -> set[str]:
    """Return the clauses that an exchange rests on: its answer's and, if it was accepted, its operation's."""
    accepted = contract.by_id.get(operation or "") if error is None else None
    return {one for one in (clause, accepted and accepted.clause) if one and one in contract.clauses}
