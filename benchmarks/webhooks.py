"""Webhooks: thousands that are due at once, and a quick receiver beside slow ones: `python -m benchmarks.webhooks`."""

import asyncio
import contextlib
import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from statistics import median

from . import ours
from .measuring import Ask, BrokenError, Server, send, started

MANY = 5000  # webhooks that become due at once
SLOW = 150  # worlds with a receiver that never answers
LOOKS = 200  # status requests that are timed, each after a pause
PAUSE = 0.005


came: list[float] = []  # when each webhook had come


class Quick(asyncio.Protocol):
    """Answers each webhook at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to read."""
        self._transport = transport
        self._bytes = b""

    def data_received(self, data: bytes) -> None:
        """Answer once the body is whole."""
        self._bytes += data
        if self._bytes.endswith(b"}"):
            came.append(time.perf_counter())
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")  # type: ignore[attr-defined]
            self._transport.close()


@contextlib.contextmanager
def quick() -> Iterator[str]:
    """Receive webhooks in a thread of this process; yield the URL."""
    loop, listener = asyncio.new_event_loop(), socket.create_server(("127.0.0.1", 0), backlog=1024)
    loop.run_until_complete(loop.create_server(Quick, sock=listener))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        listener.close()


def owe(port: int, world: str, url: str, count: int = 1) -> None:
    """Make a world, and start tasks in it that owe a webhook."""
    spec = {
        **ours.WORLD,
        "name": world,
        "drive": "manual",
        "accounts": {"main": {"key": f"aio_{world}", "credits": 10**9}},
    }
    ours.control(port, "POST", "worlds", spec)
    headers = {"Authorization": f"Bearer aio_{world}", "Content-Type": "application/json"}
    ask = Ask("POST", ours.GENERATE, headers, json.dumps({"audio_id": ours.AUDIO, "callback_url": url}))
    for _ in range(count):
        code, raw = send(port, ask)
        if code != 200:
            raise BrokenError(f"generate: {code} {raw!r}")


def end(port: int, world: str) -> None:
    """End all tasks of the world."""
    ours.control(port, "POST", f"worlds/{world}/clock/advance", {"seconds": 3600})


def latency(server: Server, task: str) -> float:
    """Return the milliseconds of a status request, the median of many."""
    times = []
    for _ in range(LOOKS):
        begun = time.perf_counter()
        send(server.port, ours.status(task))
        times.append((time.perf_counter() - begun) * 1e3)
        time.sleep(PAUSE)
    return median(times)


def arrived(count: int) -> float:
    """Return when so many webhooks had come."""
    end = time.monotonic() + 120
    while len(came) < count:
        if time.monotonic() > end:
            raise BrokenError(f"{len(came)} of {count} webhooks came")
        time.sleep(0.001)
    return came[count - 1]


def many(url: str) -> str:
    """Return how fast a world's webhooks go that are due at once, and what others feel of it."""
    with started(ours.command, ours.LIVEZ, log="webhooks") as server:
        task = ours.prepared(server)
        alone = latency(server, task)
        owe(server.port, "many", url, MANY)
        begun = time.perf_counter()
        end(server.port, "many")
        beside = latency(server, task)
        rate = MANY / (arrived(MANY) - begun)
    return f"{MANY} due at once: {rate:.0f}/s; a status takes {beside:.2f} ms meanwhile, {alone:.2f} ms before"


def beside_slow_ones(url: str) -> str:
    """Return how long a webhook takes while many worlds have a receiver that never answers."""
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(SLOW)]
        server = stack.enter_context(started(ours.command, ours.LIVEZ, log="webhooks"))
        for number, listener in enumerate(silent):
            owe(server.port, f"slow{number}", f"http://127.0.0.1:{listener.getsockname()[1]}/")
            end(server.port, f"slow{number}")
        owe(server.port, "quick", url)
        begun = time.perf_counter()
        end(server.port, "quick")
        waited = (arrived(1) - begun) * 1e3
    return f"beside {SLOW} worlds with a silent receiver a webhook comes {waited:.1f} ms after its task was ended"


def main() -> None:
    """Print both."""
    with quick() as url:
        sys.stdout.write(f"{many(url)}\n")
        came.clear()
        sys.stdout.write(f"{beside_slow_ones(url)}\n")


if __name__ == "__main__":
    main()
