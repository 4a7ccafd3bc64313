"""The mock as a Flask application: a thin adapter whose routes come from the contracts."""

import re
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import flask
from werkzeug.exceptions import HTTPException, RequestedRangeNotSatisfiable

from ..http.errors import UNSATISFIABLE_RANGE, Refusal
from ..http.messages import Answer, Request, Wire
from ..mock import Mock, Settings
from ..real_time import wall as real_wall
from .blocking import pieces, wait_for_answer

_RANGE = re.compile(r"bytes=(\d+-\d*|-\d+)")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


def create_app(mock: Mock | None = None, wall: Callable[[], float] = real_wall) -> flask.Flask:
    """Return a WSGI application of `mock` (default: one in the world `docs`); `wall` tells the time."""
    mock = mock or Mock(Settings(), wall())
    app = flask.Flask(__name__, static_folder=None)
    app.url_map.merge_slashes = False

    def view(**_: str) -> flask.Response:
        answer = wait_for_answer(mock, _request(mock), wall)
        if answer.stream is not None:
            body = () if flask.request.method == "HEAD" else pieces(mock, answer.stream, wall)
            return flask.Response(body, answer.status, list(answer.headers))
        return _response(mock, answer)

    for front in (mock.gateway.front, mock.control.front):
        for path in front.routes.paths:
            rule = re.sub(r"\{(\w+)\}", r"<\1>", path)
            app.add_url_rule(rule, path, view, methods=_METHODS, provide_automatic_options=False)
    app.register_error_handler(HTTPException, lambda _: view())
    return app


def _request(mock: Mock) -> Request:
    request = flask.request
    environ = request.environ
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI") or quote(request.path, safe="/:@!$&'()*+,;=~")
    headers = {name.lower(): value for name, value in request.headers.items()}
    limit = max(front.contract.body_limit for front in (mock.gateway.front, mock.control.front))
    query = request.query_string.decode("latin-1")
    return Request(request.method, target.partition("?")[0], query, headers, request.stream.read(limit + 1))


def _conditions() -> dict[str, str]:
    """Return the request's environment; a Range of another unit, or of several parts, is left out (RFC 9110, 14.2)."""
    environ = flask.request.environ
    understood = _RANGE.fullmatch(environ.get("HTTP_RANGE", ""))
    return {name: value for name, value in environ.items() if understood or name != "HTTP_RANGE"}


def _response(mock: Mock, answer: Answer) -> flask.Response:
    """Translate an answer; what has an ETag gets conditional requests and ranges."""
    body: bytes | Iterator[bytes] = _spoil(answer.body, answer.wire) if answer.wire else answer.body
    response = flask.Response(body, answer.status, list(answer.headers))
    if "Content-Type" not in dict(answer.headers):
        del response.headers["Content-Type"]
    if "ETag" in response.headers:
        try:
            response.make_conditional(_conditions(), accept_ranges=True, complete_length=len(answer.body))
        except RequestedRangeNotSatisfiable:
            size = len(answer.body)
            refused = mock.control.front.refuse(Refusal(UNSATISFIABLE_RANGE, expected=size), answer.why)
            refused.headers = (*refused.headers, ("Content-Range", f"bytes */{size}"))
            return _response(mock, refused)
    return response


def _spoil(body: bytes, wire: Wire) -> Iterator[bytes]:
    """Yield the bytes of a spoiled answer as well as WSGI can: it raises where a connection would break."""
    if wire.kind == "drip":
        for start in range(len(body)):
            time.sleep(wire.seconds / len(body))
            yield body[start : start + 1]
        return
    if wire.kind == "truncated":
        yield body[: wire.bytes]
    raise ConnectionResetError(f"expected an answer, received the fault {wire.kind!r} of this world")
