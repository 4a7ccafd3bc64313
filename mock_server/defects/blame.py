"""Which sentence of a contract a fault breaks: the one that its place points to, and what of it is at stake."""

from collections.abc import Mapping
from typing import Any

from covermock.openapi import Contract, clause_pointer

from .defect import InapplicableError

Broken = tuple[str, str]
"""A clause and the level of that sentence of it which is broken."""


def acceptance(contract: Contract, pointer: str | None) -> Broken:
    """Blame the sentence that a pointer names, or the best known one of its clause."""
    clause, number = clause_pointer(pointer or "")
    if clause not in contract.clauses:
        raise InapplicableError(f"no clause says so: {pointer!r}")
    return clause, contract.clauses[clause].sentences[max(number - 1, 0)].level


def about(contract: Contract, pointer: str | None, what: str, operation: str = "") -> Broken:
    """Blame the sentence of the clause that fixes the `status` or the `type` of an error, else the pointer's."""
    clause, number = clause_pointer(pointer or "")
    sentences = contract.clauses[clause].sentences if clause in contract.clauses and not number else ()
    for one in sentences:
        if what in one.about and operation in {"", *(one.operations or (operation,))}:
            return clause, one.level
    return acceptance(contract, pointer)


def whole(pointer: str | None) -> str:
    """Return the clause without the number of a sentence."""
    return clause_pointer(pointer or "")[0]


def fixes(contract: Contract, pointer: str | None, what: str) -> bool:
    """Return True if a sentence of the clause fixes the `status` or the `type` of an error."""
    clause = contract.clauses.get(whole(pointer))
    return clause is not None and any(what in one.about for one in clause.sentences)


def rule(contract: Contract, name: str) -> Broken:
    """Blame what x-rules say of a fixed fact."""
    return acceptance(contract, contract.rules.get(name))


def error_row(contract: Contract, name: str) -> Mapping[str, Any]:
    """Return the row of x-errors with this name."""
    if name not in contract.errors:
        raise InapplicableError(f"no such error: {name!r}")
    row: Mapping[str, Any] = contract.root["x-errors"][name]
    return row
