"""Operators on bytes: odd, hostile or many ones that bring a gateway down, and answers whose bytes are wrong."""

from collections.abc import Callable, Iterator

from covermock.openapi import Contract, Operation

from ...http.errors import INTERNAL_ERROR, INVALID_JSON, INVALID_PARAMS
from ...http.messages import Answer, Request, Wire
from ..blame import about, rule
from ..conditions import optional_fields
from ..defect import Defect, InapplicableError
from ..fields import Field, body_fields, of_kind
from ..gateway import DefectiveGateway
from ..operator import Application, operator
from ..rewriting import put_refusal, refuse_instead, refused, value_of

BIG = 100_000  # bytes, or half of what a contract allows
SLOW = 2.6  # seconds
Met = Callable[[DefectiveGateway, Request], bool]


def _has(*marks: bytes) -> Met:
    return lambda _, request: any(mark in request.body or mark in request.query.encode("latin-1") for mark in marks)


def _takes_body(gateway: DefectiveGateway, request: Request) -> bool:
    operation = gateway.asked(request)
    return operation is not None and operation.body is not None


def _malformed(gateway: DefectiveGateway, request: Request) -> bool:
    return _takes_body(gateway, request) and bool(request.body) and value_of(request.body) is None


def _array(gateway: DefectiveGateway, request: Request) -> bool:
    return _takes_body(gateway, request) and isinstance(value_of(request.body), list)


def _number(gateway: DefectiveGateway, request: Request) -> bool:
    operation, body = gateway.asked(request), value_of(request.body)
    places = operation.id_places if operation else ()
    return isinstance(body, dict) and any(isinstance(body.get(name), int) for place, name in places if place == "body")


def _poll(gateway: DefectiveGateway, request: Request) -> bool:
    operation = gateway.asked(request)
    return operation is not None and operation.polls


_INPUTS: dict[str, tuple[str, Met, bool]] = {
    "malformed": ("malformed JSON", _malformed, True),
    "array": ("a JSON array", _array, True),
    "number-id": ("an id that is a number", _number, True),
    "empty": ("an empty body", lambda gateway, request: _takes_body(gateway, request) and not request.body, True),
    "nul": ("a NUL character", _has(b"\\u0000", b"%00"), False),
    "nul-in-body": ("a NUL character", _has(b"\\u0000"), False),
    "surrogate": ("a lone surrogate", _has(b"\\ud800"), False),
    "deep": ("deep nesting", _has(b"[" * 100, b'{"a": ' * 100), False),
    "big": (
        "a big body",
        lambda gateway, request: len(request.body) > min(BIG, gateway.contract.body_limit // 2),
        False,
    ),
    "bad-utf8": ("bytes that are no UTF-8", _has(b"\xff", b"%FF"), False),
    "status": ("a poll", _poll, False),
}


_IN_BODIES = frozenset({"malformed", "array", "empty"})


@operator("robustness")
def status_on(contract: Contract, input: str, to: int = 0, type: str = "") -> Defect:  # noqa: A002 - what people write
    """Answer another status to some input: by default that of a crash."""
    words, met, invalid = _INPUTS[input]
    if input == "number-id" and not any(place == "body" for one in contract.operations for place, _ in one.id_places):
        raise InapplicableError("ids are texts where they stand")
    if input in _IN_BODIES and not any(one.body for one in contract.operations):
        raise InapplicableError("nothing takes a body")
    status = to or contract.errors[INTERNAL_ERROR].status
    row = contract.errors[INVALID_JSON if input == "malformed" else INVALID_PARAMS]
    if invalid and row.status == status and row.type in {"", type}:
        raise InapplicableError("it has this status and type")
    blamed = about(contract, row.clause, "status") if invalid else rule(contract, "complete")
    return Defect(*blamed, f"answers {status} to {words}", spoil=refuse_instead(status, met, type))


def _each_operation(contract: Contract) -> Iterator[Application]:
    for operation in contract.operations:
        yield f"{operation.id}-fails", {"on": operation.id}


@operator("robustness", _each_operation)
def request_fails(contract: Contract, on: str) -> Defect:
    """Crash over each valid request of an operation."""
    of_kind(contract, on)

    def spoil(gateway: DefectiveGateway, _: Request, answer: Answer) -> None:
        if answer.why.get("operation") == on and not refused(answer):
            put_refusal(gateway, answer, contract.errors[INTERNAL_ERROR].status)

    return Defect(*rule(contract, "complete"), f"fails on valid requests of {on}", spoil=spoil)


def _each_text(contract: Contract) -> Iterator[Application]:
    for operation in contract.operations:
        if _texts(contract, operation):
            yield f"{operation.id}-fails-on-texts", {"operation": operation.id}


def _texts(contract: Contract, operation: Operation) -> list[Field]:
    """Return the fields of a body for what people write."""
    names = optional_fields(contract, operation)
    found = [field for field in body_fields(contract, operation) if field.name in names]
    return [field for field in found if field.schema.get("type") == "string" and "pattern" not in field.schema]


@operator("robustness", _each_text)
def text_fails(contract: Contract, operation: str) -> Defect:
    """Crash over each valid request of an operation that has a text."""
    fields = _texts(contract, of_kind(contract, operation)[0])
    if not fields:
        raise InapplicableError(f"{operation} takes no text")

    def spoil(gateway: DefectiveGateway, request: Request, answer: Answer) -> None:
        body = value_of(request.body)
        written = isinstance(body, dict) and any(body.get(field.name) for field in fields)
        if answer.why.get("operation") == operation and written and not refused(answer):
            put_refusal(gateway, answer, contract.errors[INTERNAL_ERROR].status)

    return Defect(*rule(contract, "complete"), f"fails on texts in {operation}", spoil=spoil)


_WIRES: dict[str, tuple[str, Callable[[Answer], Wire]]] = {
    "dropped": ("drops the connection on", lambda _: Wire("reset")),
    "truncated": ("cuts the answer short to", lambda answer: Wire("truncated", bytes=len(answer.body) // 2)),
    "slow": ("takes its time over", lambda _: Wire("drip", seconds=SLOW)),
}


@operator("robustness")
def wire_on(contract: Contract, input: str, how: str) -> Defect:  # noqa: A002 - what people write
    """Answer some input badly on the wire: dropped, truncated or slow."""
    words, met, _ = _INPUTS[input]
    if how == "slow" and contract.answer_limit > SLOW:
        raise InapplicableError("no answer is too late")
    verb, wire = _WIRES[how]

    def spoil(gateway: DefectiveGateway, request: Request, answer: Answer) -> None:
        if met(gateway, request):
            answer.wire = wire(answer)

    return Defect(*rule(contract, "complete"), f"{verb} {words}", spoil=spoil)


_BYTES: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "mark": ("begins JSON with a byte order mark", lambda body: b"\xef\xbb\xbf" + body),
    "trailing": ("writes something behind its JSON", lambda body: body + b"\nnull"),
    "comma": ("ends objects with a comma", lambda body: body[:-1] + b",}"),
    "empty": ("answers with an empty body", lambda _: b""),
}


def _each_bytes(_: Contract) -> Iterator[Application]:
    for how in ("mark", "trailing", "comma", "empty"):
        yield f"answers-with-{how}", {"how": how}


@operator("robustness", _each_bytes, subtle=True)
def bytes_wrong(contract: Contract, how: str) -> Defect:
    """Write JSON that is none."""
    words, change = _BYTES[how]

    def spoil(_: DefectiveGateway, __: Request, answer: Answer) -> None:
        answer.body = change(answer.body)

    return Defect(*rule(contract, "json"), words, spoil=spoil)


_HEADERS: dict[str, tuple[str, str, str]] = {
    "gzip": ("says that its body is gzip", "Content-Encoding", "gzip"),
    "charset": ("says that its JSON is UTF-16", "Content-Type", "application/json; charset=utf-16"),
    "html": ("calls its JSON text/html", "Content-Type", "text/html"),
    "no-type": ("doesn't say what its body is", "Content-Type", ""),
}


def _each_header(_: Contract) -> Iterator[Application]:
    for how in _HEADERS:
        yield f"answers-called-{how}", {"how": how}


@operator("robustness", _each_header, subtle=True)
def header_wrong(contract: Contract, how: str) -> Defect:
    """Say something of a body that is not so."""
    words, name, value = _HEADERS[how]

    def spoil(_: DefectiveGateway, __: Request, answer: Answer) -> None:
        kept = tuple(row for row in answer.headers if row[0] != name)
        answer.headers = (*kept, (name, value)) if value else kept

    typed = name == "Content-Type" and "media-type" in contract.rules
    return Defect(*rule(contract, "media-type" if typed else "json"), words, spoil=spoil)
