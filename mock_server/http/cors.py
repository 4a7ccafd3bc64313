"""Cross-origin access to the gateway's paths, for clients in a browser; off unless an origin was named."""

from collections.abc import Callable

from .messages import Answer, Request

_PREFLIGHT = (
    ("Access-Control-Allow-Methods", "GET, POST"),
    ("Access-Control-Allow-Headers", "Authorization, Content-Type, Prefer"),
    ("Access-Control-Max-Age", "600"),
)


def with_cors(origin: str, request: Request, respond: Callable[[], Answer]) -> Answer:
    """Return what `respond` answers, readable for pages of `origin` (`*` for all); preflights are answered here."""
    asking = request.headers.get("origin")
    if not origin or asking is None or origin not in {"*", asking}:
        return respond()
    preflight = request.method == "OPTIONS" and "access-control-request-method" in request.headers
    answer = Answer(204, b"", _PREFLIGHT) if preflight else respond()
    exposed = ("Access-Control-Expose-Headers", "Retry-After, Preference-Applied, Allow")
    answer.headers = (*answer.headers, ("Access-Control-Allow-Origin", origin), ("Vary", "Origin"), exposed)
    return answer
