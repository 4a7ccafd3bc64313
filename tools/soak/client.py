"""A frugal HTTP client on asyncio streams, and a pace that all clients share."""

import asyncio
import json
import os
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from .samples import sample

PATIENCE = 60.0  # seconds after which an answer counts as lost
_LEAST, _MOST = 0.002, 0.5  # seconds between two requests


@dataclass
class Pace:
    """Lets requests go one after the other, so that server and clients take a `share` of one core together."""

    pid: int
    share: float
    pause: float = 0.02
    requests: int = 0
    _gate: asyncio.Lock = field(default_factory=asyncio.Lock)
    _looked: tuple[float, float] = (0.0, 0.0)

    async def turn(self) -> None:
        """Wait for one's turn."""
        async with self._gate:
            await asyncio.sleep(self.pause)
        self.requests += 1

    def adjust(self) -> None:
        """Look at what was used since the last look, and go slower or faster."""
        used, now = time.process_time() + sample(self.pid, 0.0).processor, time.monotonic()
        before, then = self._looked
        self._looked = used, now
        if before and now > then:
            took = (used - before) / (now - then)
            self.pause = min(max(self.pause * min(max(took / self.share, 0.8), 1.25), _LEAST), _MOST)


class Surprise(Exception):
    """An answer that nobody should get."""


class Client:
    """One client with a connection that it keeps, or not."""

    def __init__(self, port: int, pace: Pace, chance: random.Random) -> None:
        self.port, self.pace, self.chance = port, pace, chance
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, method: str, path: str, body: Any = None, key: str = "", *fine: int, **more: str
    ) -> tuple[int, bytes]:
        """Send a request and return its answer. Raises `Surprise` for a status that is not in `fine`."""
        await self.pace.turn()
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        status, answer = await asyncio.wait_for(
            self._exchange(request(method, path, raw, key, **more), method), PATIENCE
        )
        if status not in (fine or (200, 201, 204)):
            raise Surprise(f"{method} {path}: {status} {answer[:300]!r}")
        return status, answer

    async def json(self, method: str, path: str, body: Any = None, key: str = "", *fine: int) -> Any:
        """Send a request and return the JSON of its answer."""
        _, answer = await self.ask(method, path, body, key, *fine)
        return json.loads(answer) if answer else None

    async def _exchange(self, raw: bytes, method: str) -> tuple[int, bytes]:
        if self._streams is None or self.chance.random() < 0.2:
            await self.close()
            self._streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self._streams
        try:
            writer.write(raw)
            status, headers = await head(reader)
            body = await reader.readexactly(int(headers.get(b"content-length", 0))) if method != "HEAD" else b""
        except (OSError, asyncio.IncompleteReadError):
            await self.close()
            raise
        if headers.get(b"connection", b"").lower() == b"close":
            await self.close()
        return status, body

    async def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


@asynccontextmanager
async def opened(port: int, pace: Pace) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Open a connection in one's turn, and close it whatever happens."""
    await pace.turn()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


def request(method: str, path: str, body: bytes, key: str, **more: str) -> bytes:
    """Return the bytes of a request."""
    headers = {"Host": "127.0.0.1", "Content-Length": str(len(body)), **more}
    if body:
        headers.setdefault("Content-Type", "application/json")
    if key:
        headers["Authorization"] = f"Bearer {key}"
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


async def head(reader: asyncio.StreamReader) -> tuple[int, dict[bytes, bytes]]:
    """Read the head of an answer."""
    text = await reader.readuntil(b"\r\n\r\n")
    first, *lines = text[:-4].split(b"\r\n")
    pairs = (line.partition(b":") for line in lines)
    return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}


def distinct() -> str:
    """Return a text that no request had before."""
    return os.urandom(6).hex()
