"""Requests that were parsed before: a client that polls sends the same bytes again, and they mean the same.

A packet that comes again is the same request; one with a known head is that head with a body of its own.
"""

from ...http.messages import Request
from .head import KEEP, Head

_END = b"\r\n\r\n"
_KEPT = 1024  # heads, and as many whole packets
_LONGEST = 2048  # bytes of a head that is kept
_SHORT = 1024  # bytes of a packet that is kept


class Heads:
    """What heads said by their bytes, and what packets said that were one whole request each."""

    def __init__(self) -> None:
        self._known: dict[bytes, Head] = {}
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
        recurs = len(packet) <= _SHORT
        request = Request(known.method, known.path, known.query, known.headers, packet[end:], recurs, end)
        if recurs:
            self._keep(packet, request)
        return request

    def head(self, raw: bytes) -> Head | None:
        """Return what a head says, if it came before."""
        return self._known.get(raw)

    def remember(self, raw: bytes, head: Head) -> None:
        """Keep what a parser made of a whole head, if that asks for nothing besides an answer."""
        if len(raw) > _LONGEST or head.connection != KEEP or head.length is None or head.expects:
            return
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[raw] = head

    def _keep(self, packet: bytes, request: Request) -> None:
        if len(self._same) >= _KEPT:
            self._same.clear()
        self._same[packet] = request
