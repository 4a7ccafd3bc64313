"""Several serving processes on one port: start them, replace one that dies, end them all together."""

import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import click
from covermock.mock_server import Mock

from .exits import CannotError
from .worker import SIGNALS, Post, Worker

_OWN_FAULTS: Final = frozenset(
    {"SIGSEGV", "SIGBUS", "SIGABRT", "SIGILL", "SIGFPE", "SIGSYS"}
)  # others come from outside
_SOON, _LATER = 0.02, 1.0  # seconds between two looks: while something is about to happen, and else


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds and counts that decide about workers."""

    early: float = 1.0  # a worker that lives shorter than this has a successor only after a pause
    failures: int = 5  # in a row, after which there are no more successors
    pause: float = 0.25  # doubled with each failure
    silence: float = 30.0  # without a sign of life, after which a worker counts as frozen
    grace: float = 10.0  # for workers to finish their answers
    death: float = 1.0  # until a killed process is gone


PATIENCE: Final = Patience()


class Workers:
    """`count` processes, each with a listening socket of its own on the port of `holder`.

    The kernel shares connections out among them; `holder` is bound and never listens, so that the port stays ours.
    """

    def __init__(self, mock: Mock, holder: socket.socket, count: int) -> None:
        """`mock` must have no open connection to its store, since processes can't share one."""
        life, self._life = os.pipe()
        self._post = Post(mock, holder.getsockname()[:2], life)
        self._private = (self._life, holder.fileno())
        self._count = count
        self._patience = PATIENCE
        self._alive: dict[int, Worker] = {}
        self._due = [0.0] * count  # instants at which workers are to be started
        self._failures, self._failed_at = 0, 0.0
        self._awake = 0.0  # seconds that this process has lived and was not stopped, or the machine asleep

    def run(self, ready: Callable[[], None]) -> int:
        """Serve until a signal comes and return its number; `ready` is called once all accept connections.

        Raises `CannotError` when workers don't stay alive.
        """
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # a parent may have had it ignored
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        told = False
        try:
            while True:
                self._start_due()
                number = self._next_signal()
                if number not in {0, signal.SIGCHLD}:
                    return number
                self._bury()
                self._listen()
                if not told and self._complete():
                    ready()
                    told = True
        finally:
            self._end()

    def _complete(self) -> bool:
        return not self._due and all(worker.ready is not None for worker in self._alive.values())

    def _next_signal(self) -> int:
        """Wait for a signal and return its number, or 0 when something else may have to be done."""
        before = time.monotonic()
        seconds = _LATER if self._complete() else _SOON
        number = wait_for_signal(seconds)
        self._awake += min(time.monotonic() - before, seconds)
        return number

    def _start_due(self) -> None:
        now = time.monotonic()
        waiting, self._due = self._due, [instant for instant in self._due if instant > now]
        for _ in range(len(waiting) - len(self._due)):
            try:
                worker = self._post.start(self._awake, [*self._private, *(one.signs for one in self._alive.values())])
            except OSError as error:
                self._count_failure(f"a worker could not be started: {error.strerror}")
            else:
                self._alive[worker.pid] = worker

    def _listen(self) -> None:
        """Note who is ready; kill who has given no sign of life for long."""
        now = time.monotonic()
        for worker in self._alive.values():
            worker.listen(now, self._awake)
            if worker.ready is not None and self._failed_at < worker.ready <= now - self._patience.early:
                self._failures = 0
            if not worker.frozen and self._awake - worker.heard > self._patience.silence:
                worker.frozen = True
                _say(f"worker {worker.pid} has given no sign of life for {self._patience.silence:g} s and is killed")
                worker.signal(signal.SIGKILL)

    def _bury(self) -> None:
        """Plan successors for those that have died."""
        for worker, code in self._dead_workers():
            lived = 0.0 if worker.ready is None else time.monotonic() - worker.ready
            how = f"ended with exit code {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"
            own = code > 0 or worker.frozen or (code < 0 and signal.Signals(-code).name in _OWN_FAULTS)
            if own and lived < self._patience.early:
                self._count_failure(
                    f"worker {worker.pid} {how} {'before it was' if worker.ready is None else 'once'} ready"
                )
            else:
                self._replace(f"worker {worker.pid} {how}", self._patience.pause if lived < self._patience.early else 0)

    def _count_failure(self, what: str) -> None:
        """Count a failure. Raises `CannotError` when there were too many in a row."""
        self._failures, self._failed_at = self._failures + 1, time.monotonic()
        most = self._patience.failures
        if self._failures >= most:
            problem = f"expected workers that stay alive, received {most} failures in a row; the last: {what}"
            raise CannotError(f"{problem}; mend what the lines above say, or what runs short here, and start again")
        self._replace(f"{what} ({self._failures} of {most} in a row)", self._patience.pause * 2 ** (self._failures - 1))

    def _replace(self, what: str, pause: float) -> None:
        _say(f"{what}; another one takes its place{f' in {pause:g} s' if pause else ''}")
        self._due.append(time.monotonic() + pause)

    def _dead_workers(self) -> list[tuple[Worker, int]]:
        """Return the workers that have died, each with its exit code, or the negative number of the signal."""
        found = [(worker, os.waitpid(worker.pid, os.WNOHANG)) for worker in self._alive.values()]
        died = [(worker, os.waitstatus_to_exitcode(status)) for worker, (pid, status) in found if pid]
        for worker, _ in died:
            del self._alive[worker.pid]
            os.close(worker.signs)
        return died

    def _end(self) -> None:
        """End all workers: first asked, also those that are stopped; then, or at another signal, made to."""
        for numbers, seconds in (
            ((signal.SIGTERM, signal.SIGCONT), self._patience.grace),
            ((signal.SIGKILL,), self._patience.death),
        ):
            for worker in self._alive.values():
                worker.signal(*numbers)
            deadline = time.monotonic() + seconds
            while self._alive and time.monotonic() < deadline:
                self._dead_workers()
                if self._alive and wait_for_signal(_SOON) not in {0, signal.SIGCHLD}:
                    break


def wait_for_signal(seconds: float) -> int:
    """Wait for a signal and return its number, or 0 when the time is up."""
    if hasattr(signal, "sigtimedwait"):
        received = signal.sigtimedwait(SIGNALS, seconds)
        return received.si_signo if received else 0
    deadline = time.monotonic() + seconds
    while not (pending := signal.sigpending() & SIGNALS) and time.monotonic() < deadline:
        time.sleep(_SOON)
    return signal.sigwait(pending) if pending else 0


def _say(what: str) -> None:
    with suppress(OSError):
        click.echo(f"covermock: {what}", err=True)
