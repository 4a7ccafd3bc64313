"""Requests and lines that llhttp read before: clients send the same bytes again, and they mean the same.

A packet that comes again is the same request; a head of known lines, and of plain ones, needs no parser.
"""

import string
from functools import lru_cache
from typing import Any

from ...http.messages import Request
from .head import FIELDS, KEEP, Head

KEPT = 65_536  # bytes of a body that are kept whatever its limit: what a journal shows
_END = b"\r\n\r\n"
_KEPT = 1024  # lines of heads, and as many whole packets
_LONGEST = 2048  # bytes of a head that needs no parser
_SHORT = 1024  # bytes of a packet that is kept
_NEW = 16  # lines of a head that never came before, at most
_DIGITS = 15  # of a length, at most


def _only(allowed: bytes) -> bytes:
    """Return the table with which `translate` leaves bytes as they are if all of them are allowed, and no others."""
    return bytes(byte if byte in allowed else (byte + 1) % 256 for byte in range(256))


# What every parser reads alike. Anything else is llhttp's.
_METHODS = {name.encode(): name for name in ("GET", "HEAD", "POST", "PUT", "DELETE")}
_PRINTABLE = _only(bytes(range(32, 127)))
_IN_START = _only((string.ascii_letters + string.digits + " ?_.~/%:,;=&+-!$'()*@").encode())
# These say where a request ends and what comes after it; so what they say was read by llhttp, or they are.
_FRAMING = frozenset({"host", "connection"})
_RARE = frozenset({"transfer-encoding", "expect", "upgrade", "proxy-connection"})
_Plain = tuple[str, str, str, dict[str, str], int]


class Heads:
    """What the lines of heads said, and packets that were one whole request each."""

    def __init__(self, longest: int = _LONGEST) -> None:
        self._longest = min(longest, _LONGEST)
        self._lines: dict[bytes, tuple[str, str]] = {}
        self._once: set[int] = set()  # hashes of packets that came once; two with the same one do no harm
        self._same: dict[bytes, Request] = {}

    def request(self, packet: bytes) -> Request | None:
        """Return the request that the packet is, if it is a whole one with a plain head; else a parser has to look."""
        same = self._same.get(packet)
        if same is not None:
            return same
        end = packet.find(_END, 0, self._longest) + 4
        plain = self._read(packet[:end])
        if plain is None:
            return None
        method, path, query, headers, length = plain
        if len(packet) - end != length or len(packet) > KEPT:
            return None
        number = hash(packet)
        recurs = number in self._once and len(packet) <= _SHORT
        request = Request(method, path, query, headers, packet[end:], recurs, end)
        if recurs:
            _put(self._same, packet, request)
        else:  # what comes but once needs no more room than a number
            if len(self._once) >= _KEPT:
                self._once.clear()
            self._once.add(number)
        return request

    def head(self, raw: bytes) -> Head | None:
        """Return what a whole head says, if its lines came before or are plain."""
        plain = self._read(raw)
        return None if plain is None else Head(*plain, KEEP)

    def _read(self, raw: bytes) -> _Plain | None:
        start, *lines = raw[:-4].split(b"\r\n")
        words, found = start.split(b" "), list(map(self._lines.get, lines))
        if len(words) != 3 or start.translate(_IN_START) != start or len(raw) > self._longest:
            return None
        target, method = words[1], _METHODS.get(words[0])
        if method is None or target[:1] != b"/" or words[2] != b"HTTP/1.1" or found.count(None) > _NEW:
            return None
        while None in found:
            at = found.index(None)
            found[at] = plain = _plain(lines[at])
            if plain is None:
                return None
        headers = dict(found)  # type: ignore[arg-type]  # mypy doesn't see that no None is left
        if "host" not in headers or not len(headers) == len(lines) <= FIELDS:
            return None
        path, _, query = target.partition(b"?")
        return method, _text(path), query.decode(), headers, int(headers.get("content-length", 0))

    def remember(self, raw: bytes, head: Head) -> None:
        """Keep what a parser made of the lines of a whole head, if that asks for nothing besides an answer."""
        if len(raw) > self._longest or head.connection != KEEP or not _RARE.isdisjoint(head.headers):
            return
        for line in raw[:-4].split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            key, text = name.lower().decode("latin-1"), value.strip().decode("latin-1")
            # No line alone says what one says that came twice, or a Host beside an absolute target.
            if head.headers.get(key) == text and line.translate(_PRINTABLE) == line:
                _put(self._lines, line, (key, text))


def _put(table: dict[Any, Any], name: object, value: object) -> None:
    """Keep one more; a full table starts anew."""
    if len(table) >= _KEPT:
        table.clear()
    table[name] = value


def _plain(line: bytes) -> tuple[str, str] | None:
    """Return the name and the value of a header that every parser reads alike."""
    name, _, value = line.partition(b": ")
    key = _key(name)
    if not key or not value or value != value.strip() or line.translate(_PRINTABLE) != line:
        return None
    if key == "content-length" and not (value.isdigit() and len(value) <= _DIGITS):
        return None
    return key, value.decode()


@lru_cache(maxsize=256)
def _key(name: bytes) -> str:
    """Return a header's name in lower case, or an empty text where it is no plain one, or says where a request ends."""
    key = name.lower().decode("latin-1")
    return key if name.replace(b"-", b"").isalnum() and key not in _FRAMING | _RARE else ""


@lru_cache(maxsize=256)
def _text(path: bytes) -> str:
    """Return a path as text, and the same one again: journals keep it with each request."""
    return path.decode()
