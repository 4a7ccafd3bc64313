"""What open connections that wait cost the others: blocking waits, event streams, answers under a latency fault."""

import contextlib
import json
import socket
import sys
from collections.abc import Iterator
from statistics import median

from covermock.openapi import ADMIN, load

from . import ours
from .measuring import Ask, Server, cpu_seconds, started, wrk

WAITS, STREAMS, SLOW = 200, 50, 50
ROUNDS = 3
SECONDS = 2
_EVENTS = "/__mock/worlds/{world}/events"
_FAULT = {"latency": {"seconds": 10}}


def asks() -> list[Ask]:
    """Return the requests that wait, in a world of their own each kind; streams only where there are any."""
    never = json.dumps({"requests": {"operation": "startCover"}, "timeout": 60})
    json_body = {"Content-Type": "application/json"}
    waits = [Ask("POST", "/__mock/worlds/waiters/wait", json_body, never)] * WAITS
    known = _EVENTS in {operation.path for operation in load(ADMIN).operations}
    streams = [Ask("GET", _EVENTS.format(world="waiters"))] * (STREAMS if known else 0)
    return [*waits, *streams, *[ours.generate("aio_slow")] * SLOW]


@contextlib.contextmanager
def opened(port: int, waiting: list[Ask]) -> Iterator[None]:
    """Hold one connection open for each request, all of them unanswered."""
    with contextlib.ExitStack() as stack:
        for ask in waiting:
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            lines = {"Host": "127.0.0.1", **ask.headers, "Content-Length": str(len(ask.body))}
            head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
            connection.sendall(f"{ask.method} {ask.target} HTTP/1.1\r\n{head}\r\n{ask.body}".encode())
        yield


def worlds(server: Server) -> str:
    """Make the worlds; return the id of a finished task in the one that is measured."""
    ours.control(server.port, "POST", "worlds", {"name": "waiters"})
    account = {"main": {"key": "aio_slow", "credits": 10**9}}
    ours.control(server.port, "POST", "worlds", {"name": "slow", "accounts": account, "audio": ours.WORLD["audio"]})
    ours.control(server.port, "POST", "worlds/slow/faults", _FAULT)
    return ours.prepared(server)


def _load(server: Server, ask: Ask) -> tuple[float, float]:
    """Return requests per second, and what one costs in microseconds of processor time."""
    before = cpu_seconds(server.pid)
    load = wrk(server.port, ask, SECONDS)
    return load.rate, (cpu_seconds(server.pid) - before) / load.requests * 1e6


def everything() -> dict[str, float]:
    """Return GET requests per second and their cost, with and without the open ones, by turns."""
    alone, beside, waiting = [], [], asks()
    with started(ours.command, ours.LIVEZ) as server:
        ask = ours.status(worlds(server))
        wrk(server.port, ask, 1)
        for _ in range(ROUNDS):
            alone.append(_load(server, ask))
            with opened(server.port, waiting):
                beside.append(_load(server, ask))
    figures = {"alone": median(one[0] for one in alone), "beside": median(one[0] for one in beside)}
    costs = {"alone cost": median(one[1] for one in alone), "beside cost": median(one[1] for one in beside)}
    return {**figures, **costs, "ratio": figures["beside"] / figures["alone"], "open": len(waiting)}


if __name__ == "__main__":
    sys.stdout.write(f"{everything()}\n")
