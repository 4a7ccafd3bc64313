"""One request through a WSGI application, for the paths that the server leaves to Flask. Pure WSGI, no framework."""

import io
import sys
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote_to_bytes

from ..http.messages import Answer, Request

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def call(application: Application, request: Request) -> Answer:
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Callable[[bytes], Any]:
        started[:] = [int(status.split(" ", 1)[0]), headers]
        return written.append

    written: list[bytes] = []
    chunks = application(environ(request), start_response)
    try:
        written.extend(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close:
            close()
    status, headers = started
    kept = tuple((name, value) for name, value in headers if name.lower() not in {"content-length", "date"})
    return Answer(status, b"".join(written), kept)


def environ(request: Request) -> dict[str, Any]:
    """Return the WSGI environment of a request (PEP 3333)."""
    host, _, port = request.host.partition(":")
    variables: dict[str, Any] = {
        # The whole answer, so that its length is known; the wire drops the body of a HEAD.
        "REQUEST_METHOD": "GET" if request.method == "HEAD" else request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
        "RAW_URI": f"{request.path}?{request.query}",
        "QUERY_STRING": request.query,
        "SERVER_NAME": host or "localhost",
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()}
    variables |= headers
    variables["CONTENT_LENGTH"] = str(len(request.body))
    variables["CONTENT_TYPE"] = headers.pop("HTTP_CONTENT_TYPE", "")
    return variables
