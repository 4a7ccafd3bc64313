"""Answers whose bytes go wrong, as faults ask for it: reset, empty, cut off, or in drops."""

import asyncio
import socket
import struct
from collections.abc import Callable

from ...http.messages import Answer, Wire

_DROPS = 10  # pieces of a body that drips


def reset(transport: asyncio.Transport) -> None:
    """Close with RST instead of FIN."""
    linger = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


def start(whole: bytes, answer: Answer, wire: Wire) -> bytes:
    """Return what is sent at once of an answer's bytes."""
    if wire.kind == "truncated":
        return whole[: len(whole) - max(len(answer.body) - wire.bytes, 0)]
    return whole[: whole.index(b"\r\n\r\n") + 4] if wire.kind == "drip" else b""


def drip(transport: asyncio.Transport, rest: bytes, seconds: float, end: Callable[[], None]) -> None:
    """Write the rest in pieces with a pause before each, then call `end`."""
    _drop(transport, rest, -(-len(rest) // _DROPS), seconds / _DROPS, end)


def _drop(transport: asyncio.Transport, rest: bytes, size: int, pause: float, end: Callable[[], None]) -> None:
    if transport.is_closing():
        return
    if not rest:
        end()
        return
    transport.write(rest[:size])
    asyncio.get_running_loop().call_later(pause, _drop, transport, rest[size:], size, pause, end)
