"""How long anybody waits while a million tasks are started and polled: `python -m benchmarks.stops [COUNT]`.

Measured from outside: another process polls one task, one request at a time. The same without the load is the control,
since a busy machine makes everybody wait.
"""

import socket
import sys
import time
from collections.abc import Callable
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection

from . import ours
from .measuring import PATIENCE, Ask, memory_mb, started
from .paced import percentile
from .tasks import fill

COUNT = 1_000_000
STOP = 5.0  # milliseconds
_PART = 10_000  # tasks that are started between two polls of all that were kept of them
_CONTROL = 10.0  # seconds
_ASKED = 100  # starts for each poll: what `fill` returns of a part
_PAUSE = 0.001  # seconds between two polls


def _packet(ask: Ask) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in ask.headers.items())
    return f"{ask.method} {ask.target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n".encode()


def watch(port: int, ask: Ask, told: Connection) -> None:
    """Ask again and again until somebody tells to stop; tell the milliseconds of each answer, sorted."""
    found: list[float] = []
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        packet = _packet(ask)
        while not told.poll(_PAUSE):
            begun = time.perf_counter()
            connection.sendall(packet)
            connection.recv(1 << 16)
            found.append((time.perf_counter() - begun) * 1000)
    told.send(sorted(found))


def _start_and_poll(port: int, count: int) -> None:
    for _ in range(0, count, _PART):
        ids = fill(port, _PART)
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
            for name in ids:
                connection.sendall(_packet(ours.status(name)))
                connection.recv(1 << 16)


def _told(name: str, found: list[float]) -> str:
    over = sum(one > STOP for one in found)
    shares = ", ".join(f"{label} {percentile(found, share):.2f}" for label, share in (("p50", 0.5), ("p99", 0.99)))
    return f"{name}: {len(found):,} answers; ms: {shares}, longest {found[-1]:.2f}; {over} over {STOP:g} ms\n"


def watched(port: int, ask: Ask, load: Callable[[], None]) -> list[float]:
    """Return what another process waited for each answer while there was the load, in milliseconds, sorted."""
    ours_, theirs = Pipe()
    other = Process(target=watch, args=(port, ask, theirs))
    other.start()
    load()
    ours_.send("stop")
    found: list[float] = ours_.recv()
    other.join()
    return found


def main() -> None:
    """Measure, and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    with started(ours.roomy, ours.LIVEZ, log="stops") as server:
        port, ask = server.port, ours.status(ours.prepared(server))
        sys.stdout.write(_told("alone", watched(port, ask, lambda: time.sleep(_CONTROL))))
        beside = watched(port, ask, lambda: _start_and_poll(port, count))
        sys.stdout.write(_told(f"beside {count:,} starts and {count // _ASKED:,} polls", beside))
        sys.stdout.write(f"{memory_mb(server.pid):.0f} MB of memory (PSS)\n")


if __name__ == "__main__":
    main()
