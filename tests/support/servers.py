"""Real servers on free ports: the `covermock serve` process, and the same server in a thread."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPResponse
from queue import Queue
from threading import Thread
from typing import Any

import httpx
from covermock.mock_server import Mock
from covermock.mock_server.server.server import Server, bind, url_of

PATIENCE = 120.0  # seconds until a wait for an event counts as a failure
COVERMOCK = (sys.executable, "-m", "covermock.cli")


def environment(**more: str) -> dict[str, str]:
    """Return the environment for a command: this one without our own variables, plus `more`."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERMOCK_")} | more


def run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the covermock command to its end."""
    command = [*COVERMOCK, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env=environment(**env), timeout=PATIENCE, check=False
    )


@dataclass
class Process:
    """A running `covermock serve`; `url` comes from the first line of its standard output.

    `said` is what it has said on standard error before.
    """

    popen: subprocess.Popen[str]
    url: str
    said: str = ""

    @property
    def port(self) -> int:
        """Return the port it listens on."""
        return int(self.url.rpartition(":")[2])

    @property
    def alive(self) -> bool:
        """Tell whether the process lives."""
        return self.popen.poll() is None

    def line(self) -> str:
        """Return the next line of its standard output."""
        assert self.popen.stdout is not None
        return self.popen.stdout.readline().rstrip("\n")

    def world(self, **fields: Any) -> str:
        """Make a world of one's own and return the key of its first account."""
        return new_key(self.url, **fields)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.popen.send_signal(number)
        return self.popen.wait(PATIENCE)


def new_key(url: str, **fields: Any) -> str:
    """Make a world at the server and return the key of its first account."""
    world = httpx.post(f"{url}/__mock/worlds", json=fields, trust_env=False)
    assert world.status_code == 201, world.text
    return str(next(iter(world.json()["accounts"].values()))["key"])


@contextlib.contextmanager
def serving(*arguments: str, **env: str) -> Iterator[Process]:
    """Run `covermock serve` on a free port, and end it whatever happens."""
    command = [*COVERMOCK, "serve", "--port", "0", *arguments]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, text=True, env=environment(**env), **streams) as popen:  # type: ignore[call-overload]
        try:
            assert popen.stdout is not None
            said: list[str] = []
            while not (line := popen.stdout.readline()).startswith("covermock listening on http://"):
                assert line, "".join(said)
                said.append(line)
            yield Process(popen, line.split()[-1], "".join(said))
        finally:
            popen.kill()


@contextlib.contextmanager
def in_thread(mock: Mock) -> Iterator[str]:
    """Serve a mock of this process from a thread, and yield its URL."""
    with server_in_thread(mock) as (url, _):
        yield url


@contextlib.contextmanager
def server_in_thread(mock: Mock) -> Iterator[tuple[str, Server]]:
    """Serve a mock of this process from a thread, and yield its URL and the server."""
    ready: Queue[tuple[asyncio.AbstractEventLoop, Server, str]] = Queue()

    async def main() -> None:
        with bind("127.0.0.1", 0) as listener:
            server = Server(mock, listener)
            url = url_of(listener, "127.0.0.1")
            await server.run(lambda: ready.put((asyncio.get_running_loop(), server, url)))

    thread = Thread(target=asyncio.run, args=(main(),))
    thread.start()
    loop, server, url = ready.get(timeout=PATIENCE)
    try:
        yield url, server
    finally:
        loop.call_soon_threadsafe(server.stop)
        thread.join(PATIENCE)


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer read from a raw socket."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Return the JSON body."""
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, str]:
        """Return (status, error.type) of a well-formed envelope."""
        envelope = self.json["error"]
        assert sorted(envelope) == ["code", "message", "type"]
        assert envelope["code"] == self.status
        assert self.headers["content-type"] == "application/json"
        return self.status, envelope["type"]


def receive(connection: socket.socket, method: str = "GET") -> Raw:
    """Read one complete answer; a body shorter than its Content-Length raises."""
    response = HTTPResponse(connection, method=method)
    response.begin()
    body = response.read()
    return Raw(response.status, {name.lower(): value for name, value in response.getheaders()}, body)


def exchange(port: int, *pieces: bytes, method: str = "GET", half_close: bool = False) -> Raw:
    """Send the pieces over a raw socket and return the first answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        send(connection, pieces)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        return receive(connection, method)


def send(connection: socket.socket, pieces: Sequence[bytes]) -> None:
    """Send each piece in a packet of its own; a server that answers early may have closed before the last."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for piece in pieces:
            connection.sendall(piece)
