"""Several serving processes on one port: start them, replace one that dies, end them all together."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable
from typing import NoReturn

from covermock.mock_server import Mock
from covermock.mock_server.server.server import Server, bind, serve

_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGCHLD})
_SHORT_LIFE = 1.0  # seconds; the successor of a worker that died sooner has to wait as long
_GRACE = 10.0  # seconds that workers have to end


class Workers:
    """`count` processes, each with a mock and a listening socket of its own on the port of `holder`.

    The kernel shares connections out among them; `holder` is bound and never listens, so that the port stays ours.
    Each worker ends when this process does, however that came about.
    """

    def __init__(self, make: Callable[[], Mock], holder: socket.socket, count: int) -> None:
        self._make = make
        self._address = holder.getsockname()[:2]
        self._count = count
        self._began: dict[int, float] = {}
        self._life, self._alive = os.pipe()

    def run(self, ready: Callable[[], None]) -> int:
        """Serve until a signal comes and return its number; `ready` is called once all accept connections."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        for started in [self._start() for _ in range(self._count)]:
            with os.fdopen(started, "rb") as pipe:
                pipe.read(1)
        ready()
        while True:
            number = signal.sigwait(_SIGNALS)
            if number != signal.SIGCHLD:
                self._end()
                return number
            for began in self._reaped():
                time.sleep(_SHORT_LIFE if time.monotonic() - began < _SHORT_LIFE else 0)
                os.close(self._start())

    def _start(self) -> int:
        """Start a worker; return where it writes a byte once it is ready."""
        told, tell = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(told)
            self._work(tell)
        os.close(tell)
        self._began[pid] = time.monotonic()
        return told

    def _reaped(self) -> list[float]:
        """Return when the workers began that have died."""
        died = [pid for pid in self._began if os.waitpid(pid, os.WNOHANG)[0]]
        return [self._began.pop(pid) for pid in died]

    def _end(self) -> None:
        for pid in self._began:
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE
        while self._began and time.monotonic() < deadline:
            self._reaped()
            signal.sigtimedwait({signal.SIGCHLD}, 0.05)
        for pid in self._began:
            os.kill(pid, signal.SIGKILL)

    def _work(self, tell: int) -> NoReturn:
        """Serve as a worker, and never come back."""
        code = 1
        try:
            os.close(self._alive)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            with bind(*self._address, shared=True) as listener:
                asyncio.run(self._serve(Server(self._make(), listener), tell))
            code = 0
        except KeyboardInterrupt:
            code = 130
        finally:
            os._exit(code)

    async def _serve(self, server: Server, tell: int) -> None:
        asyncio.get_running_loop().add_reader(self._life, server.stop)
        await serve(server, lambda: os.write(tell, b"."))  # type: ignore[arg-type]
