"""How long anybody waits while a million tasks are started and polled: `python -m benchmarks.stops [COUNT]`.

Measured from outside: another process polls one task, one request at a time. A busy machine makes everybody wait, so
the same without the load is the control; the server has a processor of its own, and who polls goes first on the other,
where it may (as root). Of each wait it tells how much the server itself worked in it, which is what others made it do
before it answered (Linux: /proc/PID/schedstat, which may be a tick late).
"""

import contextlib
import os
import socket
import sys
import time
from collections.abc import Callable
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from pathlib import Path

from . import ours
from .measuring import PATIENCE, Ask, Server, memory_mb, started
from .paced import percentile
from .tasks import fill

COUNT = 1_000_000
STOP = 5.0  # milliseconds
_PART = 10_000  # tasks that are started between two polls of all that were kept of them
_CONTROL = 10.0  # seconds
_ASKED = 100  # starts for each poll: what `fill` returns of a part
_PAUSE = 0.001  # seconds between two polls
Wait = tuple[float, float]  # milliseconds: until the answer, and of the server's work meanwhile


def _packet(ask: Ask) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in ask.headers.items())
    return f"{ask.method} {ask.target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n".encode()


def watch(pid: int, port: int, ask: Ask, told: Connection) -> None:
    """Ask until somebody tells to stop; tell the milliseconds that each answer took, and the server worked in them."""
    found: list[Wait] = []
    with contextlib.suppress(PermissionError):  # else it waits for its turn beside the load
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    with (
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection,
        Path(f"/proc/{pid}/task/{pid}/schedstat").open("rb") as work,
    ):
        packet, file = _packet(ask), work.fileno()
        while not told.poll(_PAUSE):
            before, begun = _worked(file), time.perf_counter()
            connection.sendall(packet)
            connection.recv(1 << 16)
            found.append(((time.perf_counter() - begun) * 1000, _worked(file) - before))
    told.send(found)


def _worked(file: int) -> float:
    """Return the milliseconds of processor time that the server's thread has had."""
    return int(os.pread(file, 64, 0).split()[0]) / 1e6


def _start_and_poll(port: int, count: int) -> None:
    for _ in range(0, count, _PART):
        ids = fill(port, _PART)
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
            for name in ids:
                connection.sendall(_packet(ours.status(name)))
                connection.recv(1 << 16)


def _told(name: str, found: list[Wait]) -> str:
    lines = []
    for what, values in zip(("waited", "of it the server's work"), zip(*found, strict=True), strict=True):
        ordered, over = sorted(values), sum(one > STOP for one in values)
        p50, p99 = (percentile(ordered, share) for share in (0.5, 0.99))
        lines.append(f"  {what}, ms: p50 {p50:.2f}, p99 {p99:.2f}, longest {ordered[-1]:.2f}; {over} over {STOP:g} ms")
    return "\n".join([f"{name}: {len(found):,} answers", *lines, ""])


def _part(server: Server) -> None:
    """Give the server the last processor, and everybody else the others."""
    *others, last = sorted(os.sched_getaffinity(0))
    for thread in Path(f"/proc/{server.pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {last})
    os.sched_setaffinity(0, others or {last})


def watched(server: Server, ask: Ask, load: Callable[[], None]) -> list[Wait]:
    """Return what another process waited for each answer while there was the load."""
    ours_, theirs = Pipe()
    other = Process(target=watch, args=(server.pid, server.port, ask, theirs))
    other.start()
    load()
    ours_.send("stop")
    found: list[Wait] = ours_.recv()
    other.join()
    return found


def main() -> None:
    """Measure, and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    with started(ours.roomy, ours.LIVEZ, log="stops") as server:
        _part(server)
        ask = ours.status(ours.prepared(server))
        sys.stdout.write(_told("alone", watched(server, ask, lambda: time.sleep(_CONTROL))))
        beside = watched(server, ask, lambda: _start_and_poll(server.port, count))
        sys.stdout.write(_told(f"beside {count:,} starts and {count // _ASKED:,} polls", beside))
        sys.stdout.write(f"{memory_mb(server.pid):.0f} MB of memory (PSS)\n")


if __name__ == "__main__":
    main()
