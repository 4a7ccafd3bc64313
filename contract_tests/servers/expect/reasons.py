"""Why a gateway has to refuse a request: the status and the sentences that it stands on, as the contract has them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from covermock.openapi import AFFORDABLE, LEVELS, Contract, Operation, Violation
from covermock.openapi.needs import Row

from ..evidence import Blame
from .sentences import Sentences

KEY, REQUEST, IDENTITY, BUSINESS, CREDITS = range(5)  # the order of checks
_KNOWN = frozenset({"documented", "corroborated"})
_PARAMETERS = frozenset({"type", "required"})  # what the clause of invalid parameters is about, whichever they are


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason to refuse. `accepted` is broken by a 2xx, `other` by a refusal with another status.

    `also` are statuses that are right, too, since the contract leaves open which one comes first; `type` is the label
    that the error has, `typed` the sentences that say so; `is_foreign`: it is another account's.
    """

    fact: str
    status: int
    accepted: tuple[Blame, ...]
    other: tuple[Blame, ...]
    rank: int
    also: frozenset[int] = frozenset()
    type: str = ""
    typed: tuple[Blame, ...] = ()
    is_foreign: bool = False

    @property
    def statuses(self) -> frozenset[int]:
        return self.also | {self.status}

    @property
    def status_is_a_guess(self) -> bool:
        """Return True if nothing better than an inferred sentence says which status it is."""
        return bool(self.other) and not any(level in _KNOWN for _, level in self.other)

    @property
    def may_differ(self) -> bool:
        """Return True if a gateway may well give another status, as far as it is documented."""
        return self.status_is_a_guess or (self.rank == REQUEST and not self.is_documented)

    @property
    def is_documented(self) -> bool:
        """Return True if the documentation says which status it is."""
        return any(level == LEVELS[0] for _, level in self.other)

    @property
    def sure(self) -> bool:
        """Return True if a documented or corroborated sentence says that such a request is an error."""
        return self.rank == CREDITS or any(level in _KNOWN for _, level in self.other)

    def or_status(self, *statuses: int) -> "Reason":
        return replace(self, also=self.also | set(statuses))


class Reasons:
    """The reasons to refuse that one contract knows."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.sentences = Sentences(contract)

    def row(self, name: str, fact: str, rank: int, operation: Operation | None = None, *more: Blame) -> Reason:
        """Return the reason of a row of x-errors; `more` sentences are broken by an acceptance, too."""
        row, sentences = self.contract.errors[name], self.sentences
        status = sentences.about("status", row.clause, operation) or sentences.named(row.clause)
        accepted = (*sentences.named(row.clause), *more)
        typed = sentences.about("type", row.clause, operation)
        if rank in {REQUEST, IDENTITY, BUSINESS}:
            typed = (*typed, *sentences.about("type", self.contract.rules.get("error-type"), operation))
        type_ = row.type or ""
        return Reason(f"{fact} gives {row.status}", row.status, accepted, status, rank, frozenset(), type_, typed)

    def precondition(self, operation: Operation, row: Row) -> Reason:
        """Return the reason that a business rule gives when it doesn't hold."""
        name = row["error"]
        rank = IDENTITY if "id" in row else CREDITS if row["check"] == AFFORDABLE else BUSINESS
        return self.row(name, f"{operation.id}, {name.replace('-', ' ')},", rank, operation)

    def foreign(self, operation: Operation, row: Row) -> Reason:
        """Return the reason to refuse another account's task: as if there were none."""
        rule = self.contract.rules.get("ownership")
        own = self.precondition(operation, row)
        other = self.sentences.about("status", rule, operation) or self.sentences.named(rule)
        fact = f"another account's id gives {own.status}"
        return replace(own, fact=fact, accepted=other, other=other, is_foreign=True)

    def misplaced(self, name: str, fact: str, operation: Operation) -> Reason:
        """Return the reason to refuse a key that stands elsewhere: it counts as none, as far as that is known."""
        own = self.row(name, fact, KEY, operation)
        rule = self.sentences.rule("key-elsewhere")
        return replace(own, accepted=rule or own.accepted, other=rule or own.other)

    def of_another_kind(self, operation: Operation, row: Row) -> Reason:
        """Return the reason to refuse a task that another operation shows: as if there were none."""
        own = self.precondition(operation, row)
        said = self.sentences.about("kind", self.contract.errors[row["error"]].clause, operation)
        return replace(own, accepted=said or own.accepted, other=said or own.other)

    def violation(self, operation: Operation, violation: Violation) -> Reason:
        pointer = f"{violation.clause}#{violation.sentence}" if violation.clause else None
        generally = violation.kind in _PARAMETERS
        if violation.where == "body":
            pointer, generally = None, True
        what = f"without {violation.where}" if violation.kind == "required" else f"with {violation.where} not"
        fact = f"{operation.id} {what}" + ("" if violation.kind == "required" else f" {violation.expected}")
        own = self.row("invalid-params", fact, REQUEST, operation)
        if violation.kind == "type":
            return replace(own, fact=fact)  # that it is not coerced is known no better than that it is refused
        named = self.sentences.named(pointer)
        return replace(
            own,
            accepted=_once(named, own.accepted if generally else ()) or own.accepted,
            other=_once(self.sentences.about("status", pointer, operation), own.other if generally else ())
            or own.other,
            typed=_once(self.sentences.about("type", pointer, operation), own.typed),
        )


def _once(*blames: Iterable[Blame]) -> tuple[Blame, ...]:
    return tuple(dict.fromkeys(one for several in blames for one in several))
