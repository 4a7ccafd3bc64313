"""A client beside 10,000 idle and 2,000 dripping connections, and how soon those that go are let go.

`make crowd ARGS=--write` puts the figures into docs/reliability.md. It needs as many descriptors as connections
(`ulimit -n`), on either side.
"""

import os
import resource
import socket
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from threading import Event, Thread

import sections

from . import ours
from .measuring import PATIENCE, Ask, Server, memory_mb, started
from .paced import latencies, percentile

IDLE, DRIPPING = 10_000, 2_000
RATE = 100.0  # requests a second of the client beside them
SECONDS = 45.0  # so long that each head which drips runs out of its time once
_HEAD = b"GET / HTTP/1.1\r\nHost: x\r\nX-Drip: "
_ROUNDS = 20  # of connections that go, of each kind
_LIVE = b"GET /__mock/livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
_EVENTS = b"GET /__mock/worlds/bench/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
_BODY = b'{"requests": {"count": 1000000}, "timeout": 60}'
_WAIT = (
    b"POST /__mock/worlds/bench/wait HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
)


def connect(port: int, sent: bytes = b"") -> socket.socket:
    """Return a connection on which something was sent."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    connection.sendall(sent)
    return connection


class Drip:
    """Connections each of which sends a byte of a head a second. One that is ended by the server is begun anew."""

    def __init__(self, port: int, count: int) -> None:
        self._port = port
        self._connections = [connect(port, _HEAD) for _ in range(count)]
        self._stop = Event()
        self.ended = 0
        self._thread = Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        turn = 0
        while not self._stop.wait(0.01):
            for number in range(turn, len(self._connections), 100):
                try:
                    self._connections[number].send(b"x")
                except OSError:
                    self._connections[number].close()
                    self._connections[number] = connect(self._port, _HEAD)
                    self.ended += 1
            turn = (turn + 1) % 100

    def close(self) -> None:
        """Drip no more, and let go of all."""
        self._stop.set()
        self._thread.join()
        for connection in self._connections:
            connection.close()


def descriptors(server: Server) -> int:
    """Return how many descriptors the server has open."""
    return sum(1 for _ in Path(f"/proc/{server.pid}/fd").iterdir())


def seconds_until(condition: Callable[[], bool]) -> float:
    """Return how long it takes until it is so."""
    begun = time.perf_counter()
    while not condition():
        if time.perf_counter() - begun > PATIENCE:
            raise TimeoutError(f"expected it within {PATIENCE:g} s")
        time.sleep(0.001)
    return time.perf_counter() - begun


def times_to_let_go(server: Server, sent: bytes) -> float:
    """Return the longest time after which the descriptor of a client that has gone was free, in seconds."""
    longest = 0.0
    before = descriptors(server)
    for _ in range(_ROUNDS):
        connection = connect(server.port, sent)
        seconds_until(lambda: descriptors(server) > before)
        time.sleep(0.05)  # what was sent is read
        connection.close()
        longest = max(longest, seconds_until(lambda: descriptors(server) <= before))
    return longest


@contextmanager
def apart() -> Iterator[Callable[[Server, Ask], list[float]]]:
    """Yield what asks from a process of its own, so that nothing here slows the client down."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        yield lambda server, ask: pool.submit(latencies, server.port, ask, RATE, SECONDS).result()


def run() -> str:
    """Return the section of the page."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with apart() as asked, started(ours.command, ours.LIVEZ, log="crowd") as server:
        ask = ours.status(ours.prepared(server))
        alone, before, empty = asked(server, ask), memory_mb(server.pid), descriptors(server)
        idle = [connect(server.port, _LIVE if number % 2 else b"") for number in range(IDLE)]
        drip = Drip(server.port, DRIPPING)
        open_, beside, after = descriptors(server) - empty, asked(server, ask), memory_mb(server.pid)
        drip.close()
        for connection in idle:
            connection.close()
        back = seconds_until(lambda: descriptors(server) <= empty)
        gone = {name: times_to_let_go(server, sent) for name, sent in (("a wait", _WAIT), ("an event stream", _EVENTS))}
    rows = [
        (name, *(f"{percentile(found, share):.1f}" for share in (0.5, 0.99, 1.0)), f"{memory:.0f}")
        for name, found, memory in (("alone", alone, before), (f"beside {open_:,} connections", beside, after))
    ]
    told = f"{IDLE:,} connections are idle, {DRIPPING:,} send a byte of a head a second; one client sends {RATE:g} GETs"
    ended = (
        f"{drip.ended:,} heads ran out of their 30 s meanwhile. All descriptors were free {back:.2f} s after the end"
    )
    left = "; ".join(f"a client that left {name}: after {seconds:.2f} s at most" for name, seconds in gone.items())
    load, priority = os.getloadavg()[0], os.getpriority(os.PRIO_PROCESS, 0)
    busy = f"The machine's load, others' programs included, was {load:.1f}; these ran at nice {priority}."
    table = sections.table(("", "p50 (ms)", "p99 (ms)", "longest (ms)", "memory (MB)"), rows)
    return f"{told} a second.\n\n{table}\n\n{ended}; {left} (of {_ROUNDS}).\n\n{sections.machine()}. {busy}"


def main() -> None:
    """Measure, and print or write."""
    text = run()
    sys.stdout.write(f"{text}\n")
    if "--write" in sys.argv:
        sections.write("crowd", text)


if __name__ == "__main__":
    main()
