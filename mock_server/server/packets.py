"""Requests that were parsed before: a client that polls sends the same bytes again, and they mean the same.

A packet that comes again is the same request; one with a known head is that head with a body of its own.
"""

from collections.abc import Mapping
from typing import NamedTuple

from ..http.messages import Request

_END = b"\r\n\r\n"
_KEPT = 1024  # heads, and as many whole packets
_LONGEST = 2048  # bytes of a head that is kept
_SHORT = 1024  # bytes of a packet that is kept
_ONCE_ONLY = frozenset({"expect", "transfer-encoding", "upgrade"})  # what asks for more than an answer


class _Head(NamedTuple):
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    length: int


class Heads:
    """What packets said that were one whole request each, by their bytes and by the bytes of their heads."""

    def __init__(self) -> None:
        self._known: dict[bytes, _Head] = {}
        self._same: dict[bytes, Request] = {}

    def request(self, packet: bytes) -> Request | None:
        """Return the request that the packet is, if it is a whole one with a known head; else a parser has to look."""
        same = self._same.get(packet)
        if same is not None:
            return same
        end = packet.find(_END) + 4
        known = self._known.get(packet[:end])
        if known is None or len(packet) - end != known.length:
            return None
        method, path, query, headers, _ = known
        request = Request(method, path, query, headers, packet[end:])
        if len(packet) <= _SHORT:
            self._keep(packet, request)
        return request

    def remember(self, packet: bytes, request: Request) -> None:
        """Keep what a parser made of the packet, if it was this one request, whole, and asked for nothing special."""
        end = packet.find(_END) + 4
        if not 4 < end <= _LONGEST or packet[end:] != request.body or not _ONCE_ONLY.isdisjoint(request.headers):
            return
        if len(self._known) >= _KEPT:
            self._known.clear()
        head = _Head(request.method, request.path, request.query, request.headers, len(request.body))
        self._known[packet[:end]] = head

    def forget(self) -> None:
        """Begin anew; what was found out about requests goes, too, as journals keep them for longer."""
        for request in self._same.values():
            request.memo = None
        self._same.clear()

    def _keep(self, packet: bytes, request: Request) -> None:
        if len(self._same) >= _KEPT:
            self.forget()
        request.memo = {}
        self._same[packet] = request
