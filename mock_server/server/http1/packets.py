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
_KEPT = 1024  # heads, and as many lines of them and whole packets
_LONGEST = 2048  # bytes of a head that is kept
_SHORT = 1024  # bytes of a packet that is kept
# What every parser reads alike. Anything else is llhttp's.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE"})
_PRINTABLE = bytes(range(32, 127))
_IN_TARGETS = (string.ascii_letters + string.digits + "_.~/%:,;=&+-").encode()
_ONE_OR_NO_QUERY = frozenset({b"  ", b" ? "})  # what is left of a first line without them
# These say where a request ends and what comes after it; so what they say was read by llhttp, or they are.
_FRAMING = frozenset({"host", "content-length", "connection"})
_RARE = frozenset({"transfer-encoding", "expect", "upgrade", "proxy-connection"})


class Heads:
    """What heads said by their bytes and by those of their lines, and packets that were one whole request each."""

    def __init__(self, longest: int = _LONGEST) -> None:
        self._longest = min(longest, _LONGEST)
        self._known: dict[bytes, Head] = {}
        self._lines: dict[str, tuple[str, str]] = {}
        self._once: set[int] = set()  # hashes of packets that came once; two with the same one do no harm
        self._same: dict[bytes, Request] = {}

    def request(self, packet: bytes) -> Request | None:
        """Return the request that the packet is, if it is a whole one with a plain head; else a parser has to look."""
        same = self._same.get(packet)
        if same is not None:
            return same
        end = packet.find(_END, 0, self._longest) + 4
        head = self.head(packet[:end])
        if head is None or len(packet) - end != head.length or len(packet) > KEPT:
            return None
        recurs = len(packet) <= _SHORT and self._came(packet)
        request = Request(head.method, head.path, head.query, head.headers, packet[end:], recurs, end)
        if recurs:
            _put(self._same, packet, request)
        return request

    def head(self, raw: bytes) -> Head | None:
        """Return what a whole head says, if a parser read it before, or its lines came before or are plain."""
        head = self._known.get(raw)
        if head is not None or len(raw) > self._longest:
            return head
        start, *lines = raw[:-4].decode("latin-1").split("\r\n")
        if raw.translate(None, _PRINTABLE) != b"\r\n" * (len(lines) + 2):
            return None
        if raw[: len(start)].translate(None, _IN_TARGETS) not in _ONE_OR_NO_QUERY:
            return None
        method, target, version = start.split(" ")
        headers = self._headers(lines)
        if headers is None or version != "HTTP/1.1" or target[:1] != "/" or method not in _METHODS:
            return None
        path, _, query = target.partition("?")
        return Head(method, path, query, headers, int(headers.get("content-length", 0)), KEEP)

    def _headers(self, lines: list[str]) -> dict[str, str] | None:
        """Return the headers that the lines are, if there is one Host, none comes twice, and all can be known."""
        headers: dict[str, str] = {}
        for line in lines:
            known = self._lines.get(line) or _plain(line)
            if known is None:
                return None
            headers[known[0]] = known[1]
        return headers if len(headers) == len(lines) <= FIELDS and "host" in headers else None

    def _came(self, packet: bytes) -> bool:
        """Return True if the packet came before; what comes but once needs no more room than a number."""
        number = hash(packet)
        if number in self._once:
            return True
        if len(self._once) >= _KEPT:
            self._once.clear()
        self._once.add(number)
        return False

    def remember(self, raw: bytes, head: Head) -> None:
        """Keep what a parser made of a whole head, if that asks for nothing besides an answer."""
        if len(raw) > self._longest or head.connection != KEEP or not _RARE.isdisjoint(head.headers):
            return
        _put(self._known, raw, head)
        start, *lines = raw[:-4].decode("latin-1").split("\r\n")
        if len(lines) != len(head.headers) or " /" not in start:
            return  # no line alone says what one says that came twice, or a Host beside an absolute target
        for line in lines:
            key = line.partition(":")[0].lower()
            _put(self._lines, line, (key, head.headers[key]))


def _put(table: dict[Any, Any], name: object, value: object) -> None:
    """Keep one more; a full table starts anew."""
    if len(table) >= _KEPT:
        table.clear()
    table[name] = value


def _plain(line: str) -> tuple[str, str] | None:
    """Return the name and the value of a header that every parser reads alike, and that says nothing about framing."""
    name, _, value = line.partition(": ")
    key = _key(name)
    return (key, value) if key and value and value == value.strip() else None


@lru_cache(maxsize=256)
def _key(name: str) -> str:
    """Return a header's name in lower case, or an empty text where it is no plain one, or says where a request ends."""
    key = name.lower()
    return key if name.replace("-", "").isalnum() and key not in _FRAMING | _RARE else ""
