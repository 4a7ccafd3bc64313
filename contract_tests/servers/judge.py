"""Holds an answer against what may come back: every exchange of a run passes here, whoever sent it."""

from collections.abc import Mapping
from typing import Any

from covermock.openapi import Contract, Operation, Routes, Validator, clauses_of, facts

from ..exchange import UNREADABLE, Answer, Exchange
from ..statuses import ABOUT_KEYS, HIDDEN, LIMITED, NOT_ALLOWED, is_error, is_refusal
from .evidence import Blame, Evidence
from .expect.expectations import Expectation
from .expect.poverty import POOR, Poverty, error_schema
from .expect.reasons import BUSINESS, CREDITS, IDENTITY, KEY, REQUEST, Reason
from .expect.sentences import Sentences
from .send.pace import is_limited

SLOW_SECONDS = 2.0


class Judge:
    """Judges exchanges with one gateway by its contract, into `evidence`.

    `unknown` is the status, by operation, that an id gets which nobody has.
    """

    def __init__(self, contract: Contract, evidence: Evidence, unknown: Mapping[str, int]) -> None:
        self.contract, self.evidence = contract, evidence
        self._sentences = Sentences(contract)
        self.rule, self.named = self._sentences.rule, self._sentences.named
        self._accepted = {one.id: Validator(one.schema(one.success), contract.root) for one in contract.operations}
        self._errors: dict[int, Validator] = {}
        self.poverty = Poverty(contract, unknown)
        self.hides: list[tuple[Operation, int]] = []  # what refused to show tasks which were there, and how
        self.unshown: list[tuple[Exchange, tuple[Blame, ...]]] = []  # polls refused otherwise, and what that breaks
        self._routes = Routes(contract.operations)

    def judge(self, at: Exchange, expected: Expectation) -> list[str]:
        """Note what the exchange shows; return the fingerprints of what it breaks."""
        answer, complete = at.answer, self.rule("complete")
        if is_limited(answer) or self._limits_untold(at, expected.due):
            self.evidence.note_untried(expected.clauses, "the gateway's rate limit (429) left a request unanswered")
            return []
        self.evidence.note_tried(complete)
        if answer.is_failure:
            self.judge_failure(at, self._crash(expected))
        if answer.seconds > (limit := self.contract.answer_limit) and not answer.problem:
            title, wanted = f"every answer comes within {limit:g} s", f"an answer within {limit:g} s"
            self.evidence.note_broken(complete, title, wanted, f"one after {answer.seconds:.1f} s", at)
        if not answer.is_failure:
            if expected.due:
                self._judge_refusal(at, expected, expected.due)
            elif not expected.open:
                self._judge_acceptance(at, expected)
            self._judge_form(at, expected)
        return self.evidence.by_exchange.get(at.number, [])

    def _limits_untold(self, at: Exchange, due: Reason | None) -> bool:
        """Return True if a 429 that doesn't say when to come again stands where the contract has another refusal."""
        known = any(row.status == LIMITED for row in self.contract.errors.values())
        return at.answer.status == LIMITED and due is not None and due.rank != CREDITS and not known

    def judge_failure(self, at: Exchange, crash: tuple[Blame, ...] = ()) -> None:
        """Note an answer that was none, or a 5xx, whatever was asked: it breaks no sentence about what was asked."""
        if at.answer.problem:
            self._broke(self.rule("complete"), at, "every request gets a complete HTTP answer", "a complete answer")
        else:
            title = "no request makes the gateway fail (5xx)"
            self._broke(crash or self.rule("complete"), at, title, "no 5xx")

    def _judge_refusal(self, at: Exchange, expected: Expectation, due: Reason) -> None:
        answer = at.answer
        of_poverty = answer.status not in due.statuses and self.poverty.shows(expected.operation, answer, due)
        if of_poverty and at.sent.who != POOR:
            self._note_poverty(expected, answer)
            return
        if answer.ok:
            self._broke(due.accepted, at, due.fact, _statuses(due))
        elif expected.open:
            return
        elif answer.status in due.statuses:
            order = self.rule("order") if expected.later else ()
            body = expected.body if due.rank == IDENTITY else ()
            self.evidence.note_tried({*due.accepted, *due.other, *order, *body})
        elif self._may_come_first(due, expected, answer):
            self.evidence.suspect(at, due)  # it may not have looked at what is wrong, or at something else first
        else:
            blamed = self._misplaced(due, expected, at)
            otherwise = f": it is valid otherwise ({', '.join(clause for clause, _ in blamed)})"
            self._broke(blamed, at, due.fact + otherwise * (blamed is expected.body), _statuses(due))
        self.poverty.learn(at, expected.operation, due)

    def _judge_acceptance(self, at: Exchange, expected: Expectation) -> None:
        operation, answer = expected.operation, at.answer
        assert operation is not None
        if self.poverty.shows(operation, answer) or answer.status == LIMITED:
            self._note_poverty(expected, answer)
            return
        own = (operation.clause, operation.answer.get("x-clause"))
        free = self.rule("free") if operation.polls else ()
        tried = [one for clause in own for one in self.named(clause)]
        by_rule = (*self.rule("json"), *self.rule("media-type"), *self.rule("key"), *free)
        self.evidence.note_tried([*by_rule, *tried, *expected.refused])
        if not answer.ok and answer.status != operation.success:
            blamed = self._refusal(operation, expected, at)
            expectation = f"{operation.success}, since it is valid"
            self._broke(blamed, at, f"{operation.id} accepts a valid request", expectation)

    def _note_poverty(self, expected: Expectation, answer: Answer) -> None:
        what = "ask too much" if answer.status == LIMITED else "have run out of credits"
        reason = f"an account seems to {what}: it got {answer.status}"
        self.evidence.note_untried(expected.clauses, reason)
        self.evidence.warn(reason)

    def _judge_form(self, at: Exchange, expected: Expectation) -> None:
        answer, operation = at.answer, expected.operation
        if answer.ok:
            if operation is not None and not expected.due and (expected.form or not expected.open):
                self._judge_accepted(at, operation)
        elif is_error(answer.status):
            self._judge_error(at, expected)
        elif operation is not None:
            self._broke(self.rule("json"), at, "JSON comes out", "an answer with 2xx or 4xx")

    def _judge_accepted(self, at: Exchange, operation: Operation) -> None:
        answer, named = at.answer, self.named
        clause, status = operation.answer.get("x-clause"), operation.success
        if answer.status != status:
            self._broke(named(clause), at, f"{operation.id} is accepted with {status}", str(status))
        if not self._is_json(at):
            return
        value, schema = answer.json, operation.schema(status)
        found = self._accepted[operation.id].violations(value, "body")
        first = {(one.where, one.clause, one.sentence): one for one in reversed(found)}  # one cause, one finding
        violations = [*first.values()][::-1]
        broken = {one.where for one in violations}
        for violation in violations:
            pointer = f"{violation.clause}#{violation.sentence}" if violation.clause else clause
            told = self._sentences
            said = told.said_of(schema, value, violation.where) if violation.kind in {"type", "required"} else None
            if said and (violation.kind == "type" or told.level(said) > told.level(pointer)):
                pointer = said
            pointer = told.said_around(schema, value, violation.where, broken) or pointer
            title = f"{operation.id}: {violation.where} is {violation.expected}"
            self.evidence.note_broken(named(pointer), title, violation.told, str(answer), at)
        self.evidence.note_tried(
            one for pointer in clauses_of(self.contract.root, schema, value) for one in named(pointer)
        )
        if operation.polls:
            cycle = self.contract.lifecycles[operation.task_kind]
            shown = list(facts(self.contract.root, schema, value, "task.status"))
            ends = (one for one in (cycle.success, cycle.failure) if one.clause and one.name in shown)
            self.evidence.note_tried(blame for one in ends for blame in named(one.clause))

    def _judge_error(self, at: Exchange, expected: Expectation) -> None:
        answer, operation = at.answer, expected.operation
        own = self.rule("paths") if operation is None else ()
        envelope = own or self.rule("envelope")
        self.evidence.note_tried(envelope)
        if not self._is_json(at, own):
            return
        schema, value = error_schema(self.contract, operation, answer.status), answer.json
        validator = self._errors.setdefault(id(schema), Validator(schema, self.contract.root))
        for violation in validator.violations(value, "body"):
            title = f"an error's {violation.where} is {violation.expected}"
            self.evidence.note_broken(envelope, title, violation.told, str(answer), at)
        status, label = (
            next(facts(self.contract.root, schema, value, f"error.{name}"), None) for name in ("status", "type")
        )
        if isinstance(status, int) and status != answer.status:
            self._broke(envelope, at, "an error's code is the HTTP status", f"{answer.status} in the body, too")
        if operation is None:
            self._judge_allow(at)
        elif not expected.open and expected.due:
            self._judge_type(at, expected.due, label)

    def _judge_type(self, at: Exchange, due: Reason, given: Any) -> None:
        """Judge the label, where the status is the one that is due; elsewhere in the body it only breaks the form."""
        envelope = self.rule("envelope")
        if at.answer.status != due.status or not due.type or (envelope and not isinstance(given, str)):
            return  # where there is no label at its place, the form is broken, and no more is known
        elsewhere = due.type.encode() in at.answer.body  # only where it stands is wrong
        blamed = envelope if elsewhere and envelope and given != due.type else due.typed
        self.evidence.note_tried(blamed)
        if given != due.type:
            self._broke(blamed, at, f"a {due.status} has the type {due.type}", f"the type {due.type!r}")

    def _judge_allow(self, at: Exchange) -> None:
        """A refused method says which methods the path has."""
        methods = set(self._routes.find(at.sent.path)[0])
        given = {word.strip().upper() for word in at.answer.headers.get("allow", "").split(",")}
        if at.answer.status == NOT_ALLOWED and methods and not methods <= given:
            title = f"a {NOT_ALLOWED} names the allowed methods in Allow"
            received = f"Allow: {at.answer.headers.get('allow', '(no such header)')}"
            self.evidence.note_broken(self.rule("paths"), title, f"Allow: {', '.join(methods)}", received, at)

    def _is_json(self, at: Exchange, instead: tuple[Blame, ...] = ()) -> bool:
        """Return True if the body is JSON; judge it and its content type."""
        answer = at.answer
        if answer.sealed:
            self.evidence.warn(f"bodies in the coding {answer.sealed}, which nobody asked for, could not be read")
            return False
        if answer.json is UNREADABLE:
            own = self.rule("envelope") if is_error(answer.status) else self.rule("json")
            self._broke(instead or own, at, "JSON comes out", "a JSON body")
            return False
        if answer.flaw:
            title, by = "JSON comes out in UTF-8, without a mark before it", instead or self.rule("json")
            self.evidence.note_broken(by, title, "a JSON text alone", answer.flaw, at)
        if not answer.is_json or answer.charset:
            received = f"Content-Type: {answer.headers.get('content-type', '(no such header)')}"
            by = instead or self.rule("media-type") or self.rule("json")
            self.evidence.note_broken(by, "JSON comes out with its content type", "application/json", received, at)
        return True

    def _crash(self, expected: Expectation) -> tuple[Blame, ...]:
        """Return what a 5xx breaks: the rule of complete answers, and that of invalid requests where it was one."""
        invalid = expected.due is not None and expected.due.rank == REQUEST and not expected.risk
        row = self.contract.errors.get("invalid-params") if invalid else None
        return (*self.rule("complete"), *self.named(row.clause if row else None))

    def _misplaced(self, due: Reason, expected: Expectation, at: Exchange) -> tuple[Blame, ...]:
        """Return what another refusal than the due one breaks: the order of checks where a later reason came first."""
        answer, operation = at.answer, expected.operation
        usual = self.poverty.unknown.get(operation.id) if operation else None
        if (due.rank == IDENTITY and not due.is_foreign and answer.status == usual) or _is_said(due, answer):
            return due.other
        if answer.status in self._later(expected) or self.poverty.shows(operation, answer, due):
            return self.rule("order")
        if self.poverty.stops_poll(operation, at, due):
            return (*self.rule("order"), *self.rule("free"))
        if due.rank == IDENTITY and expected.body and is_refusal(answer.status) and not due.is_foreign:
            return expected.body
        guess = next((one for one in expected.later if one.may_differ), None)
        if guess and due.is_documented and due.rank != KEY and is_refusal(answer.status):
            return (*self.rule("order"), *guess.other)  # a later reason may have come first, in a status of its own
        return (*due.other, *(self.rule("operations") if answer.status == NOT_ALLOWED else ()))

    def _later(self, expected: Expectation) -> set[int]:
        """Return the statuses of the reasons that come after the due one, and what this gateway makes of them."""
        found = {status for reason in expected.later for status in reason.statuses}
        by_id = any(reason.rank == IDENTITY for reason in expected.later)
        usual = self.poverty.unknown.get(expected.operation.id) if by_id and expected.operation else None
        return found | ({usual} if usual else set())

    def _may_come_first(self, due: Reason, expected: Expectation, answer: Answer) -> bool:
        """Return True if a refusal may be that of something later: the whole history tells whether it is.

        What says that it is about the key has looked at it, and a task may have gone.
        """
        if due.rank == KEY:
            return expected.operation is not None and is_refusal(answer.status) and not _is_said(due, answer)
        if due.rank > REQUEST:
            gone = answer.status in HIDDEN | ABOUT_KEYS
            return due.rank == BUSINESS and gone and not self.poverty.shows(expected.operation, answer, due)
        return answer.status in self._later(expected)

    def comes_first(self, expected: Expectation, answer: Answer) -> bool:
        """Return True if something else that is wrong with a request gets such a refusal, as far as that is known."""
        if answer.status in self._later(expected) or (expected.operation, answer.status) in self.hides:
            return True
        return any(one.may_differ for one in expected.later) and answer.status not in ABOUT_KEYS

    def _refusal(self, operation: Operation, expected: Expectation, at: Exchange) -> tuple[Blame, ...]:
        """Return what the refusal of a valid request breaks."""
        answer = at.answer
        if self.poverty.stops_poll(operation, at):
            return (*self.rule("order"), *self.rule("free"))
        if operation.polls and is_refusal(answer.status) and answer.status not in self.contract.unauthorized:
            self.hides.append((operation, answer.status))
            if answer.status not in HIDDEN:
                self.unshown.append((at, expected.refused))
            return self.rule("ends") if answer.status in HIDDEN else ()
        return (*expected.refused, *(self.rule("key") if answer.status in self.contract.unauthorized else ()))

    def _broke(self, broken: Any, at: Exchange, title: str, expected: str) -> None:
        self.evidence.note_broken(broken, title, expected, str(at.answer), at)


def _is_said(due: Reason, answer: Answer) -> bool:
    """Return True if a refusal says of itself that it is about the key, whatever its status is."""
    return due.rank == KEY and bool(due.type) and due.type.encode() in answer.body


def _statuses(due: Reason) -> str:
    return " or ".join(str(status) for status in sorted(due.statuses))
