"""Holds an answer against what may come back: every exchange of a run passes here, whoever sent it."""

from collections.abc import Mapping
from typing import Any

from covermock.openapi import AFFORDABLE, LEVELS, Contract, Operation, Routes, Validator, clauses_of, facts, marks
from covermock.openapi.needs import rows_of

from ..exchange import UNREADABLE, Answer, Exchange
from ..statuses import GONE, NOT_ALLOWED, NOT_FOUND, is_error
from .evidence import Blame, Evidence
from .expect.expectations import Expectation
from .expect.reasons import REQUEST, Reason
from .expect.sentences import Sentences

SLOW_SECONDS = 2.0


class Judge:
    """Judges exchanges with one gateway by its contract, into `evidence`."""

    def __init__(self, contract: Contract, evidence: Evidence) -> None:
        self.contract, self.evidence = contract, evidence
        sentences = Sentences(contract)
        self.rule, self.named = sentences.rule, sentences.named
        self._accepted = {one.id: Validator(one.schema(one.success), contract.root) for one in contract.operations}
        self._errors: dict[int, Validator] = {}
        self._routes = Routes(contract.operations)

    def judge(self, at: Exchange, expected: Expectation) -> list[str]:
        """Note what the exchange shows; return the fingerprints of what it breaks."""
        answer, complete = at.answer, self.rule("complete")
        self.evidence.note_tried(complete)
        if answer.is_failure:
            self.judge_failure(at, self._crash(expected))
        if answer.seconds > (limit := self.contract.answer_limit) and not answer.problem:
            title, wanted = f"every answer comes within {limit:g} s", f"an answer within {limit:g} s"
            self.evidence.note_broken(complete, title, wanted, f"one after {answer.seconds:.1f} s", at)
        self._judge_status(at, expected)
        if not answer.problem:
            self._judge_form(at, expected)
        return self.evidence.by_exchange.get(at.number, [])

    def judge_failure(self, at: Exchange, crash: tuple[Blame, ...] = ()) -> None:
        """Note an answer that was none, or a 5xx, whatever was asked: it breaks no sentence about what was asked."""
        if at.answer.problem:
            self._broke(self.rule("complete"), at, "every request gets a complete HTTP answer", "a complete answer")
        else:
            title = "no request makes the gateway fail (5xx)"
            self._broke(crash or self.rule("complete"), at, title, "no 5xx")

    def _judge_status(self, at: Exchange, expected: Expectation) -> None:
        answer, due = at.answer, expected.due
        if due is None:
            if not expected.open and not answer.is_failure:
                self._judge_acceptance(at, expected)
            return
        if answer.ok:
            self._broke(due.accepted, at, due.fact, _words(due))
        elif expected.open:
            return
        elif answer.status in {due.status, *due.also}:
            order = self.rule("order") if expected.later else ()
            self.evidence.note_tried({*due.accepted, *due.other, *order})
        elif due.rank <= REQUEST and answer.status in _later(expected):
            self.evidence.suspect(at, due)  # it may not have looked at what is wrong, or at something else first
        else:
            self._broke(self._misplaced(due, expected, answer), at, due.fact, _words(due))

    def _judge_acceptance(self, at: Exchange, expected: Expectation) -> None:
        operation, answer = expected.operation, at.answer
        assert operation is not None
        own = (operation.clause, operation.answer.get("x-clause"))
        free = self.rule("free") if operation.polls else ()
        tried = [one for clause in own for one in self.named(clause)]
        by_rule = (*self.rule("json"), *self.rule("media-type"), *self.rule("key"), *free)
        self.evidence.note_tried([*by_rule, *tried, *expected.refused])
        if not answer.ok and answer.status != operation.success:
            blamed = self._refusal(operation, expected, answer)
            expectation = f"{operation.success}, since it is valid"
            self._broke(blamed, at, f"{operation.id} accepts a valid request", expectation)

    def _judge_form(self, at: Exchange, expected: Expectation) -> None:
        answer, operation = at.answer, expected.operation
        if answer.ok:
            if operation is not None and not expected.due and not expected.open:
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
        # A null instead of a value breaks what is said of the value in this very state.
        nulls = {name: said for name, said, one in marks(self.contract.root, schema, value, "x-clause") if one is None}
        for violation in self._accepted[operation.id].violations(value, "body"):
            pointer = f"{violation.clause}#{violation.sentence}" if violation.clause else clause
            pointer = nulls.get(violation.where.rpartition(".")[2], pointer) if violation.kind == "type" else pointer
            title = f"{operation.id}: {violation.where} is {violation.expected}"
            self.evidence.note_broken(named(pointer), title, violation.told, str(answer), at)
        self.evidence.note_tried(
            one for pointer in clauses_of(self.contract.root, schema, value) for one in named(pointer)
        )
        if operation.polls and (success := self.contract.lifecycles[operation.task_kind].success).clause:
            done = success.name in facts(self.contract.root, schema, value, "task.status")
            self.evidence.note_tried(named(success.clause) if done else ())

    def _judge_error(self, at: Exchange, expected: Expectation) -> None:
        answer, operation = at.answer, expected.operation
        own = self.rule("paths") if operation is None else ()
        envelope = self.rule("envelope")
        self.evidence.note_tried((*own, *envelope))
        if not self._is_json(at, own):
            return
        schema, value = self._error_schema(operation, answer.status), answer.json
        for violation in self._error_validator(schema).violations(value, "body"):
            title = f"an error's {violation.where} is {violation.expected}"
            self.evidence.note_broken((*envelope, *own), title, violation.told, str(answer), at)
        said = {
            name: next(facts(self.contract.root, schema, value, f"error.{name}"), None) for name in ("status", "type")
        }
        if isinstance(said["status"], int) and said["status"] != answer.status:
            self._broke(envelope, at, "an error's code is the HTTP status", f"{answer.status} in the body, too")
        if operation is None:
            self._judge_allow(at)
        elif not expected.open and expected.due:
            self._judge_type(at, expected.due, said["type"])

    def _judge_type(self, at: Exchange, due: Reason, given: Any) -> None:
        """Judge the label, where the status is the one that is due; elsewhere in the body it only breaks the form."""
        if at.answer.status != due.status or not due.type:
            return
        elsewhere = self.rule("envelope") if due.type.encode() in at.answer.body else ()
        least = max((LEVELS.index(level) for _, level in elsewhere), default=0)
        blamed = [(clause, LEVELS[max(least, LEVELS.index(level))]) for clause, level in due.typed]
        self.evidence.note_tried(due.typed if given == due.type else blamed)
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
        if answer.json is UNREADABLE:
            own = self.rule("envelope") if is_error(answer.status) else self.rule("json")
            self._broke((*instead, *own), at, "JSON comes out", "a JSON body")
            return False
        if not answer.is_json:
            received = f"Content-Type: {answer.headers.get('content-type', '(no such header)')}"
            by = instead or self.rule("media-type") or self.rule("json")
            self.evidence.note_broken(by, "JSON comes out with its content type", "application/json", received, at)
        return True

    def _crash(self, expected: Expectation) -> tuple[Blame, ...]:
        """Return what a 5xx breaks: the rule of complete answers, and that of invalid requests where it was one."""
        invalid = expected.due is not None and expected.due.rank == REQUEST
        row = self.contract.errors.get("invalid-params") if invalid else None
        return (*self.rule("complete"), *self.named(row.clause if row else None))

    def _misplaced(self, due: Reason, expected: Expectation, answer: Answer) -> tuple[Blame, ...]:
        """Return what another refusal than the due one breaks: the order of checks where a later reason came first."""
        if not answer.problem and answer.status in _later(expected):
            return self.rule("order")
        if answer.status in self._unpaid and expected.operation and expected.operation.polls:
            return (*self.rule("order"), *self.rule("free"))
        return (*due.other, *(self.rule("operations") if answer.status == NOT_ALLOWED else ()))

    def _refusal(self, operation: Operation, expected: Expectation, answer: Answer) -> tuple[Blame, ...]:
        """Return what the refusal of a valid request breaks."""
        if operation.polls and answer.status in {NOT_FOUND, GONE}:
            return self.rule("ends")
        if operation.polls and answer.status in self._unpaid:
            return (*self.rule("order"), *self.rule("free"))
        return (*expected.refused, *(self.rule("key") if answer.status in self.contract.unauthorized else ()))

    @property
    def _unpaid(self) -> set[int]:
        """Return the statuses that say that credits are missing."""
        rows = (row for one in self.contract.operations for row in rows_of(one) if row["check"] == AFFORDABLE)
        return {self.contract.errors[row["error"]].status for row in rows}

    def _error_schema(self, operation: Operation | None, status: int) -> Mapping[str, Any]:
        """Return the schema of the documented error, or of any where this one isn't documented."""
        operations = [operation] if operation else self.contract.operations
        found = [each.documented(status) for each in operations if each.documented(status)]
        others = [each.responses[code] for each in operations for code in each.refusals]
        response: Mapping[str, Any] = next(iter((*found, *others)), {})
        content: Mapping[str, Any] = next(iter(response.get("content", {}).values()), {})
        schema: Mapping[str, Any] = content.get("schema", {})
        return schema

    def _error_validator(self, schema: Mapping[str, Any]) -> Validator:
        return self._errors.setdefault(id(schema), Validator(schema, self.contract.root))

    def _broke(self, broken: Any, at: Exchange, title: str, expected: str) -> None:
        self.evidence.note_broken(broken, title, expected, str(at.answer), at)


def _words(due: Reason) -> str:
    statuses = " or ".join(str(status) for status in sorted({due.status, *due.also}))
    return f"{statuses}, since {due.fact}"


def _later(expected: Expectation) -> set[int]:
    """Return the statuses of the reasons that come after the due one."""
    return {status for reason in expected.later for status in (reason.status, *reason.also)}
