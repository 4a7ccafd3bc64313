"""Operators on errors: another status, another type, another envelope."""

from collections.abc import Callable, Iterator
from typing import Any

from covermock.openapi import Contract

from ...http.errors import (
    INTERNAL_ERROR,
    INVALID_JSON,
    INVALID_KEY,
    INVALID_PARAMS,
    METHOD_NOT_ALLOWED,
    MISSING_KEY,
    NO_SUCH_PATH,
)
from ...http.messages import Answer, Request
from ..blame import about, acceptance, error_row, fixes, rule
from ..defect import Defect, Document, InapplicableError
from ..fields import Field, at, clause_of, drop, error_fields, of_kind, put, rename
from ..gateway import DefectiveGateway
from ..operator import Application, operator
from ..rewriting import in_place, is_error, other_spelling, refused, rewrite

_NEVER_5XX = frozenset({INVALID_JSON, INVALID_PARAMS})  # their own sentence says so; of others the rule of answers does
HTML = b"<h1>Something went wrong</h1>"


def business_errors(contract: Contract) -> list[str]:
    """Return the errors that preconditions give, in their order."""
    rules = [row for one in contract.operations for row in one.raw.get("x-preconditions", ())]
    return list(dict.fromkeys(row["error"] for row in rules))


def _reached(contract: Contract) -> list[str]:
    """Return the errors that a client can bring about with a request that is HTTP."""
    raised = (MISSING_KEY, INVALID_KEY, INVALID_JSON, INVALID_PARAMS, NO_SUCH_PATH, METHOD_NOT_ALLOWED)
    bodies = any(one.body for one in contract.operations)
    return [*business_errors(contract), *(name for name in raised if bodies or name != INVALID_JSON)]


def _each_status(contract: Contract) -> Iterator[Application]:
    """Give each error the status of invalid requests, or of what is not found, and that of a crash."""
    rows = contract.errors
    usual = rows[INVALID_PARAMS].status, rows[NO_SUCH_PATH].status
    for name in _reached(contract):
        for other in (next(one for one in usual if one != rows[name].status), rows[INTERNAL_ERROR].status):
            yield f"{name}-as-{other}", {"error": name, "to": other}


@operator("business", _each_status)
def error_status(contract: Contract, error: str, to: int, type: str = "") -> Defect:  # noqa: A002 - the dialect's word
    """Answer another status to an error."""
    if error_row(contract, error)["status"] == to:
        raise InapplicableError(f"{error} has this status")

    def edit(document: Document) -> None:
        document["x-errors"][error].update({"status": to} | ({"type": type} if type else {}))

    crashes = to == contract.errors[INTERNAL_ERROR].status and error not in _NEVER_5XX
    blamed = rule(contract, "complete") if crashes else about(contract, contract.errors[error].clause, "status")
    return Defect(*blamed, f"answers {to} to {error}", edit=edit)


def _each_type(contract: Contract) -> Iterator[Application]:
    for status in sorted({contract.errors[name].status for name in (*business_errors(contract), MISSING_KEY)}):
        yield f"errors-with-{status}-mistyped", {"status": status, "to": "trouble"}


def _typed(contract: Contract, names: list[str]) -> str | None:
    """Return the clause that fixes the type of these errors: their own, where each has one that does."""
    clauses = [contract.errors[name].clause for name in names]
    return clauses[0] if all(fixes(contract, one, "type") for one in clauses) else contract.rules.get("error-type")


@operator("envelope", _each_type)
def error_type(contract: Contract, to: str, status: int = 0, errors: tuple[str, ...] = ()) -> Defect:
    """Call the type of some errors otherwise: of those named, or of all with a status."""
    rows = contract.errors.values()
    names = [row.name for row in rows if row.type and (row.status == status or row.name in errors)]
    if not names or all(contract.errors[name].type == to for name in names):
        raise InapplicableError("errors have no type, or this one")

    def edit(document: Document) -> None:
        for name in names:
            document["x-errors"][name]["type"] = to

    blamed = about(contract, _typed(contract, names), "type")
    return Defect(*blamed, f"calls the type of {status or names[0]} {to}", edit=edit)


def _envelope(contract: Contract, fact: str) -> list[Field]:
    found = [field for field in error_fields(contract) if field.fact == fact]
    if not found:
        raise InapplicableError(f"errors have no {fact}")
    return found


def _each_error_field(contract: Contract) -> Iterator[Application]:
    for field in error_fields(contract):
        if field.fact:
            yield f"errors-without-{field.name}", {"fact": field.fact, "how": "missing"}
            yield f"errors-with-other-{field.name}", {"fact": field.fact, "how": "retyped"}
            yield f"errors-with-renamed-{field.name}", {"fact": field.fact, "how": "renamed"}


_HOW: dict[str, tuple[str, Callable[[Any, Field], None]]] = {
    "missing": ("leaves out", lambda value, field: drop(value, field.path)),
    "retyped": ("gives another type to", lambda value, field: put(value, field.path, _retyped)),
    "renamed": ("spells otherwise", lambda value, field: rename(value, field.path, other_spelling(field.name))),
}


def _retyped(value: Any) -> Any:
    return [value] if isinstance(value, str) else str(value)


@operator("envelope", _each_error_field)
def error_field(contract: Contract, fact: str, how: str) -> Defect:
    """Spoil one field of every envelope."""
    found = _envelope(contract, fact)
    words, spoil = _HOW[how]

    def change(value: Any) -> None:
        for field in found:
            spoil(value, field)

    sentence = f"{words} {found[0].name} in errors"
    return Defect(*rule(contract, "envelope"), sentence, spoil=rewrite(in_place(change), errors=True))


@operator("envelope")
def errors_flat(contract: Contract) -> Defect:
    """Put what an envelope wraps at its top."""
    wrapping = [field.path for field in _envelope(contract, "error.message") if len(field.path) > 1]
    if not wrapping:
        raise InapplicableError("errors are flat")

    def change(value: Any) -> Any:
        return next((inner for path in wrapping if (inner := at(value, path[:-1]))), value)

    sentence = "puts what describes an error at its top"
    return Defect(*rule(contract, "envelope"), sentence, spoil=rewrite(change, errors=True))


@operator("envelope")
def errors_wrapped(contract: Contract, inside: str) -> Defect:
    """Say an error in another envelope: its text alone, under a name of its own."""
    found = _envelope(contract, "error.message")

    def change(value: Any) -> Any:
        return {inside: next((at(value, field.path) for field in found), "")}

    sentence = f"says errors as {{{inside}: text}}"
    return Defect(*rule(contract, "envelope"), sentence, spoil=rewrite(change, errors=True))


@operator("envelope")
def errors_as_html(contract: Contract, error: str = "") -> Defect:
    """Say errors in HTML: all, or one of them."""

    def spoil(_: DefectiveGateway, __: Request, answer: Answer) -> None:
        if is_error(answer) and error in {"", refused(answer)}:
            answer.headers, answer.body = (("Content-Type", "text/html"),), HTML

    blamed = rule(contract, "paths" if error == NO_SUCH_PATH else "envelope")
    return Defect(*blamed, f"says {error or 'errors'} in HTML", spoil=spoil)


@operator("envelope")
def errors_with_success(contract: Contract, to: int) -> Defect:
    """Send errors with the status of a success."""

    def spoil(_: DefectiveGateway, __: Request, answer: Answer) -> None:
        answer.status = to

    blamed = acceptance(contract, contract.errors[business_errors(contract)[0]].clause)
    return Defect(*blamed, f"sends errors with the status {to}", spoil=spoil)


@operator("envelope")
def success_status(contract: Contract, to: int, on: Any = "starts") -> Defect:
    """Answer another status to what succeeds."""
    meant = [one for one in of_kind(contract, on) if one.success != to]
    if not meant:
        raise InapplicableError(f"{to} is the documented status")
    usual = {one.id: one.success for one in meant}

    def spoil(_: DefectiveGateway, __: Request, answer: Answer) -> None:
        if usual.get(answer.why.get("operation", "")) == answer.status and not refused(answer):
            answer.status = to

    return Defect(*acceptance(contract, clause_of(meant[0])), f"answers {to} to what succeeds", spoil=spoil)
