"""The server: sockets, signals and threads around a `Mock`. Flask makes the answers of media conditional."""

import asyncio
import itertools
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from threading import Barrier, Lock

from ..control import PREFIX
from ..http.messages import Answer, Request
from ..http.redaction import Keys
from ..log.requests import request_log
from ..mock import Mock
from ..real_time import CLOCKS
from ..webhooks.sender import Courier
from . import wsgi
from .door import Door, room
from .http1 import Connection, Shared
from .notices import Notices
from .pending import Client, Noted, Waiting
from .spare_memory import give_back
from .together import Together

_log = logging.getLogger("covermock")

_SWEEP_SECONDS = 0.5
_SWEEPS_OF_STORE = 10  # sweeps between two looks for webhooks that a process which is gone was to send
_SWEEPS_OF_MEMORY = 60  # sweeps between two times at which free memory is given back
_DRAIN_SECONDS = 5.0
_THREADS = 2  # for long work: more would share the interpreter, and let short requests wait longer for it
_ANY = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104 - not bound to, but shown


class Server:
    """Serves a mock on a bound socket until told to stop. `mock` may be exchanged while it runs."""

    def __init__(self, mock: Mock, *listeners: socket.socket) -> None:
        limits, notices = mock.settings.limits, Notices()
        self._together = Together(lambda: self.mock, self._finish)
        self._shared = Shared(mock, self._respond_together if mock.store.far else self._respond, limits, notices)
        most = room(limits)
        self._door = Door(listeners, most, lambda: Connection(self._shared), self._shared.refusal, notices)
        self._shared.leave = self._door.leave
        self._threads = ThreadPoolExecutor(_THREADS, "covermock")
        self._stopped = asyncio.Event()
        self._flask: tuple[Mock, wsgi.Application] | None = None
        self._making = Lock()
        self._last = 0.0  # when the last request came, by the wall clock
        self._waiting = Waiting(limits.waits)
        self.courier = Courier(lambda: self.mock, mock.settings.allow_callback)
        self._log = request_log(
            mock.settings.log,
            mock.first,
            self._refusal_text,
            Keys(frozenset(mock.gateway.keys).__contains__, mock.contract.scheme),
        )
        self._requests = self._log if self._log and self._log.tells_requests else None
        self._shared.note = self._requests.note if self._requests else None

    @property
    def mock(self) -> Mock:
        return self._shared.mock

    def _refusal_text(self, request: Request, answer: Answer) -> str:
        return self.mock.refusal_text(request, answer)

    def exchange(self, mock: Mock) -> None:
        """Serve another mock from now on; what waits for worlds of the old one ends."""
        old, self._shared.mock = self.mock, mock
        with old.lock:
            old.store.close()

    def stop(self) -> None:
        """Finish what is being answered, then end `run`. From another thread, go through the loop."""
        self._stopped.set()

    async def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serve until `stop`; `ready` is called once connections are accepted."""
        loop = asyncio.get_running_loop()
        with self._log or nullcontext():
            await self._run(loop, ready)

    async def _run(self, loop: asyncio.AbstractEventLoop, ready: Callable[[], None]) -> None:
        self._door.open()
        self._start_threads()
        sweeper = loop.create_task(self._sweep())
        ready()
        await self._stopped.wait()
        self._door.close()
        sweeper.cancel()
        self._waiting.stop()
        await self._drain()
        self.courier.stop()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _start_threads(self) -> None:
        """Start all threads now: one that comes hours later looks like a leak, and may find no room."""
        together = Barrier(_THREADS)
        for _ in range(_THREADS):
            self._threads.submit(together.wait)
        self.courier.poke()

    def _respond_together(self, request: Request, client: Connection) -> None:
        if request.path.startswith(PREFIX):
            self._respond(request, client)
        else:
            self._together.add(request, client)

    def _respond(self, request: Request, client: Connection) -> None:
        mock = self._shared.mock
        if not request.path.startswith(PREFIX) or mock.short(request):
            began = CLOCKS.wall()
            if began < self._last:
                began = self._go_on()
            self._last = began
            self._finish(request, client, mock.answer(request, began), began)
            return
        loop, began = asyncio.get_running_loop(), CLOCKS.wall()
        work = loop.run_in_executor(self._threads, self._in_thread, request)
        finish = lambda done: None if done.cancelled() else self._finish(request, client, done.result(), began)  # noqa: E731
        work.add_done_callback(finish)

    def _go_on(self) -> float:
        """Return the time as it goes on where the machine's was set back: no task of this process goes back with it."""
        return CLOCKS.wall() if self.mock.store.far else CLOCKS.go_on(self._last)  # Redis's time is not this machine's

    def _finish(self, request: Request, client: Connection, answer: Answer, began: float) -> None:
        """Let the answer go out, now or when it is due, and what follows from the request."""
        if answer.hold is None and (answer.stream is None or request.method == "HEAD"):
            client.reply(answer)
            log = self._requests
            if log is not None:
                log.note(request, answer, began) if log.tally is None else log.tally(answer.status)
        else:
            self._hold(request, self._with_note(request, client, began), answer)
        self._waiting.soon()  # those that may be met by what has changed
        if self._shared.mock.stirred:
            self.courier.poke()

    def _hold(self, request: Request, client: Client, answer: Answer) -> None:
        """Let an answer go out when it is due, or piece by piece."""
        if self._waiting.full and request.path.startswith(PREFIX):  # where nothing has happened that is to be told
            client.reply(self._shared.limit_answer("waits", request.path))
        elif answer.hold is not None:
            self._waiting.keep(self.mock, answer.hold, client, request)
        elif answer.stream is not None:
            client.reply(answer)
            self._waiting.follow(self.mock, answer.stream, client, request)

    def _with_note(self, request: Request, client: Client, began: float) -> Client:
        """Return the client, so that the log knows when it gets its answer."""
        return client if self._requests is None else Noted(client, request, began, self._requests.note)

    def _in_thread(self, request: Request) -> Answer:
        """Answer in a thread. Flask is imported when first needed, since that costs a tenth of a second."""
        mock = self.mock
        if not mock.in_parts(request):
            return mock.answer(request, CLOCKS.wall())
        try:
            with self._making:
                if self._flask is None or self._flask[0] is not mock:
                    from .flask_app import create_app

                    self._flask = (mock, create_app(mock).wsgi_app)
            return replace(wsgi.call(self._flask[1], request), why={"operation": mock.operation_of(request)})
        except Exception as crash:  # noqa: BLE001 - the last line of defence: a request is never left unanswered
            return mock.crash_answer(request, crash)

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        for number in itertools.count(1):
            await asyncio.sleep(_SWEEP_SECONDS)
            try:
                self._last = CLOCKS.wall() if CLOCKS.wall() >= self._last else self._go_on()
                for _ in self._shared.looks(loop.time):
                    await asyncio.sleep(0)
                if number % _SWEEPS_OF_STORE == 0:
                    self.mock.take_over(CLOCKS.wall())
                    if self.mock.stirred:
                        self.courier.poke()
                if number % _SWEEPS_OF_MEMORY == 0:
                    await loop.run_in_executor(self._threads, give_back)
            except Exception:  # noqa: BLE001 - nothing that takes too long would ever end again
                _log.exception("the sweep of connections failed; it goes on")

    async def _drain(self) -> None:
        """Let what is being answered go out, but not without end."""
        loop = asyncio.get_running_loop()
        connections = self._shared.connections
        end = loop.time() + _DRAIN_SECONDS
        while connections and loop.time() < end:
            for connection in [c for c in connections if c.idle]:
                connection.close()
            await asyncio.sleep(0.01)
        for connection in list(connections):
            connection.abort()


def bind(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Return a bound socket; a `shared` one leaves room for those of other processes. Raises `OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        exclusive = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)  # Windows, where SO_REUSEADDR takes others' ports
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR if exclusive is None else exclusive, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


@contextmanager
def twin(listener: socket.socket, host: str, *, shared: bool = False) -> Iterator[list[socket.socket]]:
    """Yield a socket on the same port of [::1] where `localhost` may mean that, too; none where it can't be had."""
    found: list[socket.socket] = []
    if host in {"127.0.0.1", "localhost"}:
        with suppress(OSError):
            found = [bind("::1", listener.getsockname()[1], shared=shared)]
    try:
        yield found
    finally:
        for one in found:
            one.close()


def url_of(listener: socket.socket, host: str) -> str:
    """Return a URL under which the socket is reached; `host` is shown as it was asked for, if it is an address."""
    reached = _ANY.get(host, host)  # no client can connect to "any address"
    shown = f"[{reached}]" if ":" in reached else reached
    return f"http://{shown}:{listener.getsockname()[1]}"


async def serve(server: Server, ready: Callable[[], None]) -> int:
    """Run the server until SIGINT or SIGTERM; return the signal's number."""
    loop = asyncio.get_running_loop()
    received: list[int] = []

    def end(number: int) -> None:
        received.append(number)
        server.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, end, number)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda received, _: loop.call_soon_threadsafe(end, received))
    await server.run(ready)
    return received[0] if received else 0
