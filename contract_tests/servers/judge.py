"""Holds an answer against what may come back: every at of a run passes here, whoever sent it."""

from collections.abc import Iterator, Mapping
from typing import Any

from covermock.openapi import Contract, Operation, Validator

from ..exchange import UNREADABLE, Answer, Exchange
from .evidence import Blame, Evidence
from .expect import reasons
from .expect.expectations import Expectation
from .expect.reasons import COVER_OPERATIONS, TYPED_BY, TYPES, Reason, blames

SLOW_SECONDS = 2.0
_LEVELS = {  # of what a schema's clause says about an answer, where the clause has sentences of several levels
    "C10": "inferred",
    "C11": "assumed",
    "C13": "documented",
    "G5": "corroborated",
    "U10": "corroborated",
}
_ANSWERED = {  # the sentences that an accepted request's answer puts to the test
    "startCover": blames("G1 G2 C1 C2"),
    "startUploadCover": blames("G1 G2 U1 U8"),
    "getCoverStatus": blames("G1 G2 C6:corroborated C8 C10:inferred C13"),
    "getUploadCoverStatus": blames("G1 G2 U9 U10:corroborated"),
}
_RESULTS_LEVEL = {"complete": "documented", "first": "corroborated"}


class Judge:
    """Judges exchanges with one gateway by its contract, into `evidence`."""

    def __init__(self, contract: Contract, evidence: Evidence) -> None:
        self.evidence = evidence
        root = contract.root
        self._error = Validator(root["components"]["schemas"]["Error"], root)
        self._accepted = {one.id: Validator(one.schema(200), root) for one in contract.operations}

    def judge(self, at: Exchange, expected: Expectation) -> list[str]:
        """Note what the at shows; return the fingerprints of what it breaks."""
        answer = at.answer
        self.evidence.note_tried(blames("G15:assumed"))
        if answer.problem:
            self._broke(blames("G15:assumed"), at, "every request gets a complete HTTP answer", "a complete answer")
        elif answer.status >= 500:
            self._broke(_crash(expected), at, "no request makes the gateway fail (5xx)", "no 5xx")
        if answer.seconds > SLOW_SECONDS and not answer.problem:
            title, limit = "every answer comes within 2 s", f"an answer within {SLOW_SECONDS:g} s"
            self.evidence.note_broken(blames("G15:assumed"), title, limit, f"one after {answer.seconds:.1f} s", at)
        self._judge_status(at, expected)
        if not answer.problem:
            self._judge_form(at, expected)
        return self.evidence.by_exchange.get(at.number, [])

    def _judge_status(self, at: Exchange, expected: Expectation) -> None:
        answer, due = at.answer, expected.due
        if due is None:
            if not expected.open:
                self._judge_acceptance(at, expected)
            return
        if answer.ok:
            self._broke(due.accepted, at, due.fact, _words(due))
        elif expected.open:
            return
        elif answer.status in {due.status, *due.also}:
            self.evidence.note_tried({*due.accepted, *due.other, *(blames("G8:assumed") if expected.later else ())})
        elif due.rank <= reasons.REQUEST and answer.status in _later(expected):
            self.evidence.suspect(at, due)  # it may not have looked at what is wrong, or at something else first
        else:
            self._broke(_misplaced(due, expected, answer), at, due.fact, _words(due))

    def _judge_acceptance(self, at: Exchange, expected: Expectation) -> None:
        operation, answer = expected.operation, at.answer
        assert operation is not None
        self.evidence.note_tried((*_ANSWERED[operation.id], *expected.refused))
        if not answer.ok and answer.status != 200:
            self._broke(_refusal(operation, expected, answer), at, _accepts(operation), "200, since it is valid")

    def _judge_form(self, at: Exchange, expected: Expectation) -> None:
        answer, operation = at.answer, expected.operation
        if answer.ok:
            if operation is not None and not expected.due and not expected.open:
                self._judge_accepted(at, operation)
        elif answer.status >= 400:
            self._judge_error(at, expected)
        elif operation is not None:
            self._broke(blames("G1"), at, "JSON comes out", "an answer with 2xx or 4xx")

    def _judge_accepted(self, at: Exchange, operation: Operation) -> None:
        answer = at.answer
        clause = operation.responses["200"]["x-clause"]
        if answer.status != 200:
            self._broke(blames(clause), at, f"{operation.id} is accepted with 200", "200")
        if not self._is_json(at):
            return
        value = answer.json
        for violation in self._accepted[operation.id].violations(value, "body"):
            blamed = _schema_blame(violation.clause or clause, value)
            title = f"{operation.id}: {violation.where} is {violation.expected}"
            self.evidence.note_broken([blamed], title, f"{violation.where}: {violation.expected}", str(answer), at)
        if operation.handler == "show":
            self.evidence.note_tried(_shown(operation, value))

    def _judge_error(self, at: Exchange, expected: Expectation) -> None:
        answer, operation = at.answer, expected.operation
        own = blames("G12:assumed") if operation is None else ()
        self.evidence.note_tried((*own, *blames("G5:corroborated")))
        if not self._is_json(at, own if operation is None else ()):
            return
        value = answer.json
        for violation in self._error.violations(value, "body"):
            title = f"an error's {violation.where} is {violation.expected}"
            self.evidence.note_broken(
                (*blames("G5:corroborated"), *own),
                title,
                f"{violation.where}: {violation.expected}",
                str(answer),
                at,
            )
        error = value.get("error") if isinstance(value, dict) else None
        if isinstance(error, dict):
            self._judge_code(at, error)
        if operation is None:
            self._judge_allow(at, expected)
        elif not expected.open:
            self._judge_type(at, operation, expected, error)

    def _judge_code(self, at: Exchange, error: Mapping[str, Any]) -> None:
        code, status = error.get("code"), at.answer.status
        if isinstance(code, int) and code != status:
            self._broke(blames("G5:corroborated"), at, "error.code is the HTTP status", f"error.code {status}")

    def _judge_type(self, at: Exchange, operation: Operation, expected: Expectation, error: Any) -> None:
        """Judge the label, where the status is the one that is due."""
        answer, due = at.answer, expected.due
        label = TYPES.get(answer.status)
        if due is None or label is None or answer.status not in {due.status, *due.also}:
            return
        given = error.get("type") if isinstance(error, dict) else None
        blame = (TYPED_BY[answer.status], _label_level(operation, answer, label))
        self.evidence.note_tried(
            [blame, *(blames(blame[0]) if operation.id in COVER_OPERATIONS and given == label else ())]
        )
        if given != label:
            named = [(clause, blame[1]) for clause, _ in due.other if clause in {"C4", "C5", "U1", "U2", "U3", "U12"}]
            self._broke([blame, *named], at, f"a {answer.status} has the type {label}", f"error.type {label!r}")

    def _judge_allow(self, at: Exchange, expected: Expectation) -> None:
        if at.answer.status != 405 or expected.due is not reasons.NO_METHOD:
            return
        allowed = "GET" if at.sent.path.endswith("/status") else "POST"
        given = {word.strip().upper() for word in at.answer.headers.get("allow", "").split(",")}
        if allowed not in given:
            title = "a 405 names the allowed methods in Allow"
            received = f"Allow: {at.answer.headers.get('allow', '(no such header)')}"
            self.evidence.note_broken(blames("G12:assumed"), title, f"Allow: {allowed}", received, at)

    def _is_json(self, at: Exchange, instead: tuple[Blame, ...] = ()) -> bool:
        """Tell whether the body is JSON; judge it and its content type (G1, G5)."""
        answer = at.answer
        by = instead or blames("G1")
        if answer.json is UNREADABLE:
            more = blames("G5:corroborated") if answer.status >= 400 else ()
            self._broke((*by, *more), at, "JSON comes out", "a JSON body")
            return False
        if not answer.is_json:
            received = f"Content-Type: {answer.headers.get('content-type', '(no such header)')}"
            self.evidence.note_broken(by, "JSON comes out with its content type", "application/json", received, at)
        return True

    def _broke(self, broken: Any, at: Exchange, title: str, expected: str) -> None:
        self.evidence.note_broken(broken, title, expected, str(at.answer), at)


def _words(due: Reason) -> str:
    statuses = " or ".join(str(status) for status in sorted({due.status, *due.also}))
    return f"{statuses}, since {due.fact}"


def _accepts(operation: Operation) -> str:
    return f"{operation.id} accepts a valid request"


def _crash(expected: Expectation) -> tuple[Blame, ...]:
    """Return what a 5xx breaks: G15, and G7 where the request was invalid."""
    invalid = expected.due is not None and expected.due.rank == reasons.REQUEST
    return blames("G15:assumed G7:inferred" if invalid else "G15:assumed")


def _misplaced(due: Reason, expected: Expectation, answer: Answer) -> tuple[Blame, ...]:
    """Return what another refusal than the due one breaks: the order of checks where a later reason came first."""
    if not answer.problem and answer.status in _later(expected):
        return blames("G8:assumed")
    if answer.status == 402 and expected.operation and expected.operation.handler == "show":
        return (*due.other, *blames("C6:corroborated"))
    if answer.status == 405:
        return (*due.other, *blames("G1"))
    return due.other


def _later(expected: Expectation) -> set[int]:
    """Return the statuses of the reasons that come after the due one."""
    return {status for rule in expected.later for status in (rule.status, *rule.also)}


def _refusal(operation: Operation, expected: Expectation, answer: Answer) -> tuple[Blame, ...]:
    """Return what the refusal of a valid request breaks."""
    more: list[Blame] = []
    if answer.status == 401:
        more += blames("G2")
    if operation.handler == "show" and answer.status == 404:
        return blames("G13:assumed")
    if operation.handler == "show" and answer.status == 402:
        more += blames("C6:corroborated")
    return (*expected.refused, *more)


def _schema_blame(clause: str, value: Any) -> Blame:
    """Return the sentence that a schema's violation breaks."""
    status = _status(value)
    if clause == "U11":
        return clause, _RESULTS_LEVEL.get(str(status), "assumed")
    return clause, _LEVELS.get(clause, "documented")


def _shown(operation: Operation, value: Any) -> Iterator[Blame]:
    """Yield what a status answer puts to the test beside its form."""
    status = _status(value)
    if operation.id in COVER_OPERATIONS:
        yield from blames("C7 C9" if status == "SUCCESS" else "C11:assumed")
    else:
        yield "U11", _RESULTS_LEVEL.get(str(status), "assumed")
        if status == "complete":
            yield from blames("U9")


def _status(value: Any) -> Any:
    """Return the status in an answer's data, or None."""
    data = value.get("data") if isinstance(value, dict) else None
    return data.get("status") if isinstance(data, dict) else None


def _label_level(operation: Operation, answer: Answer, label: str) -> str:
    """Return how well it is known that the label stands where it should (G3, G4, G6)."""
    if answer.status == 402:
        return "assumed"
    absent = label.encode() not in answer.body
    return "documented" if operation.id in COVER_OPERATIONS and absent else "corroborated"
