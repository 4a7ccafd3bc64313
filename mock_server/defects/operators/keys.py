"""Operators on keys: who is served, and where a key may stand."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

from covermock.openapi import Contract, KeyScheme

from ...http.errors import INVALID_JSON, INVALID_KEY, MISSING_KEY, Refusal
from ...http.messages import Answer, Request
from ..blame import about, error_row, rule
from ..defect import Defect, InapplicableError, Owner
from ..fields import of_kind
from ..gateway import DefectiveGateway
from ..operator import Application, operator
from ..rewriting import KEYS, put_refusal, refused, value_of

Fits = Callable[[DefectiveGateway, str, Refusal], bool]


def scheme_of(contract: Contract) -> KeyScheme:
    """Return how the contract's requests carry their key. Raises `InapplicableError` where they carry none."""
    if contract.scheme is None:
        raise InapplicableError("no key is asked for")
    return contract.scheme


def _given(scheme: KeyScheme, request: Request) -> str | None:
    """Return what stands where a key belongs, or None."""
    return scheme.given(request.headers, request.query)


def _key(scheme: KeyScheme, request: Request) -> str:
    """Return the key of a request, whatever word stands before it."""
    given = _given(scheme, request) or ""
    return given.partition(" ")[2] if scheme.word else given


def _known(gateway: DefectiveGateway) -> str:
    return gateway.last[1].key if gateway.last else ""


_FITS: dict[str, tuple[str, Fits]] = {
    "missing": ("without a key", lambda _, __, no: no.name == MISSING_KEY),
    "unknown": ("with any key at all", lambda _, __, no: no.name == INVALID_KEY),
    "alike": ("with any key that looks like one", lambda g, key, _: key.startswith(scheme_of(g.contract).prefix)),
    "any": ("with any key or none", lambda _, __, ___: True),
    "empty": ("with an empty key", lambda _, key, no: no.name == MISSING_KEY and not key),
    "cut": (
        "with a key that lacks its end",
        lambda g, key, _: 2 * len(key) > len(_known(g)) and _known(g).startswith(key),
    ),
    "longer": ("with a key that has more behind it", lambda g, key, _: bool(_known(g)) and key.startswith(_known(g))),
    "other-case": ("with a key in another case", lambda g, key, _: bool(key) and key.lower() == _known(g).lower()),
    "one-changed": ("with a key that has one character changed", lambda g, key, _: _one_changed(key, _known(g))),
}


def _one_changed(key: str, known: str) -> bool:
    return len(key) == len(known) and sum(one != other for one, other in zip(key, known, strict=True)) == 1


def _each_served(contract: Contract) -> Iterator[Application]:
    for one in contract.operations:
        for whose, name in (("missing", "no-key"), ("unknown", "any-key")):
            yield f"{one.id}-{name}-served", {"whose": whose, "on": one.id}
    yield "key-in-another-case-served", {"whose": "other-case"}
    yield "key-with-one-change-served", {"whose": "one-changed"}


@operator("auth", _each_served)
def key_served(contract: Contract, whose: str, on: Any = "") -> Defect:
    """Serve requests whose key was refused, as if the last valid one had come."""
    scheme = scheme_of(contract)
    ids = {one.id for one in of_kind(contract, on)}
    words, fits = _FITS[whose]
    if whose == "alike" and not scheme.prefix:
        raise InapplicableError("keys begin in no way of their own")

    def owner(gateway: DefectiveGateway, request: Request, found: Owner | Refusal) -> Owner | Refusal:
        if not isinstance(found, Refusal) or gateway.last is None:
            return found
        operation = gateway.asked(request)
        meant = not on or (operation is not None and operation.id in ids)
        if whose == "empty" and (_given(scheme, request) or "").strip().lower() != scheme.word.lower():
            return found
        return gateway.last if meant and fits(gateway, _key(scheme, request), found) else found

    where = f" for {', '.join(sorted(ids))}" if on else ""
    blamed = about(contract, contract.errors[MISSING_KEY].clause, "status")
    return Defect(*blamed, f"serves requests {words}{where}", owner=owner)


_ELSEWHERE = ("X-API-Key", "X-Auth-Token")


def _each_place(contract: Contract) -> Iterator[Application]:
    if scheme_of(contract).word:
        yield "any-scheme-served", {"where": "any-scheme"}
        yield "bare-key-served", {"where": "bare"}
    yield "key-in-another-header", {"where": "header"}
    yield "key-in-the-query", {"where": "query"}


@operator("auth", _each_place)
def key_elsewhere(contract: Contract, where: str) -> Defect:
    """Look for a key where the contract has none, if it is not where it belongs."""
    scheme = scheme_of(contract)
    header = next(name for name in _ELSEWHERE if name.lower() != scheme.header.lower()).lower()
    if where in {"any-scheme", "bare"} and not scheme.word:
        raise InapplicableError("keys stand behind no scheme")

    def keys(request: Request) -> Iterator[str]:
        given = {
            "any-scheme": lambda: [_key(scheme, request)],
            "bare": lambda: [_given(scheme, request) or ""],
            "header": lambda: [request.headers.get(header, "")],
            "query": lambda: [value for values in parse_qs(request.query).values() for value in values],
        }
        yield from given[where]()

    def owner(gateway: DefectiveGateway, request: Request, found: Owner | Refusal) -> Owner | Refusal:
        if not isinstance(found, Refusal):
            return found
        return next((known for key in keys(request) if key and (known := gateway.find(key))), found)

    words = {"any-scheme": "under any scheme", "bare": "without a scheme", "header": f"from {header}"}
    blamed = rule(contract, "key-elsewhere" if "key-elsewhere" in contract.rules else "key")
    return Defect(*blamed, f"takes the key {words.get(where, 'from the query')}", owner=owner)


@operator("auth")
def body_before_key(contract: Contract) -> Defect:
    """Refuse a body that is no JSON before the key is looked at."""
    error_row(contract, INVALID_JSON)
    status = contract.errors[INVALID_JSON].status

    def spoil(gateway: DefectiveGateway, request: Request, answer: Answer) -> None:
        operation = gateway.asked(request)
        takes = operation is not None and operation.body is not None
        if refused(answer) in KEYS and takes and value_of(request.body) is None:
            put_refusal(gateway, answer, status)

    return Defect(*rule(contract, "order"), "looks at the body before the key", spoil=spoil)
