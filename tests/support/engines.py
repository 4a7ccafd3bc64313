"""A real redis-server in a folder of its own, reached over a socket file there: no port, so none to collide on."""

import contextlib
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from covermock.mock_server.mock import MakeStore
from covermock.mock_server.stores.redis import RedisStore

from support.servers import PATIENCE

DURABLE = ("--appendonly", "yes", "--appendfsync", "always")


class Engine:
    """A redis-server that can be stopped, killed and started again on what it has written."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.url = f"unix://{folder / 'redis.sock'}"
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; return once it answers."""
        socket = str(self.folder / "redis.sock")
        command = ["redis-server", "--port", "0", "--unixsocket", socket, "--dir", str(self.folder), "--save", ""]
        self._process = subprocess.Popen([*command, *self._options], stdout=subprocess.DEVNULL)
        wait_until(self.answers)

    def answers(self) -> bool:
        """Tell whether it answers."""
        with redis.Redis.from_url(self.url) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

    def kill(self) -> None:
        """Kill it, with no chance to write anything."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(PATIENCE)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it do nothing for a while, with its connections open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def empty(self) -> None:
        """Take everything out."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def store(self, lease: float = 30.0) -> MakeStore:
        """Return what makes a store in it."""
        return lambda contract: RedisStore(self.url, contract, lease)


@contextlib.contextmanager
def engine(*options: str) -> Iterator[Engine]:
    """Run a redis-server; without the program the test is skipped by name."""
    if shutil.which("redis-server") is None:
        pytest.skip("needs redis-server, which is not installed")
    with tempfile.TemporaryDirectory(prefix="covermock-") as folder:
        running = Engine(Path(folder), *options)
        try:
            running.start()
            yield running
        finally:
            running.kill()


def wait_until(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Ask again and again until it is so."""
    import time

    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"expected it within {seconds:g} s"
        time.sleep(0.005)  # a program outside says nothing by itself
