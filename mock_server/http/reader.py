"""What both APIs of the mock do with a request before anybody answers it: find, judge, refuse. Driven by a contract."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from covermock.openapi import NOTHING, Contract, Operation, Parameter, Routes, Violation, excerpt

from . import errors
from .envelopes import Envelopes
from .errors import Refusal
from .messages import Answer, Request
from .redaction import Keys, redact_text
from .strict_json import parse_json, parse_query

_log = logging.getLogger("covermock")
_AS_THE_CONTRACT_SAYS: Mapping[str, int] = {}
_NOTHING: Mapping[str, Any] = {}
Respond = Callable[[Request, float, dict[str, Any]], Answer]


@dataclass(slots=True)
class Inputs:
    """What a request gives, by place: validated values with their defaults; `body` is None where there is none."""

    path: Mapping[str, Any]
    query: Mapping[str, Any]
    raw_query: Mapping[str, list[str]]
    header: Mapping[str, Any]
    body: Any = None


class Front:
    """The operations and errors of one contract, ready to meet requests; `raised` are the errors that it needs.

    `longest` has the bytes that bodies of some operations may have, by operationId; the contract has the rest.
    """

    def __init__(
        self, contract: Contract, raised: frozenset[str], longest: Mapping[str, int] = _AS_THE_CONTRACT_SAYS
    ) -> None:
        self.contract = contract
        usual = contract.body_limit
        self._longest = {one.id: longest.get(one.id, one.body_limit or usual) for one in contract.operations}
        self.routes = Routes(contract.operations)
        self._reached: set[object] = set()
        for name in sorted(raised - contract.errors.keys()):
            raise contract.source.error(("x-errors",), f"expected a row {name!r}, received none; add it")
        self.envelopes = Envelopes(contract)
        self.refusal_text = self.envelopes.message

    def guard(self, respond: Respond, request: Request, wall: float, why: dict[str, Any]) -> Answer:
        """Return what `respond` answers, or the envelope of its refusal or crash. Never raises (G15)."""
        try:
            return respond(request, wall, why)
        except Refusal as refusal:
            return self.refuse(refusal, why)
        except Exception as crash:  # noqa: BLE001 - whatever happens, a client gets the documented envelope
            return self.crash_answer(request, crash, why)

    def crash_answer(self, request: Request, crash: Exception, why: Mapping[str, Any]) -> Answer:
        """Return the envelope of a defect of ours, and log it."""
        _log.error(
            "%s %s failed",
            request.method,
            redact_text(request.path, Keys(lambda _: False, self.contract.scheme)),
            exc_info=crash,
        )
        return self.refuse(Refusal(errors.INTERNAL_ERROR, received=type(crash).__name__), why)

    def refuse(self, refusal: Refusal, why: Mapping[str, Any]) -> Answer:
        """Return the envelope of an error (G5), with an Allow header where the method was the trouble (G12)."""
        row = self.contract.errors[refusal.name]
        self._note(refusal)
        refusal.__traceback__ = None  # its frames may hold it, and the request: a circle stays until all is looked at
        envelope = self.envelopes.of(why.get("operation", ""), row.status)
        body = envelope.write(row.status, row.fill(refusal.words), row.type)
        headers = envelope.headers  # one tuple for all: the journal keeps answers by the thousand
        if refusal.name == errors.METHOD_NOT_ALLOWED:
            headers = (*headers, ("Allow", str(refusal.words["expected"])))
        told = {**why, "error": row.name, "clause": row.clause}
        return Answer(row.status, body, headers, told)

    def longest(self, path: str) -> int:
        """Return the longest body (bytes) that any request to this path may have."""
        methods, _ = self.routes.find(path)
        limits = (self._longest[one.id] for one in methods.values() if one.body is not None)
        return max(limits, default=self.contract.body_limit)

    def _note(self, refusal: Refusal) -> None:
        """Say in the log that a limit is reached: once, for it may be reached by every request from now on."""
        limit = refusal.words.get("limit")
        if limit is not None and limit not in self._reached:
            self._reached.add(limit)
            expected, remedy = refusal.words["expected"], refusal.words["remedy"]
            _log.warning("covermock: the limit of %s is reached, more are refused. %s", expected, remedy)

    def operation(self, request: Request) -> tuple[Operation, Mapping[str, str]]:
        """Return the operation that the request asks for, and its raw path parameters. Raises `Refusal` (G12)."""
        methods, parameters = self.routes.find(request.path)
        operation = methods.get(request.method)
        if operation is not None:
            return operation, parameters
        if not methods:
            expected, remedy = ", ".join(self.routes.paths), self.routes.remedy(request.path)
            raise Refusal(errors.NO_SUCH_PATH, expected=expected, received=excerpt(request.path), remedy=remedy)
        allowed = ", ".join(sorted(methods))
        remedy, origin = "Repeat the request with an allowed method.", request.headers.get("origin", "")
        if request.method == "OPTIONS" and "access-control-request-method" in request.headers:
            remedy = f"A web page of {excerpt(origin)} asks for leave; `--cors ORIGIN` gives it."
        raise Refusal(errors.METHOD_NOT_ALLOWED, expected=allowed, received=excerpt(request.method), remedy=remedy)

    def read(self, operation: Operation, request: Request, parameters: Mapping[str, str]) -> Inputs:
        """Judge what the request itself shows: path, query, media type, body. Raises `Refusal` (G7)."""
        longest = self._longest[operation.id]
        if len(request.body) > longest:
            raise Refusal(errors.BODY_TOO_LARGE, expected=longest, received=_size(request))
        given, broken = judge(operation, request, parameters)
        if broken:
            raise Refusal(errors.INVALID_PARAMS, violations="; ".join(map(str, broken)))
        return given


def judge(operation: Operation, request: Request, parameters: Mapping[str, str]) -> tuple[Inputs, list[Violation]]:
    """Return what the request gives, and what is wrong with it. Raises `Refusal` where the body is no JSON."""
    raw_query = parse_query(request.query)
    query, broken = operation.read("query", raw_query)
    given = Inputs(_NOTHING, query, raw_query, _NOTHING)
    if parameters:
        given.path, more = operation.read("path", {name: [value] for name, value in parameters.items()})
        broken = broken + more
    if operation.places["header"]:
        given.header, more = operation.read("header", _header_values(request.headers, operation.places["header"]))
        broken = broken + more
    if operation.body is not None and (request.body or operation.body_required):
        broken = broken + _body(operation, request, given)
    return given, broken


def _header_values(headers: Mapping[str, str], parameters: Iterable[Parameter]) -> dict[str, list[str]]:
    """Return the values of those headers that an operation describes, by the name in its description."""
    return {one.name: [headers[one.name.lower()]] for one in parameters if one.name.lower() in headers}


def _size(request: Request) -> str:
    """Return the announced size of a body that was too large to be kept whole."""
    return request.headers.get("content-length", "more")


def _body(operation: Operation, request: Request, given: Inputs) -> list[Violation]:
    """Read the body into `given`: parsed where it is JSON, as it came where the operation takes another kind."""
    media_type = request.headers.get("content-type", operation.media_types[0])
    if media_type != operation.media_types[0]:
        media_type = media_type.partition(";")[0].strip().lower()
    if media_type != operation.media_types[0]:
        family = f"{media_type.partition('/')[0]}/*"
        if {media_type, family}.isdisjoint(operation.media_types):
            return [
                Violation("header.Content-Type", " or ".join(operation.media_types), excerpt(media_type) or NOTHING)
            ]
        given.body = request.body
        return []
    given.body = operation.without_absent(parse_json(request.body))
    assert operation.body is not None
    broken = operation.body.violations(given.body, "body")
    given.body = given.body if broken else operation.body.read(given.body)
    return broken
