"""What the fuzzer touches of covermock's inside: the only module to change when rooms are moved."""

import socket
from copy import copy
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from covermock.mock_server import Answer, Mock, Request, Settings
from covermock.mock_server.gateway.gateway import Gateway
from covermock.mock_server.stores.memory import MemoryStore
from covermock.mock_server.world.files import WorldFiles, merge
from covermock.openapi import Contract, Source

FIRST = str(Path(__file__).with_name("first.yaml"))
WALL = 1_780_000_000.0  # the wall instant of all that is played
HOST = {"host": "127.0.0.1:8080"}
JSON = {**HOST, "content-type": "application/json"}


def renew(mock: Mock) -> None:
    """Empty the mock of all that was done with it, and begin with its first world."""
    empty(mock)
    first(mock)


def empty(mock: Mock) -> None:
    """Empty the mock of all worlds."""
    store = MemoryStore()
    store.set_limits(mock.settings.limits)
    mock.store = store
    mock.gateway._find_key = store.find_key
    mock.control.store = store
    mock.stirred = set()


def first(mock: Mock) -> None:
    """Begin with the first world."""
    found(mock, *_first(mock.files))


@cache
def _first(files: WorldFiles) -> tuple[str, Any, Source]:
    return files.load(FIRST)


def found(mock: Mock, name: str, spec: Any, source: Source) -> None:
    """Take the world of a file in, as `covermock serve --world` does."""
    mock.store.start_with(mock.files.build(name, merge(spec, mock.settings.over), source, mock.contract, WALL))


def under(mock: Mock, contract: Contract) -> Mock:
    """Return a mock like this one under another contract, with a store of its own and no world yet."""
    other = copy(mock)
    other.contract, other.store, other.stirred = contract, MemoryStore(), set()
    other.gateway = Gateway(contract, other.store.find_key)
    other.control = replace(mock.control, contract=contract, store=other.store)
    return other


def changed(source: Source, data: Any) -> Source:
    """Return the source with other data, and the lines of its own, which are found only once."""
    other = source.with_data(data)
    other.__dict__["lines"] = source.lines
    return other


def control(mock: Mock, method: str, path: str, body: bytes = b"", query: str = "") -> Answer:
    """Call the control API."""
    return mock.answer(Request(method, f"/__mock/{path}", query, JSON if body else HOST, body), WALL)


def webhook_bodies(mock: Mock, name: str, now: float) -> list[bytes]:
    """Return the bodies of all webhooks of a world, as they would be sent at its time `now`."""
    world = mock.store.world(name)
    assert world is not None
    return [mock.gateway.callback(world, delivery, now) for delivery in world.outbox]


class Wired:
    """A server without a socket: it notes each request that it answers in `seen`, and sends no webhooks."""

    def __init__(self, mock: Mock) -> None:
        from covermock.mock_server.server.http1 import Connection
        from covermock.mock_server.server.http1.packets import Heads
        from covermock.mock_server.server.pending import Waiting
        from covermock.mock_server.server.server import Server

        self._connection, self._heads, self._waiting = Connection, Heads, Waiting
        self.mock = mock
        self.seen: list[Request] = []
        with socket.socket() as listener:
            self._server = Server(mock, listener)
        self._server.courier.poke = lambda: None  # type: ignore[method-assign]
        self._shared = self._server._shared
        self._respond, self._shared.respond = self._shared.respond, self._noted

    def _noted(self, request: Request, client: Any) -> None:
        self.seen.append(request)
        self._respond(request, client)

    def connection(self, *, cold: bool) -> Any:
        """Return a new connection; a cold one knows no packet from before."""
        self._server._last = 0.0  # time begins anew with each input, and was not set back; timers are gone
        self._server._waiting = self._waiting(self.mock.settings.limits.waits)
        if cold:
            self._shared.heads = self._heads()
        return self._connection(self._shared)

    def look(self, now: float) -> None:
        """Do what the server does from time to time."""
        self._shared.look(now)


_KEPT = 65_536  # bytes of a body that is too large which anybody looks at


class Reading:
    """Readers of connections that share what servers share: heads that came before, and room for bodies."""

    def __init__(self) -> None:
        from covermock.mock_server.limits import Limits
        from covermock.mock_server.server.http1 import reader
        from covermock.mock_server.server.http1.body import CrowdedError, Stock
        from covermock.mock_server.server.http1.packets import Heads

        self._module, self._heads, self._crowded = reader, Heads, CrowdedError
        self._limits, self._known, self.stock = Limits(), Heads(), Stock(1 << 24)

    def cold(self, pieces: list[bytes]) -> list[Any]:
        """Return what is read where nothing came before."""
        return self._read(self._heads(), pieces)

    def warm(self, pieces: list[bytes]) -> list[Any]:
        """Return what is read where all inputs so far came before."""
        return self._read(self._known, pieces)

    def _read(self, heads: Any, pieces: list[bytes]) -> list[Any]:
        reader = self._module.Reader(heads, self._limits, lambda path: 100 if path == "/" else 1 << 16, self.stock)
        read: list[Any] = []
        try:
            for piece in pieces:
                reader.feed(piece)
                while self._took(reader, read):
                    pass
                if read and read[-1][-1] == self._module.CLOSE:
                    break
        except (self._module.MalformedError, self._crowded) as error:
            read.append((type(error).__name__, str(error)))
        else:
            read.append((reader.phase, reader.begun, reader.body_seen, reader.waiting if reader.begun else 0))
        reader.end()
        return read

    def _took(self, reader: Any, read: list[Any]) -> bool:
        if read and read[-1][-1] == self._module.CLOSE:
            return False
        taken = reader.take()
        if reader.expects:
            reader.expects = False
            read.append(("100 Continue",))
            return True
        if taken is not None:
            request, connection = taken
            read.append((replace(request, body=request.body[:_KEPT]), len(request.body) > _KEPT, connection))
        return taken is not None


__all__ = ["Answer", "Mock", "Reading", "Request", "Settings", "Wired"]
