"""`covermock serve --workers N` as a process: its workers, its log, and how it ends."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

from .engine import PATIENCE, until

_FAILURES = ("Traceback", "Error:", "covermock: expected")


class Crew:
    """The first crew: it is started once. `failures` are the lines of its log that tell of a fault of ours."""

    def __init__(self, workers: int, store: str, world: Path) -> None:
        command = [sys.executable, "-m", "covermock.cli", "serve", "--port", "0", "--log", "none"]
        told = ["--store", store, "--workers", str(workers), "--world", str(world)]
        env = {name: value for name, value in os.environ.items() if not name.startswith("COVERMOCK_")}
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self._process = subprocess.Popen([*command, *told], text=True, env=env, **streams)  # type: ignore[call-overload]
        self._count = workers
        self.failures: list[str] = []
        self.said: list[str] = []
        self.port = self._port()
        self._thread = Thread(target=self._read)
        self._thread.start()

    def _port(self) -> int:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said.append(line)
            if line.startswith("covermock listening on "):
                return int(line.rpartition(":")[2])
        raise RuntimeError(f"expected a server, received {''.join(self.said)}")

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said.append(line)
            if any(word in line for word in _FAILURES):
                self.failures.append(line.strip())

    def workers(self) -> list[int]:
        """Return the process ids of the workers that live."""
        pid = self._process.pid
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            return sorted(int(child) for child in children if _lives(int(child)))
        return []

    def whole(self) -> bool:
        """Return True if as many workers live as there should be."""
        return len(self.workers()) == self._count

    def end(self) -> tuple[int, int]:
        """Ask it to end; return its exit code and how many workers outlived it."""
        workers = self.workers()
        self._process.terminate()
        try:
            code = self._process.wait(PATIENCE)
            with contextlib.suppress(TimeoutError):
                until(lambda: not any(map(_lives, workers)))
            return code, sum(map(_lives, workers))
        finally:
            self._kill(workers)

    def _kill(self, workers: list[int]) -> None:
        """Leave nobody behind, whatever has happened."""
        self._process.kill()
        for pid in workers:
            hit(pid, signal.SIGKILL)
        self._thread.join(PATIENCE)
        if self._process.stdout is not None:
            self._process.stdout.close()


def hit(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that may just have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
