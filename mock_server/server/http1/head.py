"""A request's head: llhttp reads it, whole or piece by piece; what HTTP/1.1 demands besides is checked here."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import httptools

KEEP, KEEP_AND_SAY, CLOSE = "", "keep-alive", "close"  # what an answer's header Connection says
_VERSIONS = frozenset({"1.0", "1.1"})
_FIELDS = 256  # headers of a request; each costs more memory than its bytes
_HOST = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=%:\[\]-]*")
_TLS = b"\x16"  # the first byte of a TLS handshake


class MalformedError(ValueError):
    """Bytes that are no request of HTTP/1.1. Its text says what was received."""


class Head(NamedTuple):
    """`length` is that of the body, None for one in chunks; `connection` is `KEEP`, `KEEP_AND_SAY` or `CLOSE`.

    `expects` tells that the client waits for `100 Continue` before it sends the body.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    length: int | None
    connection: str
    expects: bool = False


class HeadReader:
    """Reads one head. It may not be given a byte more: every head ends with its first empty line."""

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._target: list[bytes] = []
        self._fields: list[tuple[bytes, bytes]] = []
        self._complete = False
        self._fed = False
        self.begun = False  # more than empty lines has come

    def feed(self, data: bytes) -> Head | None:
        """Return the head once it is whole. Raises `MalformedError`."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # to a protocol that is not spoken here: what follows is HTTP/1.1 still
        except httptools.HttpParserError as error:
            if self._complete and self._version not in _VERSIONS:  # for llhttp a line of HTTP/0.9 is a whole head
                raise MalformedError(f"HTTP/{self._version}") from None
            raise MalformedError(_received(b"" if self._fed else data, str(error))) from None
        self._fed = True
        return self._head() if self._complete else None

    # llhttp's callbacks.

    def on_message_begin(self) -> None:
        """Note that the empty lines before a request have ended."""
        self.begun = True

    def on_url(self, piece: bytes) -> None:
        """Add a piece of the request target."""
        self._target.append(piece)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a header."""
        self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        """Note that the head is whole."""
        self._complete = True
        self._version = self._parser.get_http_version()
        self._keep_alive = self._parser.should_keep_alive()

    def _head(self) -> Head:
        version, method = self._version, self._parser.get_method().decode("latin-1")
        if version not in _VERSIONS:
            raise MalformedError(f"HTTP/{version}")
        if len(self._fields) > _FIELDS:
            raise MalformedError(f"more than {_FIELDS} headers")
        headers = _joined(self._fields)
        hosts = [value.decode("latin-1") for name, value in self._fields if _name(name) == "host"]
        authority, path, query = _target(b"".join(self._target))
        host = _host(hosts, authority, version)
        if host is not None:
            headers["host"] = host
        kept = self._keep_alive and method != "CONNECT"  # whose client goes on in another protocol
        connection = CLOSE if not kept else KEEP if version == "1.1" else KEEP_AND_SAY
        length = _length(headers, version)
        expects = length != 0 and version == "1.1" and headers.get("expect", "").lower() == "100-continue"
        return Head(method, path, query, headers, length, connection, expects)


def _received(data: bytes, problem: str) -> str:
    """Return the parser's words, or plainer ones for other protocols, which the first byte may tell."""
    if data.startswith(_TLS):
        return "a TLS handshake, where http:// is spoken and not https://"
    return "the preface of HTTP/2" if "PRI" in problem else problem or "bytes that are no HTTP"


def _joined(fields: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers; one that comes several times is joined as RFC 9110 says."""
    headers: dict[str, str] = {}
    repeated: dict[str, list[str]] = {}
    for name, value in fields:
        key, text = _name(name), value.decode("latin-1")
        if key in headers:
            repeated.setdefault(key, [headers[key]]).append(text)
        else:
            headers[key] = text
    return headers | {key: ", ".join(texts) for key, texts in repeated.items()}


def _host(hosts: Sequence[str], authority: str | None, version: str) -> str | None:
    """Return who is asked: the authority of the target, else the one header Host (RFC 9112, 3.2)."""
    if len(hosts) > 1 or (version == "1.1" and not hosts):
        raise MalformedError(f"{len(hosts)} headers Host, where there must be one")
    if not all(_HOST.fullmatch(host) for host in (*hosts, authority or "")):
        raise MalformedError("a Host that names no host")
    return hosts[0] if hosts and authority is None else authority


def _length(headers: Mapping[str, str], version: str) -> int | None:
    """Return the length of the body, None for chunks; llhttp has refused lengths that contradict each other."""
    coding = headers.get("transfer-encoding")
    if coding is None:
        return int(headers.get("content-length", 0))
    if version == "1.0" or coding.strip().lower() != "chunked":
        raise MalformedError(f"a Transfer-Encoding other than chunked, or in HTTP/{version}")
    return None


def _target(raw: bytes) -> tuple[str | None, str, str]:
    """Split a request target into the authority, where it is an absolute one, path and query."""
    text, authority = raw.decode("latin-1"), None
    if not text.startswith("/") and "://" in text:
        authority, _, rest = text.partition("://")[2].partition("/")
        text = f"/{rest}"
    path, _, query = text.partition("#")[0].partition("?")
    return authority, path, query


@lru_cache(maxsize=256)
def _name(raw: bytes) -> str:
    return raw.decode("latin-1").lower()
