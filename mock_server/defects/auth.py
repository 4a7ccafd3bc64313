"""Defects of keys (G2, G3, G8)."""

from typing import Any

from ..http.errors import INVALID_KEY, MISSING_KEY, Refusal
from ..http.messages import Answer, Request
from .defect import Defect, Owner, edit_errors, refuse_with, status_of, value_of
from .gateway import DefectiveGateway

_DOC = "documented"


def _key(request: Request) -> tuple[str, str]:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return scheme, key


def _served(when: Any) -> Any:
    """Serve refused requests where `when` holds, as if the last valid key had come."""

    def owner(gateway: DefectiveGateway, request: Request, found: Owner | Refusal) -> Owner | Refusal:
        return gateway.last if isinstance(found, Refusal) and gateway.last and when(request, found) else found

    return owner


def _found(read: Any) -> Any:
    """Look the key up as `read` takes it from the request, where it was refused otherwise."""

    def owner(gateway: DefectiveGateway, request: Request, found: Owner | Refusal) -> Owner | Refusal:
        return (gateway.find(read(request)) or found) if isinstance(found, Refusal) else found

    return owner


def _prefix(gateway: DefectiveGateway, request: Request, found: Owner | Refusal) -> Owner | Refusal:
    key = _key(request)[1]
    known = gateway.last[1].key if gateway.last else ""
    return gateway.last if gateway.last and len(key) > 8 and known.startswith(key) else found


def _suffix(gateway: DefectiveGateway, request: Request, found: Owner | Refusal) -> Owner | Refusal:
    known = gateway.last[1].key if gateway.last else ""
    return gateway.last if gateway.last and known and _key(request)[1].startswith(known) else found


def _body_first(gateway: DefectiveGateway, request: Request, answer: Answer) -> None:
    if answer.status == 401 and request.method == "POST" and value_of(request.body) is None:
        answer.status = 422
        refuse_with(400, lambda _: True, "bad_request")(gateway, request, answer)


def _defect(name: str, clause: str, level: str, sentence: str, **ways: Any) -> Defect:
    return Defect(name, "auth", clause, level, sentence, **ways)


DEFECTS = (
    _defect(
        "no-key-served",
        "G3",
        _DOC,
        "serves requests without a key",
        owner=_served(lambda _, no: no.name == MISSING_KEY),
    ),
    _defect("any-key-served", "G3", _DOC, "serves any key at all", owner=_served(lambda _, no: no.name == INVALID_KEY)),
    _defect(
        "any-aio-key-served",
        "G3",
        _DOC,
        "serves any key that looks like one",
        owner=_served(lambda r, _: _key(r)[1].startswith("aio_")),
    ),
    _defect(
        "status-without-key", "G3", _DOC, "shows tasks without a key", owner=_served(lambda r, _: r.method == "GET")
    ),
    _defect(
        "uploads-with-any-key",
        "G3",
        _DOC,
        "starts upload-cover with any key",
        owner=_served(lambda r, _: r.path.endswith("upload-cover/generate")),
    ),
    _defect(
        "empty-key-served",
        "G3",
        _DOC,
        "serves an empty key",
        owner=_served(lambda r, _: r.headers.get("authorization") in {"Bearer", "Bearer "}),
    ),
    _defect("key-prefix-served", "G3", _DOC, "serves a key that lacks its end", owner=_prefix),
    _defect("key-suffix-served", "G3", _DOC, "serves a key with more behind it", owner=_suffix),
    _defect("basic-scheme-served", "G2", _DOC, "takes the key under any scheme", owner=_found(lambda r: _key(r)[1])),
    _defect(
        "bare-key-served",
        "G2",
        _DOC,
        "takes the key without a scheme",
        owner=_found(lambda r: r.headers.get("authorization", "")),
    ),
    _defect(
        "key-in-another-header",
        "G3",
        _DOC,
        "takes the key from X-API-Key",
        owner=_found(lambda r: r.headers.get("x-api-key", "")),
    ),
    _defect("wrong-key-403", "G3", _DOC, "answers 403 to an unknown key", edit=status_of(403, INVALID_KEY)),
    _defect("no-key-400", "G3", _DOC, "answers 400 to a request without a key", edit=status_of(400, MISSING_KEY)),
    _defect(
        "auth-error-mistyped",
        "G3",
        _DOC,
        "calls the type of a 401 unauthorized",
        edit=edit_errors(lambda row: row.update(type="unauthorized"), INVALID_KEY, MISSING_KEY),
    ),
    _defect("body-before-key", "G8", "assumed", "looks at the body before the key", spoil=_body_first),
)
