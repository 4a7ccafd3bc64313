"""Cross-origin access to the gateway's paths, for clients in a browser; off unless an origin was named."""

import re
from collections.abc import Callable
from dataclasses import replace

from covermock.openapi import Contract

from .messages import Answer, Request

_NAMES = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z, -]{1,4096}")
_AGE = ("Access-Control-Max-Age", "600")
_VARY = "Origin, Access-Control-Request-Headers"


def is_preflight(origin: str, request: Request) -> bool:
    """Return True for the question of a browser whether a page of `origin` (`*` for all) may send what it wants to."""
    asks = request.method == "OPTIONS" and "access-control-request-method" in request.headers
    return asks and _is_allowed(origin, request)


def preflight(origin: str, request: Request, contract: Contract) -> Answer:
    """Return the answer to a preflight: all methods of the contract, and whatever headers were asked for."""
    methods = sorted({operation.method for operation in contract.operations})
    asked = request.headers.get("access-control-request-headers", "")
    headers = asked if _NAMES.fullmatch(asked) else ", ".join([*_header_of_keys(contract), "Content-Type", "Prefer"])
    private = [("Access-Control-Allow-Private-Network", "true")]
    answer = (
        ("Access-Control-Allow-Methods", ", ".join(methods)),
        ("Access-Control-Allow-Headers", headers),
        *(private if "access-control-request-private-network" in request.headers else ()),
        _AGE,
        ("Access-Control-Allow-Origin", origin),
        ("Vary", _VARY),
    )
    return Answer(204, b"", answer)


def _header_of_keys(contract: Contract) -> list[str]:
    return [contract.scheme.header] if contract.scheme and not contract.scheme.parameter else []


def with_cors(origin: str, request: Request, respond: Callable[[], Answer]) -> Answer:
    """Return what `respond` answers, readable for pages of `origin` (`*` for all)."""
    answer = respond()
    if _is_allowed(origin, request):
        exposed = ("Access-Control-Expose-Headers", "Retry-After, Preference-Applied, Allow")
        headers = (*answer.headers, ("Access-Control-Allow-Origin", origin), ("Vary", "Origin"), exposed)
        return replace(answer, headers=headers)
    return answer


def _is_allowed(origin: str, request: Request) -> bool:
    asking = request.headers.get("origin")
    return bool(origin) and asking is not None and origin in {"*", asking}
