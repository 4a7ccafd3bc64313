"""One HTTP/1.1 exchange on a connection of its own: bytes out, answer in, and what was wrong on the wire."""

import contextlib
import http.client
import io
import socket
import ssl
import time
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from ...exchange import Answer, Sent
from ...statuses import WITHOUT_BODY, is_interim
from .codings import MOST_BYTES, UnknownCodingError, decoded

_CHUNK = 65536
_MOST_DIGITS = 18
_EXCESS_SECONDS = 0.02
REFUSED, HUNG = "no connection", "no answer"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a gateway is. `prefix` is what its URL has before the documented paths."""

    host: str
    port: int
    tls: bool
    prefix: str

    @classmethod
    def of(cls, url: str) -> "Target":
        """Return the target of an http(s) URL. Raises `ValueError`."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            example = "for example http://127.0.0.1:8080"
            raise ValueError(f"expected an http(s) URL with a host, received {url!r}; {example}")
        tls = parts.scheme == "https"
        return cls(parts.hostname, parts.port or (443 if tls else 80), tls, parts.path.rstrip("/"))

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


def receive(target: Target, sent: Sent, timeout: float) -> Answer:
    """Send the request and return the answer, whatever happens on the wire. It waits `timeout` seconds at most."""
    end = time.monotonic() + timeout
    try:
        connection = _connect(target, timeout)
    except OSError as error:
        return Answer(problem=f"{REFUSED}: {_reason(error)}")
    except UnicodeError:
        return Answer(problem=f"{REFUSED}: {target.host!r} is no name of a host")
    with connection:
        began = time.monotonic()
        answer = _talk(connection, _encode(target, sent), sent.method, end)
        return replace(answer, seconds=time.monotonic() - began)


def _connect(target: Target, timeout: float) -> socket.socket:
    plain = socket.create_connection((target.host, target.port), timeout)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not target.tls:
        return plain
    return ssl.create_default_context().wrap_socket(plain, server_hostname=target.host)


def _encode(target: Target, sent: Sent) -> bytes:
    query = f"?{sent.query}" if sent.query else ""
    lines = [f"{sent.method} {target.prefix}{sent.path}{query} HTTP/1.1", f"Host: {target.authority}"]
    lines += ["User-Agent: covermock-check", "Accept: application/json", "Connection: close"]
    lines += [] if "accept-encoding" in {name.lower() for name, _ in sent.headers} else ["Accept-Encoding: identity"]
    lines += [f"{name}: {value}" for name, value in sent.headers]
    if sent.body is not None or sent.method in {"POST", "PUT", "PATCH"}:
        lines.append(f"Content-Length: {len(sent.body or b'')}")
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + (sent.body or b"")


def _talk(connection: socket.socket, request: bytes, method: str, end: float) -> Answer:
    unsent = ""
    try:
        connection.sendall(request)
    except TimeoutError:
        return Answer(problem=f"{HUNG}: the request was not read within the time allowed")
    except OSError as error:
        unsent = _reason(error)  # it may have answered before it had read all
    try:
        return _read(connection, method, end)
    except TimeoutError:
        return Answer(problem=f"{HUNG} within the time allowed")
    except (http.client.HTTPException, ValueError) as error:
        return Answer(problem=f"no complete HTTP answer: {_words(error)}")
    except OSError as error:
        return Answer(problem=f"a dropped connection: {unsent or _reason(error)}")


class _Incoming(io.RawIOBase):
    """The bytes that come in before `end`, however slowly they drip."""

    def __init__(self, connection: socket.socket, end: float) -> None:
        self.connection, self.end = connection, end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Read some bytes. Raises `TimeoutError` at the end of the time."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.connection.settimeout(left)
        return self.connection.recv_into(buffer)


class _Reader(io.BufferedReader):
    """What `http.client` reads from, and takes for a socket; it stays open, so that bytes after the answer are seen."""

    def close(self) -> None:
        """Stay open: the connection is closed elsewhere."""

    def makefile(self, *_: Any) -> "_Reader":
        return self


def _read(connection: socket.socket, method: str, end: float) -> Answer:
    incoming = _Incoming(connection, end)
    reader = _Reader(incoming)
    response = _head(reader, method)
    headers = {name.lower(): value for name, value in response.headers.items()}
    body, problem = _body(response)
    incoming.end = time.monotonic() + _EXCESS_SECONDS
    problem = problem or _shortfall(headers, body, method, response.status) or _excess(reader, headers)
    return _undo(Answer(response.status, headers, body, 0.0, problem))


def _head(reader: _Reader, method: str) -> http.client.HTTPResponse:
    """Return the answer once its head has come, past what a proxy says before it (103 Early Hints)."""
    while True:
        response = http.client.HTTPResponse(reader, method=method)  # type: ignore[arg-type]
        response.begin()
        if not is_interim(response.status):
            return response


def _undo(answer: Answer) -> Answer:
    """Return the answer without its content coding, though none was asked for: what matters is what it says."""
    codings = answer.headers.get("content-encoding", "")
    if answer.problem or not answer.body:
        return answer
    try:
        return replace(answer, body=decoded(answer.body, codings))
    except UnknownCodingError as unknown:
        return replace(answer, sealed=str(unknown))
    except ValueError as error:
        return replace(answer, garbled=str(error))


def _body(response: http.client.HTTPResponse) -> tuple[bytes, str]:
    """Return the body as far as it came, and why it is not whole."""
    body = bytearray()
    try:
        while chunk := response.read1(_CHUNK):
            body += chunk
            if len(body) > MOST_BYTES:
                return bytes(body[:_CHUNK]), f"a body of more than {MOST_BYTES} bytes"
    except http.client.HTTPException as error:
        return bytes(body), f"no complete HTTP answer: {_words(error)}"
    return bytes(body), ""


def _shortfall(headers: dict[str, str], body: bytes, method: str, status: int) -> str:
    """Say by how much the body is shorter than announced."""
    announced = decimal(headers.get("content-length", ""))
    if announced is None or method == "HEAD" or status in WITHOUT_BODY or "transfer-encoding" in headers:
        return ""
    return f"a body of {len(body)} bytes where Content-Length says {announced}" if announced > len(body) else ""


def _excess(reader: _Reader, headers: dict[str, str]) -> str:
    """Say what came after the body's announced end, as far as it is here already."""
    if decimal(headers.get("content-length", "")) is None:
        return ""
    more = b""
    with contextlib.suppress(OSError, ValueError):
        more = reader.peek(1)
    return f"{len(more)} bytes more than Content-Length says" if more.strip() else ""


def decimal(text: str) -> int | None:
    """Return the number that a header's ASCII digits spell, or None."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def _reason(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__


def _words(error: Exception) -> str:
    if isinstance(error, http.client.RemoteDisconnected):
        return "the connection was closed without one"
    if isinstance(error, http.client.IncompleteRead):
        return f"it ends after {len(error.partial)} bytes"
    return f"{type(error).__name__} {error}"[:120]
