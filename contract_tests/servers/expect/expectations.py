"""What a gateway may answer to a request, decided from the request itself and what is known of the ids in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, unquote

from covermock.openapi import AFFORDABLE, LEVELS, SOURCE_WITHIN, Contract, Operation, Routes
from covermock.openapi.needs import Row, links_from, need_of, row_with, rows_of

from ...exchange import MAIN_KEY, Sent, json_body
from ..evidence import Blame
from .bodies import Bodies
from .keys import key_of
from .knowledge import FOREIGN, NO, UNSURE, YES, Knowledge, KnownTask
from .oddities import is_strange_id
from .reasons import BUSINESS, CREDITS, KEY, REQUEST, Reason, Reasons
from .request import Reading, read_request

_TELLING = 8  # so long an id can stand in a body by chance no more: it is looked for without quotes, too


@dataclass(frozen=True)
class Expectation:
    """What may come back. `due` is the reason to refuse that counts, `later` those that come after it.

    Without `due` the request has to be accepted, unless it is `open`: then nothing but envelope and no 5xx counts, and
    with `form` what an acceptance looks like, since only what its id names leaves the request open.
    `refused` are the sentences that a refusal breaks; `price` is what acceptance costs at most, `risk` what it costs
    if the gateway accepts what nothing but an inferred or assumed sentence refuses; `body` are the sentences that the
    refusal of what its body says beside the id breaks.
    """

    operation: Operation | None
    due: Reason | None = None
    later: tuple[Reason, ...] = ()
    open: bool = False
    refused: tuple[Blame, ...] = ()
    price: int = 0
    risk: int = 0
    form: bool = False
    body: tuple[Blame, ...] = ()

    @property
    def clauses(self) -> set[str]:
        """Return the clauses that the request puts to the test."""
        blamed = (*self.due.accepted, *self.due.other) if self.due else self.refused
        return set() if self.open else {clause for clause, _ in blamed}

    @property
    def top_price(self) -> int:
        """Return what the operation costs at most, whether or not the request has to be refused."""
        return self.operation.top_price if self.operation else 0


class Expectations:
    """Decides for requests to the operations of one contract, with what is known so far."""

    def __init__(self, contract: Contract, knowledge: Knowledge) -> None:
        self.contract = contract
        self.knowledge = knowledge
        self.reasons = Reasons(contract)
        self.bodies = {one.id: Bodies(contract, one) for one in contract.operations if one.starts}
        self.misread: set[tuple[str, str]] = set()  # operations, and places of ids that this gateway doesn't know
        self._routes = Routes(contract.operations)
        self._readings: dict[Sent, Reading] = {}
        names = {name for operation in contract.operations for _, name in operation.id_places}
        self._documented = frozenset(_examples(contract.root, names)) - {""}

    def of(self, sent: Sent) -> Expectation:
        """Return what may come back for the request, if it is sent now."""
        operation, path = self.route(sent)
        if operation is None:
            return self._elsewhere(sent)
        reading = self._read(operation, sent, path)
        keyed, odd_key = self._key(operation, sent)
        shown = list(self._shown(operation, reading))
        known, odd_id = self._known(operation, sent, reading)
        broke = [*shown, *known] if sent.who == "poor" and operation.top_price else []
        unpaid = row_with(operation, AFFORDABLE) if broke else None
        found = [*keyed, *shown, *known, *([self._poor(operation, unpaid, reading)] if unpaid else [])]
        reasons = sorted(dict.fromkeys(found), key=lambda reason: reason.rank)
        due, later = (reasons[0] if reasons else None), tuple(reasons[1:])
        due = self._in_another_place(operation, reading, due) if due else None
        refused = self._refused(operation, reading)
        price, unsure = operation.top_price, not any(reason.sure for reason in reasons)
        odd = odd_key or reading.values or self._is_odd(operation, reading)
        risky = due is not None and unsure and (not operation.id_places or self._names_somebodys_id(sent))
        cost, risk = (0 if due else price), (price if risky else 0)
        form, body = operation.starts and not odd, self._by_body(operation, reading) if due else ()
        return Expectation(operation, due, later, odd_id or odd, refused, cost, risk, form, body)

    def _is_odd(self, operation: Operation, reading: Reading) -> bool:
        """Return True if a request has what no schema can say, or what this gateway was seen to misunderstand."""
        return bool(reading.odd & self.contract.open) or (operation.id, reading.named_in) in self.misread

    def route(self, sent: Sent) -> tuple[Operation | None, Mapping[str, str]]:
        """Return the operation that a request asks for, and its path parameters."""
        methods, path = self._routes.find(sent.path)
        return methods.get(sent.method), path

    def _read(self, operation: Operation, sent: Sent, path: Mapping[str, str]) -> Reading:
        """Return what the request shows. The same is asked of a request many times, so it is kept."""
        if sent not in self._readings:
            self._readings[sent] = read_request(self.contract, operation, sent, path)
        return self._readings[sent]

    def operation(self, sent: Sent) -> Operation | None:
        return self.route(sent)[0]

    def ids(self, sent: Sent) -> list[str]:
        """Return the ids that a request names, none where it asks for no operation."""
        operation, path = self.route(sent)
        return self._read(operation, sent, path).ids if operation else []

    def unknown(self, operation: Operation) -> Reason | None:
        """Return the reason to refuse an id that nobody has, or None where the operation needs no id."""
        row = next((row for row in rows_of(operation) if "id" in row), None)
        return self.reasons.precondition(operation, row) if row else None

    def broken(self, operation: Operation, row: Row) -> Reason:
        """Return the reason to refuse where a business rule of the operation doesn't hold."""
        return self.reasons.precondition(operation, row)

    def _names_somebodys_id(self, sent: Sent) -> bool:
        """Return True if the request holds an id that the gateway may know, wherever it stands."""
        names = {*self.knowledge.ids, *self._documented}
        if names & {*map(unquote, sent.path.split("/")), *(text for _, text in parse_qsl(sent.query))}:
            return True
        spelled = [json_body(name) for name in names] + [name.encode() for name in names if name.isdecimal()]
        return any((word[1:-1] if len(word) > _TELLING else word) in (sent.body or b"") for word in spelled)

    def _elsewhere(self, sent: Sent) -> Expectation:
        known_path = bool(self._routes.find(sent.path)[0])
        row, fact = ("method-not-allowed", "another method") if known_path else ("no-such-path", "an unknown path")
        due = self.reasons.row(row, fact, KEY)
        clause = self.contract.root["paths"].get(sent.path, {}).get("x-clause")
        if clause:  # a path without operations: that it is none is known no better than what unknown paths give
            own = (*due.accepted, *((clause, level) for _, level in due.accepted))
            due = replace(due, fact=f"{sent.path} is no operation: it", accepted=own, other=own)
        return Expectation(None, due if sent.who else due.or_status(*self.contract.unauthorized))

    def _key(self, operation: Operation, sent: Sent) -> tuple[list[Reason], bool]:
        """Return the reasons that the key gives, and whether it is open."""
        scheme = self.contract.scheme
        if scheme is None:
            return [], False
        given = [value for name, value in sent.headers if name.lower() == scheme.header.lower()]
        if sent.who:
            return [], bool(given) and "two-keys" in self.contract.open
        if not given and MAIN_KEY in str((sent.headers, sent.query)):
            return [self.reasons.misplaced("missing-key", "a key in another place", operation)], False
        if not given:
            return [self.reasons.row("missing-key", "a request without a key", KEY, operation)], False
        word, key = key_of(scheme, given[0])
        if word == scheme.word:
            unknown = self.reasons.row("invalid-key", "a request with an unknown key", KEY, operation)
            unknown = unknown if key else unknown.or_status(*self.contract.unauthorized)
            return ([] if key == MAIN_KEY else [unknown]), len(given) > 1
        odd_case = word.lower() == scheme.word.lower()  # which HTTP allows, whatever the contract says
        other = self.reasons.misplaced("invalid-key", "a key under another scheme", operation)
        other = other.or_status(*self.contract.unauthorized)
        return ([] if odd_case and key == MAIN_KEY else [other]), odd_case and "scheme-case" in self.contract.open

    def _shown(self, operation: Operation, reading: Reading) -> Iterator[Reason]:
        if reading.malformed:
            yield self.reasons.row("invalid-json", "malformed JSON", REQUEST, operation)
        for violation in reading.violations:
            yield self.reasons.violation(operation, violation)

    def _known(self, operation: Operation, sent: Sent, reading: Reading) -> tuple[list[Reason], bool]:
        """Ask the preconditions one by one; return the first that doesn't hold, and whether one is open."""
        who = sent.who or ("main" if MAIN_KEY in str(sent.headers) else "")
        either = set[int]()
        if operation.id_places and not reading.ids:
            return self._named_nothing(operation, reading), False
        for row in rows_of(operation):
            answer = self.knowledge.answer(operation, row, (*reading.ids, "")[0], who, self._documented)
            own = self.reasons.precondition(operation, row)
            if answer == NO:
                own = self._unknown(operation, row, reading, own)
                strange = "id" in row and is_strange_id((*reading.ids, "")[0])
                first = self._poor(operation, row, reading) if own.rank == CREDITS else own.or_status(*either)
                return [first], strange
            if answer == FOREIGN:
                return [self.reasons.foreign(operation, row).or_status(*self.usual(operation))], False
            if answer == UNSURE:
                return [], True
            if answer != YES:
                either |= {own.status, *self.usual(operation)}
        return [], bool(either)

    def _named_nothing(self, operation: Operation, reading: Reading) -> list[Reason]:
        """Return why a request that is valid and names no id is refused: as an unknown one, or as incomplete."""
        unknown = None if reading.violations or reading.malformed else self.unknown(operation)
        return [unknown.or_status(self.contract.errors["invalid-params"].status)] if unknown else []

    def _in_another_place(self, operation: Operation, reading: Reading, due: Reason) -> Reason:
        """Return the reason where the id stands in a place that is known less well: that may be why it is refused."""
        own = self.bodies.get(operation.id)
        others = {f"{place}.{name}" for place, name in operation.id_places[1:]}
        if own is None or not reading.ids or reading.named_in not in others:
            return due
        example = next((one for one in own.examples if ".".join(one.place or ()) == reading.named_in), None)
        said = self.reasons.sentences.named(example.clause if example else None)
        weaker = due.is_documented and said and said[0][1] != LEVELS[0]
        return replace(due, other=said) if weaker else due

    def _unknown(self, operation: Operation, row: Row, reading: Reading, own: Reason) -> Reason:
        """Return why an id is refused, which may name a task of another kind.

        For a poll it is as if there were none. To start from it breaks any of the rules that tasks must keep.
        """
        if self._other_kind(operation, reading):
            return self.reasons.of_another_kind(operation, row)
        if operation.starts and "lifecycle" in row and (*reading.ids, "")[0] in self.knowledge.tasks:
            rules = (self.reasons.precondition(operation, one) for one in rows_of(operation))
            return own.or_status(*(reason.status for reason in rules if reason.rank == BUSINESS))
        return own

    def _other_kind(self, operation: Operation, reading: Reading) -> bool:
        """Return True if a poll names a task that is there, of another kind than it shows."""
        known = self.knowledge.tasks.get((*reading.ids, "")[0])
        return bool(operation.polls and known and known.kind != operation.task_kind)

    def _poor(self, operation: Operation, row: Row, reading: Reading) -> Reason:
        """Return why an account without credits is refused, unless its source is refused before."""
        unknown, own = self.unknown(operation), self.reasons.precondition(operation, row)
        need, given = need_of(operation), self.knowledge.source((*reading.ids, "")[0])
        within = row_with(operation, SOURCE_WITHIN)
        if within and need and given and need.is_end(given.measure):
            own = own.or_status(self.reasons.precondition(operation, within).status)
        return own.or_status(unknown.status, *self.usual(operation)) if unknown else own

    def usual(self, operation: Operation) -> set[int]:
        """Return the status that this gateway gives to ids that nobody has, if that was seen."""
        return {self.knowledge.unknown[operation.id]} if operation.id in self.knowledge.unknown else set()

    def _refused(self, operation: Operation, reading: Reading) -> tuple[Blame, ...]:
        """Return the sentences that the refusal of a valid request breaks."""
        named = self.reasons.sentences.named
        if operation.polls:
            return named(operation.clause)
        own = self.bodies.get(operation.id)
        source = (*reading.ids, "")[0]
        if source in self.knowledge.tasks:
            return named(self._link_clause(operation, self.knowledge.tasks[source])) or named(operation.clause)
        given = self.knowledge.source(source)
        within = row_with(operation, SOURCE_WITHIN)
        if own and own.need and given and within and own.need.is_end(given.measure):
            return named(own.need.inclusive or self.contract.errors[within["error"]].clause)
        if own and own.is_long(reading.body):
            return self.reasons.sentences.rule("lengths")
        example = own.nearest(reading.body) if own else None
        clause = example.clause if example else operation.clause
        return named(clause) or named(operation.answer.get("x-clause")) or named(operation.clause)

    def _by_body(self, operation: Operation, reading: Reading) -> tuple[Blame, ...]:
        """Return the sentences that the refusal of what a body says beside its id breaks; none for the plainest one."""
        own = self.bodies.get(operation.id)
        if own is None:
            return ()
        hooked = own.like(reading.body)
        if hooked and hooked.hooked:
            return self.reasons.sentences.named(hooked.clause)
        refused = self._refused(operation, reading)
        return () if refused == self._refused(operation, replace(reading, body=own.examples[0].body)) else refused

    def _link_clause(self, operation: Operation, task: KnownTask) -> str | None:
        """Return the clause of the link that leads to the operation from such a task."""
        links = links_from(self.contract, self.contract.by_id[task.started_by])
        return next((link.get("x-clause") for to, link in links if to.id == operation.id), None)


def _examples(node: Any, names: set[str]) -> Iterator[str]:
    """Yield every id in the contract's examples: a stand-in may well know those."""
    if isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, str) and key in names:
                yield value
            yield from _parameter_examples(node) if key == "in" else ()
            yield from _examples(value, names)
    elif isinstance(node, list):
        for value in node:
            yield from _examples(value, names)


def _parameter_examples(parameter: Mapping[str, Any]) -> Iterator[str]:
    rows = [*parameter.get("examples", {}).values(), {"value": parameter.get("example")}]
    yield from (row["value"] for row in rows if isinstance(row, dict) and isinstance(row.get("value"), str))
