"""One serving process of several: how it begins, gives signs of life, and ends, at the latest with its parent."""

import asyncio
import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NoReturn

from covermock.mock_server import Mock
from covermock.mock_server.server.server import Server, bind, serve, twin

from .crashes import tell

SIGNALS: Final = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGCHLD})
_SIGN_SECONDS: Final = 1.0  # between two signs of life
_PR_SET_PDEATHSIG: Final = 1


@dataclass(slots=True)
class Worker:
    """A worker as its parent sees it. `signs` is where its signs of life arrive; the first says that it is ready.

    Instants are in seconds of the parent's monotonic clock; `heard`, in those that the parent itself was awake.
    """

    pid: int
    signs: int
    heard: float
    ready: float | None = None
    frozen: bool = False

    def listen(self, now: float, awake: float) -> None:
        """Note what signs of life have come."""
        with suppress(BlockingIOError):
            if os.read(self.signs, 4096):
                self.heard = awake
                self.ready = now if self.ready is None else self.ready

    def signal(self, *numbers: signal.Signals) -> None:
        """Send it signals, if it still lives."""
        with suppress(ProcessLookupError):
            for number in numbers:
                os.kill(self.pid, number)


@dataclass(frozen=True, slots=True)
class Post:
    """What every worker is given: what to serve and where, and a pipe whose other end is open while its parent lives.

    The mock was made before the first fork, so that a successor serves what the first one does, whatever has become of
    the files since; its store has no connection yet.
    """

    mock: Mock
    address: tuple[str, int]
    life: int

    def start(self, awake: float, private: Iterable[int]) -> Worker:
        """Start a worker, which closes the `private` descriptors of its parent. Raises `OSError`."""
        signs, tell_life = os.pipe()
        os.set_blocking(signs, False)
        os.set_blocking(tell_life, False)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            pid = os.fork()
            if pid == 0:
                self._live(tell_life, [signs, *private])
        except OSError:
            os.close(signs)
            raise
        finally:
            os.close(tell_life)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return Worker(pid, signs, awake)

    def _live(self, tell_life: int, private: Iterable[int]) -> NoReturn:
        """Serve, and never come back."""
        code = 1
        try:
            _like_new(private)
            with bind(*self.address, shared=True) as listener, twin(listener, self.address[0], shared=True) as also:
                asyncio.run(self._serve(Server(self.mock, listener, *also), tell_life))
            code = 0
        except BaseException as crash:  # noqa: BLE001 - nothing may come back into the parent's code
            tell(crash)
        finally:
            os._exit(code)

    async def _serve(self, server: Server, tell_life: int) -> None:
        loop = asyncio.get_running_loop()

        def sign() -> None:
            with suppress(OSError):  # the pipe is full, or nobody reads it any more
                os.write(tell_life, b".")
            loop.call_later(_SIGN_SECONDS, sign)

        loop.add_reader(self.life, server.stop)
        await serve(server, sign)


def _like_new(private: Iterable[int]) -> None:
    """Forget what was the parent's: its descriptors, what it did with signals, and that these wait."""
    for number in private:
        os.close(number)
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    with suppress(Exception):  # Linux: one that is stopped goes on when the parent dies, and so sees that it has to end
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGCONT), 0, 0, 0)
