"""What many tasks cost: throughput and memory with a hundred to a million of them in one world."""

import contextlib
import re
import socket
import sys
from collections.abc import Sequence
from statistics import median

from . import ours
from .measuring import BUILD, PATIENCE, Server, cpu_seconds, memory_mb, started, wrk

COUNTS = (100, 1_000, 10_000, 100_000, 1_000_000)
SECONDS = 1  # of each load
ROUNDS = 9
_BATCH = 500
_ASKED = 100  # tasks that are polled in turn, spread over all
_ID = re.compile(rb'"task_id":"([^"]+)"')


def fill(port: int, count: int) -> list[str]:
    """Start `count` tasks over one connection, many at a time; return the ids of some, spread evenly."""
    ask, step, ids = ours.generate(), max(count // _ASKED, 1), []
    lines = {"Host": "127.0.0.1", **ask.headers, "Content-Length": str(len(ask.body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    one = f"{ask.method} {ask.target} HTTP/1.1\r\n{head}\r\n{ask.body}".encode()
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        for begun in range(0, count, _BATCH):
            size = min(_BATCH, count - begun)
            connection.sendall(one * size)
            found = _answers(connection, size)
            ids += [found[n].decode() for n in range(size) if (begun + n) % step == 0]
    return ids


def _answers(connection: socket.socket, count: int) -> list[bytes]:
    """Read `count` answers; return the ids in them."""
    got = b""
    while True:
        got += connection.recv(1 << 16)
        found = _ID.findall(got)
        if len(found) == count and got.endswith(b"}}"):
            return found


def polling(ids: Sequence[str]) -> str:
    """Return the Lua that asks for one of the tasks after the other."""
    names = ", ".join(f'"{name}"' for name in ids)
    return f"""
local ids, n = {{{names}}}, 0
request = function()
  n = n % #ids + 1
  return wrk.format(nil, "{ours.STATUS}?task_id=" .. ids[n])
end
"""


def at(server: Server, ids: Sequence[str]) -> dict[str, float]:
    """Return what polling them costs now, and what all of them weigh."""
    before = cpu_seconds(server.pid)
    load = wrk(server.port, ours.status(ids[0]), SECONDS, script=polling(ids))
    cost = (cpu_seconds(server.pid) - before) / load.requests * 1e6
    return {"GET": load.rate, "p99": load.p99, "cost": cost, "memory": memory_mb(server.pid)}


def everything(counts: Sequence[int] = COUNTS) -> dict[int, dict[str, float]]:
    """Return the figures by the number of tasks: a server for each, polled in turns, medians.

    Each journal is full from the start, so that tasks alone are seen.
    """
    BUILD.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        servers = {}
        for count in counts:
            server = stack.enter_context(started(ours.roomy, ours.LIVEZ, log=f"tasks-{count}"))
            wrk(server.port, ours.status(ours.prepared(server)), 1)
            servers[count] = server, fill(server.port, count)
        rounds = [{count: at(*servers[count]) for count in counts} for _ in range(ROUNDS)]
    return {count: {name: median(row[count][name] for row in rounds) for name in rounds[0][count]} for count in counts}


if __name__ == "__main__":
    for number, row in everything().items():
        sys.stdout.write(f"{number}: {row}\n")
