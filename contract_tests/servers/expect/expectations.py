"""What a gateway may answer to a request, decided from the request itself and what is known of the ids in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from covermock.openapi import Contract, Operation, Routes

from ...exchange import MAIN_KEY, Sent, json_body
from ..evidence import Blame
from .knowledge import FOREIGN, NO, UNSURE, YES, Knowledge
from .reasons import CREDITS, KEY, REQUEST, Reason, Reasons, blames
from .request import Reading, read_request

_TELLING = 8  # so long an id can stand in a body by chance no more: it is looked for without quotes, too


@dataclass(frozen=True)
class Expectation:
    """What may come back. `due` is the reason to refuse that counts, `later` those that come after it.

    Without `due` the request has to be accepted, unless it is `open`: then nothing but envelope and no 5xx counts.
    `refused` are the sentences that a refusal breaks; `price` is what acceptance costs at most, `risk` what it costs
    if the gateway accepts what nothing but an inferred or assumed sentence refuses.
    """

    operation: Operation | None
    due: Reason | None = None
    later: tuple[Reason, ...] = ()
    open: bool = False
    refused: tuple[Blame, ...] = ()
    price: int = 0
    risk: int = 0

    @property
    def clauses(self) -> set[str]:
        """Return the clauses that the request puts to the test."""
        blamed = (*self.due.accepted, *self.due.other) if self.due else self.refused
        return set() if self.open else {clause for clause, _ in blamed}


class Expectations:
    """Decides for requests to the operations of one contract, with what is known so far."""

    def __init__(self, contract: Contract, knowledge: Knowledge) -> None:
        self.contract = contract
        self.knowledge = knowledge
        self.reasons = Reasons(contract)
        self._routes = Routes(contract.operations)
        self._rows = {one.id: one.raw.get("x-preconditions", ()) for one in contract.operations}
        self._documented = frozenset(_examples(contract.root, _id_names(contract))) - {""}

    def of(self, sent: Sent) -> Expectation:
        """Return what may come back for the request, if it is sent now."""
        methods, _ = self._routes.find(sent.path)
        operation = methods.get(sent.method)
        if operation is None:
            return self._elsewhere(sent, bool(methods))
        reading = read_request(operation, sent, self.contract.root)
        keyed, odd_key = self._key(operation, sent)
        shown = list(self._shown(operation, reading))
        known, odd_id = self._known(operation, sent, reading)
        broke = [*shown, *known] if sent.who == "poor" and operation.top_price else []
        poor = [row for row in self._rows[operation.id] if row["check"] == "affordable" and broke]
        found = [*keyed, *shown, *known, *(self._poor(operation, row) for row in poor)]
        reasons = sorted(dict.fromkeys(found), key=lambda reason: reason.rank)
        due, later = (reasons[0] if reasons else None), tuple(reasons[1:])
        price = operation.top_price
        risky = due is not None and not any(reason.sure for reason in reasons) and self._names_somebodys_id(sent)
        return Expectation(
            operation,
            due,
            later,
            odd_key or reading.open or odd_id,
            self._refused(operation, reading),
            0 if due else price,
            price if risky else 0,
        )

    def ids(self, operation: Operation, sent: Sent) -> list[str]:
        return read_request(operation, sent, self.contract.root).ids

    def unknown(self, operation: str) -> Reason:
        """Return the reason to refuse an id that nobody has."""
        row = next(row for row in self._rows[operation] if "id" in row)
        return self.reasons.precondition(self.contract.by_id[operation], row)

    def broken(self, operation: str, check: str) -> Reason:
        """Return the reason to refuse where a business rule of the operation doesn't hold."""
        row = next(row for row in self._rows[operation] if row["check"] == check)
        return self.reasons.precondition(self.contract.by_id[operation], row)

    def _names_somebodys_id(self, sent: Sent) -> bool:
        """Return True if the body holds an id that the gateway may know, wherever it stands."""
        spelled = (json_body(name) for name in {*self.knowledge.ids, *self._documented})
        return any((word[1:-1] if len(word) > _TELLING else word) in (sent.body or b"") for word in spelled)

    def _elsewhere(self, sent: Sent, known_path: bool) -> Expectation:
        row, fact = ("method-not-allowed", "another method") if known_path else ("no-such-path", "an unknown path")
        due = self.reasons.row(row, fact, KEY)
        clause = self.contract.root["paths"].get(sent.path, {}).get("x-clause")
        if clause:  # a path without operations: that it is none is known no better than what unknown paths give
            own = (*due.accepted, *((clause, level) for _, level in due.accepted))
            due = replace(due, fact=f"{sent.path} is no operation: it", accepted=own, other=own)
        return Expectation(None, due if sent.who else due.or_status(401))

    def _key(self, operation: Operation, sent: Sent) -> tuple[list[Reason], bool]:
        """Return the reasons that the key gives, and whether it is open."""
        given = [value for name, value in sent.headers if name.lower() == "authorization"]
        if sent.who:
            return [], bool(given)
        if not given:
            return [self.reasons.row("missing-key", "a request without a key", KEY, operation)], False
        scheme, _, key = given[0].partition(" ")
        if scheme == "Bearer":
            unknown = self.reasons.row("invalid-key", "a request with an unknown key", KEY, operation)
            return ([] if key == MAIN_KEY else [unknown]), len(given) > 1
        odd_case = scheme.lower() == "bearer"
        misplaced = self.reasons.sentences.rule("key")
        other = self.reasons.row("invalid-key", "a key under another scheme", KEY, operation, *misplaced)
        return ([] if odd_case and key == MAIN_KEY else [other]), odd_case

    def _shown(self, operation: Operation, reading: Reading) -> Iterator[Reason]:
        """Yield the reasons that the request itself shows."""
        if reading.malformed:
            yield self.reasons.row("invalid-json", "malformed JSON", REQUEST, operation)
        for violation in reading.violations:
            yield self.reasons.violation(operation, violation)

    def _known(self, operation: Operation, sent: Sent, reading: Reading) -> tuple[list[Reason], bool]:
        """Ask the preconditions one by one; return the first that doesn't hold, and whether one is open."""
        who = sent.who or ("main" if MAIN_KEY in str(sent.headers) else "")
        either = set[int]()
        for row in self._rows[operation.id] if reading.ids else ():
            answer = self.knowledge.answer(row, reading.ids[0], who, self._documented)
            own = self.reasons.precondition(operation, row)
            if answer == NO:
                return [self._poor(operation, row) if own.rank == CREDITS else own.or_status(*either)], False
            if answer == FOREIGN:
                return [self.reasons.foreign(operation, row)], False
            if answer == UNSURE:
                return [], True
            if answer != YES:
                either.add(own.status)
        return [], bool(either)

    def _poor(self, operation: Operation, row: dict[str, str]) -> Reason:
        unknown = self.unknown(operation.id).status
        return self.reasons.precondition(operation, row).or_status(unknown)

    def _refused(self, operation: Operation, reading: Reading) -> tuple[Blame, ...]:
        """Return the sentences that the refusal of a valid request breaks."""
        named = self.reasons.sentences.named
        if operation.polls:
            return named(operation.clause)
        if operation.task_kind == "music":
            return _paid(reading.body, self.knowledge.audio_kind(reading.ids[0]) if reading.ids else "")
        spelled = [inner for name, inner in _properties(operation) if name in reading.body and "#" in inner]
        if spelled:
            return named(spelled[0])
        if reading.ids and reading.ids[0] in self.knowledge.tasks:
            return named(self._link_clause(operation))
        return (*named(operation.responses["200"].get("x-clause")), *named(operation.clause))

    def _link_clause(self, operation: Operation) -> str | None:
        """Return the clause of a link that leads to the operation from another task."""
        links = (
            link
            for one in self.contract.operations
            for response in one.responses.values()
            for link in response.get("links", {}).values()
        )
        return next((link.get("x-clause") for link in links if link["operationId"] == operation.id), None)


def _properties(operation: Operation) -> Iterator[tuple[str, str]]:
    """Yield (name, clause) of the properties of a body."""
    schema = operation.raw["requestBody"]["content"]["application/json"]["schema"]
    yield from ((name, inner.get("x-clause", "")) for name, inner in schema.get("properties", {}).items())


def _id_names(contract: Contract) -> set[str]:
    return {name for operation in contract.operations for _, name in operation.id_places}


def _examples(node: Any, names: set[str]) -> Iterator[str]:
    """Yield every id in the contract's examples: a stand-in may well know those."""
    if isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, str) and key in names:
                yield value
            yield from _examples(value, names)
    elif isinstance(node, list):
        for value in node:
            yield from _examples(value, names)


_TEXTS = ("prompt", "style", "title")


def features(body: Mapping[str, Any], kind: str = "audio") -> tuple[Blame, ...]:
    """Return the sentence that a refusal of this valid upload-cover body breaks, going by what is special about it."""
    custom = body.get("custom_mode", False)
    words = (
        ("U2:inferred", kind in {"min_audio", "max_audio"}),
        ("U6:assumed", any(isinstance(body.get(name), str) and len(body[name]) > 80 for name in _TEXTS)),
        ("U7", "callback_url" in body),
        ("U6", custom and not ("style" in body and "title" in body)),
        ("U5", custom),
        ("U6:assumed", any(name in body for name in _TEXTS)),
        ("U4", True),
    )
    return blames(next(word for word, holds in words if holds))


def _paid(body: Mapping[str, Any], kind: str) -> tuple[Blame, ...]:
    """Return the sentences that a refusal breaks where the audio is known: the webhook is judged elsewhere."""
    plain = {name: value for name, value in body.items() if name != "callback_url"}
    documented = kind == "audio" and plain.keys() == {"audio_id", "custom_mode", "prompt", "style"}
    return blames("U8") if documented else features(plain, kind)
