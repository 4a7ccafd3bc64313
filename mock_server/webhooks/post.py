"""The POST of one webhook, read to its end or to a bound: how it is signed, and what came back. No key is in it."""

import asyncio
import hashlib
import hmac
import ssl
from collections.abc import Mapping
from functools import cache

import httptools

from .route import Destination

_READ = 65_536  # bytes of a receiver's answer that are read; an answer that goes on is taken for its status
_SHOWN = 200  # characters of what a receiver says that are kept
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class ReceiverError(Exception):
    """What a receiver did instead of answering."""


class NoConnectionError(ReceiverError):
    """Nobody listens."""


async def post(route: Destination, body: bytes, headers: Mapping[str, str], within: float) -> tuple[int, str]:
    """POST to an address that was checked, not to what the name says a moment later; return (status, problem).

    Raises `TimeoutError` when no answer has come `within` so many seconds after the connection was begun, and
    `ReceiverError` for what else goes wrong.
    """
    message = _head(route, headers, len(body)) + body
    async with asyncio.timeout(within):
        for address in route.addresses[:-1]:
            try:
                return await _exchange(route, address, message)
            except NoConnectionError:
                continue
        return await _exchange(route, route.addresses[-1], message)


def _head(route: Destination, headers: Mapping[str, str], length: int) -> bytes:
    rows = {
        "Host": route.authority,
        "User-Agent": "covermock",
        "Content-Type": "application/json",
        "Content-Length": str(length),
        "Connection": "close",
        **headers,
    }
    lines = [f"POST {route.target} HTTP/1.1", *(f"{name}: {value}" for name, value in rows.items()), "", ""]
    return "\r\n".join(lines).encode("ascii")


async def _exchange(route: Destination, address: str, message: bytes) -> tuple[int, str]:
    context, name = (_tls(), route.host) if route.secure else (None, None)
    opened = asyncio.open_connection(address, route.port, limit=_READ, ssl=context, server_hostname=name)
    try:
        reader, writer = await opened
    except OSError as error:
        raise NoConnectionError(f"expected a connection to {route.authority}, received {_reason(error)}") from None
    try:
        writer.write(message)
        await writer.drain()
        return await _read(reader)
    except (OSError, httptools.HttpParserError) as error:
        raise ReceiverError(f"expected an answer, received {_reason(error)}") from None
    finally:
        writer.transport.abort()  # at once: a receiver that goes on sending would be listened to no longer
        # asyncio's transport refers to itself by this, and so would stay until everything is looked at for garbage.
        getattr(writer.transport, "__dict__", {}).pop("_read_ready_cb", None)


async def _read(reader: asyncio.StreamReader) -> tuple[int, str]:
    """Read an answer; return its status and what is wrong with it."""
    answer = _Answer()
    parser = httptools.HttpResponseParser(answer)
    size = 0
    while not answer.ended and (piece := await reader.read(_READ)):
        size += len(piece)
        answer.feed(parser, piece)
        if size > _READ:
            break
    if not answer.status or not (answer.ended or answer.open_ended or size > _READ):
        raise ReceiverError(f"expected an answer, received {size} bytes that are no complete one")
    if answer.status in _REDIRECTS:
        place = shorten(answer.location)
        return answer.status, f"expected a status 2xx, received a redirect to {place}, which is not followed"
    return answer.status, ""


class _Answer:
    """What is known of an answer while it comes; the methods are called by the parser.

    It knows the parser only while that reads: in a circle both would be garbage.
    """

    def __init__(self) -> None:
        self._parser: httptools.HttpResponseParser | None = None
        self.status = 0
        self.location = "nowhere"
        self.open_ended = True  # it ends with its connection
        self.ended = False

    def feed(self, parser: httptools.HttpResponseParser, piece: bytes) -> None:
        """Let the parser of this answer read a piece. Raises `httptools.HttpParserError` where it is no HTTP."""
        self._parser = parser
        try:
            parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            self.ended = True
        finally:
            self._parser = None

    def on_header(self, name: bytes, value: bytes) -> None:
        """Look for what says where the answer ends, and where it points."""
        if name.lower() in {b"content-length", b"transfer-encoding"}:
            self.open_ended = False
        elif name.lower() == b"location":
            self.location = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Know the status, unless more of it is to come (1xx)."""
        assert self._parser is not None
        status = self._parser.get_status_code()
        self.status = 0 if 100 <= status < 200 and status != 101 else status

    def on_message_complete(self) -> None:
        self.ended = self.status > 0


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")


def shorten(text: str) -> str:
    """Return what a receiver says, as far as it is kept."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def signature(secret: str | None, body: bytes) -> dict[str, str]:
    """Return the headers that sign a webhook, where there is a secret (undocumented, so off by default)."""
    if not secret:
        return {}
    return {"X-Signature": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}
