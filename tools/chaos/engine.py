"""A redis-server of one's own, which writes all that it acknowledges to disk, and a way to it that can be cut."""

import asyncio
import contextlib
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import redis

PATIENCE = 60.0  # seconds until something that has to happen counts as missing


class Redis:
    """Reached over a socket file in `folder`, so that no port can be another's. One that isn't `durable` forgets."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.path = folder / "redis.sock"
        options = ["--port", "0", "--unixsocket", str(self.path), "--dir", str(folder), "--save", ""]
        written = ["--appendonly", "yes", "--appendfsync", "always"] if durable else []
        self._command = ["redis-server", *options, *written]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it on what it has written; return once it answers."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self._answers)

    def kill(self) -> None:
        """Kill it, with no chance to write anything."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def tell(self, *words: str | int) -> None:
        """Send it a command, past the way that can be cut."""
        with redis.Redis(unix_socket_path=str(self.path), socket_timeout=PATIENCE) as client:
            client.execute_command(*words)

    def _answers(self) -> bool:
        with contextlib.suppress(redis.RedisError):
            self.tell("PING")
            return True
        return False


def until(condition: Callable[[], bool]) -> None:
    """Ask again and again until it is so. Raises `TimeoutError`."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"expected it within {PATIENCE:g} s")
        time.sleep(0.01)


class Way:
    """A port of its own that leads to a socket file, and can drop what is on it, stall it, or lose all answers."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._refuses = self._deaf = False
        self._open = asyncio.Event()
        self._open.set()
        self._travellers: set[asyncio.Task[None]] = set()

    async def listen(self) -> int:
        """Listen on a free port and return it."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def drop(self) -> None:
        """Break every connection, and each that comes."""
        self._refuses = True
        self._break()

    def stall(self) -> None:
        """Pass nothing on, either way."""
        self._open.clear()

    def lose_answers(self) -> None:
        """Pass on what goes to Redis, and nothing that comes back."""
        self._deaf = True

    def cure(self) -> None:
        """Be as in the beginning; where answers were lost, no connection is of use any more."""
        if self._deaf:
            self._break()
        self._refuses = self._deaf = False
        self._open.set()

    async def close(self) -> None:
        self.cure()
        self._server.close()
        self._break()
        await asyncio.gather(*self._travellers, return_exceptions=True)

    def _break(self) -> None:
        for task in self._travellers:
            task.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._travellers.add(task)
        try:
            if not self._refuses:
                await self._travel(reader, writer)
        except (OSError, asyncio.CancelledError):  # cancelled by `_break`: the connection just ends
            pass
        finally:
            self._travellers.discard(task)
            writer.transport.abort()

    async def _travel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on until either side ends."""
        there, back = await asyncio.open_unix_connection(str(self._path))
        both = [
            asyncio.ensure_future(self._pass(reader, back, answers=False)),
            asyncio.ensure_future(self._pass(there, writer, answers=True)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in both:
                one.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            back.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool) -> None:
        while data := await reader.read(65536):
            await self._open.wait()
            if not (answers and self._deaf):
                writer.write(data)
                await writer.drain()
