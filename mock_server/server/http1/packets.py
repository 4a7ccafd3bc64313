"""Requests and lines that llhttp read before: clients send the same bytes again, and they mean the same.

A packet that comes again is the same request; a head of known lines, and of plain ones, needs no parser.
"""

import re

from ...http.messages import Request
from .head import FIELDS, KEEP, Head

KEPT = 65_536  # bytes of a body that are kept whatever its limit: what a journal shows
_END = b"\r\n\r\n"
_KEPT = 1024  # heads, and as many lines of them and whole packets
_LONGEST = 2048  # bytes of a head that is kept
_SHORT = 1024  # bytes of a packet that is kept
# What every parser reads alike. Anything else is llhttp's.
_START = re.compile(rb"(GET|HEAD|POST|PUT|DELETE) (/[\w.~/%:,;=&+-]*)(?:\?([\w.~/%:,;=&+-]*))? HTTP/1\.1", re.ASCII)
_PLAIN = re.compile(rb"([A-Za-z0-9-]+): ([!-~]+(?: [!-~]+)*)")
# These say where a request ends and what comes after it; so what they say was read by llhttp, or they are.
_FRAMING = frozenset({"host", "content-length", "connection"})
_RARE = frozenset({"transfer-encoding", "expect", "upgrade", "proxy-connection"})


class Heads:
    """What heads said by their bytes and by those of their lines, and packets that were one whole request each."""

    def __init__(self, longest: int = _LONGEST) -> None:
        self._longest = min(longest, _LONGEST)
        self._known: dict[bytes, Head] = {}
        self._lines: dict[bytes, tuple[str, str]] = {}
        self._same: dict[bytes, Request] = {}

    def request(self, packet: bytes) -> Request | None:
        """Return the request that the packet is, if it is a whole one with a known head; else a parser has to look."""
        same = self._same.get(packet)
        if same is not None:
            return same
        if len(packet) > KEPT:
            return None
        end = packet.find(_END, 0, self._longest) + 4
        head = self._known.get(packet[:end])
        if head is None:
            head = self.head(packet[:end])
            if head is None or len(packet) - end != head.length:
                return None
            return Request(head.method, head.path, head.query, head.headers, packet[end:], head=end)
        if len(packet) - end != head.length:
            return None
        recurs = len(packet) <= _SHORT
        request = Request(head.method, head.path, head.query, head.headers, packet[end:], recurs, end)
        if recurs:
            self._keep(packet, request)
        return request

    def head(self, raw: bytes) -> Head | None:
        """Return what a whole head says, if all its lines came before or are plain."""
        head = self._known.get(raw)
        if head is not None or len(raw) > self._longest:
            return head
        start, *lines = raw[:-4].split(b"\r\n")
        asked = _START.fullmatch(start)
        headers = self._headers(lines) if asked is not None else None
        if asked is None or headers is None:
            return None
        method, path, query = asked[1].decode(), asked[2].decode(), (asked[3] or b"").decode()
        head = Head(method, path, query, headers, int(headers.get("content-length", 0)), KEEP)
        self._keep_head(raw, head)
        return head

    def _headers(self, lines: list[bytes]) -> dict[str, str] | None:
        """Return the headers that the lines are, if there is one Host, none comes twice, and all can be known."""
        headers: dict[str, str] = {}
        for line in lines:
            known = self._lines.get(line) or _plain(line)
            if known is None:
                return None
            headers[known[0]] = known[1]
        return headers if len(headers) == len(lines) <= FIELDS and "host" in headers else None

    def remember(self, raw: bytes, head: Head) -> None:
        """Keep what a parser made of a whole head, if that asks for nothing besides an answer."""
        if len(raw) > self._longest or head.connection != KEEP or not _RARE.isdisjoint(head.headers):
            return
        self._keep_head(raw, head)
        start, *lines = raw[:-4].split(b"\r\n")
        if len(lines) != len(head.headers) or not _START.fullmatch(start):
            return  # no line alone says what one says that came twice, or a Host beside an absolute target
        if len(self._lines) >= _KEPT:
            self._lines.clear()
        for line in lines:
            key = line.partition(b":")[0].decode("latin-1").lower()
            self._lines[line] = key, head.headers[key]

    def _keep_head(self, raw: bytes, head: Head) -> None:
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[raw] = head

    def _keep(self, packet: bytes, request: Request) -> None:
        if len(self._same) >= _KEPT:
            self._same.clear()
        self._same[packet] = request


def _plain(line: bytes) -> tuple[str, str] | None:
    """Return the name and the value of a header that every parser reads alike, and that says nothing about framing."""
    found = _PLAIN.fullmatch(line)
    if found is None:
        return None
    key = found[1].decode().lower()
    return None if key in _FRAMING or key in _RARE else (key, found[2].decode())
