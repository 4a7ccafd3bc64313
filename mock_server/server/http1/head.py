"""A request's head: llhttp reads it, whole or piece by piece; what HTTP/1.1 demands besides is checked here."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import httptools

KEEP, KEEP_AND_SAY, CLOSE = "", "keep-alive", "close"  # what an answer's header Connection says
_VERSIONS = frozenset({"1.0", "1.1"})
FIELDS = 256  # headers of a request; each costs more memory than its bytes
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


class _Lines:
    """What llhttp has told of a head. It knows the parser only while that reads: in a circle both would be garbage."""

    __slots__ = ("complete", "headers", "keep_alive", "parser", "repeated", "target")

    def __init__(self) -> None:
        self.parser: httptools.HttpRequestParser | None = None
        self.target = b""
        self.headers: dict[str, str] = {}
        self.repeated: dict[str, list[str]] = {}
        self.complete = self.keep_alive = False

    # llhttp's callbacks.

    def on_url(self, piece: bytes) -> None:
        """Add a piece of the request target."""
        self.target += piece

    def on_header(self, name: bytes, value: bytes) -> None:
        key = _name(name)
        if key in self.headers:
            self.repeated.setdefault(key, []).append(value.decode("latin-1"))
        else:
            self.headers[key] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        assert self.parser is not None
        self.complete = True
        self.keep_alive = self.parser.should_keep_alive()


class HeadReader:
    """Reads one head. It may not be given a byte more: every head ends with its first empty line."""

    __slots__ = ("_fed", "_lines", "_parser")

    def __init__(self) -> None:
        self._lines = _Lines()
        self._parser = httptools.HttpRequestParser(self._lines)
        self._fed = False

    def feed(self, data: bytes) -> Head | None:
        """Return the head once it is whole. Raises `MalformedError`."""
        self._lines.parser = self._parser
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # to a protocol that is not spoken here: what follows is HTTP/1.1 still
        except httptools.HttpParserError as error:
            version = self._parser.get_http_version()
            if self._lines.complete and version not in _VERSIONS:  # for llhttp a line of HTTP/0.9 is a whole head
                raise MalformedError(f"HTTP/{version}") from None
            raise MalformedError(_describe(b"" if self._fed else data, str(error))) from None
        finally:
            self._lines.parser = None
        self._fed = True
        return self._head() if self._lines.complete else None

    def _head(self) -> Head:
        headers, target = self._lines.headers, self._lines.target.decode("latin-1")
        version, method = self._parser.get_http_version(), _text(self._parser.get_method())
        if version not in _VERSIONS:
            raise MalformedError(f"HTTP/{version}")
        if self._lines.repeated or "host" not in headers or len(headers) > FIELDS:
            self._join(version)
        if target[:1] != "/" and "://" in target:
            headers["host"], target = _absolute(target)
        if not _is_host(headers.get("host", "")):
            raise MalformedError("a Host that names no host")
        path, _, query = target.partition("#")[0].partition("?")
        kept = self._lines.keep_alive and method != "CONNECT"  # whose client goes on in another protocol
        connection = CLOSE if not kept else KEEP if version == "1.1" else KEEP_AND_SAY
        if "content-length" not in headers and "transfer-encoding" not in headers:
            return Head(method, path, query, headers, 0, connection)
        length = _length(headers, version)
        return Head(method, path, query, headers, length, connection, _expects(headers, length, version))

    def _join(self, version: str) -> None:
        """Join headers that come several times, as RFC 9110 says, but for those that leave open who is asked."""
        headers, repeated = self._lines.headers, self._lines.repeated
        if len(headers) + sum(map(len, repeated.values())) > FIELDS:
            raise MalformedError(f"more than {FIELDS} headers")
        hosts = len(repeated.get("host", ())) + ("host" in headers)
        if hosts > 1 or (version == "1.1" and not hosts):
            raise MalformedError(f"{hosts} headers Host, where there must be one")
        for key, texts in repeated.items():
            headers[key] = ", ".join([headers[key], *texts])


def _describe(data: bytes, problem: str) -> str:
    """Return the parser's words, or plainer ones for other protocols, which the first byte may tell."""
    if data.startswith(_TLS):
        return "a TLS handshake, where http:// is spoken and not https://"
    return "the preface of HTTP/2" if "PRI" in problem else problem or "bytes that are no HTTP"


@lru_cache(maxsize=256)
def _is_host(text: str) -> bool:
    return _HOST.fullmatch(text) is not None


def _length(headers: Mapping[str, str], version: str) -> int | None:
    """Return the length of the body, None for chunks; llhttp has refused lengths that contradict each other."""
    if "transfer-encoding" not in headers:
        return int(headers["content-length"])
    if version == "1.0" or headers["transfer-encoding"].strip().lower() != "chunked":
        raise MalformedError(f"a Transfer-Encoding other than chunked, or in HTTP/{version}")
    return None


def _expects(headers: Mapping[str, str], length: int | None, version: str) -> bool:
    return length != 0 and version == "1.1" and headers.get("expect", "").lower() == "100-continue"


def _absolute(target: str) -> tuple[str, str]:
    """Split an absolute target into its authority, which counts more than the header Host, and the rest."""
    authority, _, rest = target.partition("://")[2].partition("/")
    return authority, f"/{rest}"


@lru_cache(maxsize=64)
def _text(raw: bytes) -> str:
    return raw.decode("latin-1")


@lru_cache(maxsize=256)
def _name(raw: bytes) -> str:
    return raw.decode("latin-1").lower()
