"""Where connections come in, up to a bound: beyond it they get 503, and with no descriptor left they wait outside."""

import asyncio
import errno
import socket
from collections.abc import Callable, Sequence

from ..limits import Limits
from .descriptors import MOST, descriptors
from .notices import Notices

_BACKLOG = 1024  # connections that the kernel keeps while nobody accepts them
_AT_ONCE = 16  # connections that are accepted before others have their turn
_REST = 0.1  # seconds until the next look, while no more can be accepted
_SPARE = 64  # descriptors for all but connections and webhooks: files, the store, and those who get 503
_LINGER = 1.0  # seconds that who gets 503 has to read it
_REFUSED = 16  # connections that are getting 503 at a time
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

Connect = Callable[[], asyncio.Protocol]


def room(limits: Limits) -> int:
    """Return how many connections may be open: the limit, or what the bound on descriptors (`ulimit -Hn`) leaves."""
    allowed = descriptors()
    most = min(max(allowed - _SPARE - limits.webhooks, allowed // 2), MOST)
    return min(limits.connections, most) if limits.connections else most


class _Refused(asyncio.Protocol):
    """A client that gets an answer before it has asked. What it sends is dropped, or it would never get the answer."""

    def __init__(self, answer: bytes, left: Callable[[], None]) -> None:
        self._answer = answer
        self._left = left

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Answer, and wait a moment for the client to end the connection."""
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._answer)
        transport.write_eof()
        self._end = asyncio.get_running_loop().call_later(_LINGER, transport.abort)

    def connection_lost(self, _: Exception | None) -> None:
        """Make room for the next."""
        self._end.cancel()
        self._left()


class Door:
    """Accepts connections on sockets that are bound. `connect` makes the protocol of one, `refusal` what others get."""

    def __init__(
        self,
        listeners: Sequence[socket.socket],
        most: int,
        connect: Connect,
        refusal: Callable[[int], bytes],
        notices: Notices,
    ) -> None:
        self._listeners = listeners
        self._most = most
        self._connect = connect
        self._refusal = refusal
        self._notices = notices
        self._inside = 0
        self._refused = 0
        self._resting: asyncio.TimerHandle | None = None
        self._entering: set[asyncio.Task[object]] = set()

    def open(self) -> None:
        self._loop = asyncio.get_running_loop()
        for listener in self._listeners:
            listener.setblocking(False)
            listener.listen(_BACKLOG)
        self._listen()

    def close(self) -> None:
        """Accept no more; the kernel refuses clients that were not accepted yet."""
        if self._resting is not None:
            self._resting.cancel()
        for listener in self._listeners:
            self._loop.remove_reader(listener.fileno())
            listener.close()

    def leave(self) -> None:
        """Know that a connection has ended."""
        self._inside -= 1

    def _let_go(self) -> None:
        self._refused -= 1

    def _listen(self) -> None:
        self._resting = None
        for listener in self._listeners:
            self._loop.add_reader(listener.fileno(), self._accept, listener)

    def _rest(self) -> None:
        for listener in self._listeners:
            self._loop.remove_reader(listener.fileno())
        self._resting = self._loop.call_later(_REST, self._listen)

    def _accept(self, listener: socket.socket) -> None:
        """Let in those who wait outside, some at a time."""
        for _ in range(_AT_ONCE):
            if self._refused >= _REFUSED:
                self._rest()
                return
            try:
                client, _ = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._starve(error)
                return
            self._enter(client)

    def _starve(self, error: OSError) -> None:
        if error.errno not in _EXHAUSTED:
            raise error
        self._notices.say("descriptors", f"no connection can be accepted ({error.strerror}); trying again")
        self._rest()

    def _enter(self, client: socket.socket) -> None:
        client.setblocking(False)
        if self._inside < self._most:
            self._inside += 1
            connect = self._connect
        else:
            self._refused += 1
            connect = self._refuse
        entering = self._loop.create_task(self._loop.connect_accepted_socket(connect, client))
        self._entering.add(entering)
        entering.add_done_callback(self._entering.discard)

    def _refuse(self) -> asyncio.Protocol:
        remedy = "--limit connections=N, and 'ulimit -Hn' above it, allow more"
        self._notices.say("connections", f"{self._most} connections are open, the next get 503; {remedy}")
        return _Refused(self._refusal(self._most), self._let_go)
