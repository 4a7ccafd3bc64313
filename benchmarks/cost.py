"""What one request costs: microseconds of processor time, in the process and on the wire, which noise hardly moves."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from covermock.mock_server import Mock, Request, Settings

from . import ours
from .measuring import BUILD, Ask, cpu_seconds, started, wrk

_ROUNDS = 5


def mock() -> tuple[Mock, str]:
    """Return a mock that serves the world of the benchmarks, and the id of a finished task in it."""
    world = Path(BUILD / "world.yaml")
    world.parent.mkdir(parents=True, exist_ok=True)
    world.write_text(ours.json.dumps(ours.WORLD))
    made = Mock(Settings(world=str(world)), time.time())
    answer = made.answer(request(ours.generate()), time.time())
    return made, str(ours.json.loads(answer.body)["data"]["task_id"])


def request(ask: Ask) -> Request:
    """Return the request as the server hands it over."""
    path, _, query = ask.target.partition("?")
    body = ask.body.encode()
    headers = {"host": "127.0.0.1:8080", **{name.lower(): value for name, value in ask.headers.items()}}
    return Request(ask.method, path, query, headers | ({"content-length": str(len(body))} if body else {}), body)


def microseconds(work: Callable[[], object], count: int) -> float:
    """Return the processor time of one call: the best of a few rounds, since only noise adds to it."""
    best = float("inf")
    for _ in range(_ROUNDS):
        begun = time.process_time()
        for _ in range(count):
            work()
        best = min(best, time.process_time() - begun)
    return best / count * 1e6


def in_process(count: int = 20_000) -> dict[str, float]:
    """Return the cost of each of the two operations as a call of `Mock.answer`, with a request that comes again."""
    made, task = mock()
    costs = {}
    for ask in (ours.status(task), ours.generate()):
        sent = request(ask)
        sent.recurs = True
        costs[ask.method] = microseconds(lambda sent=sent: made.answer(sent, time.time()), count)
    return costs


def on_the_wire(seconds: int = 1) -> dict[str, float]:
    """Return the cost of each of the two operations for the serving process, kernel included."""
    costs = {}
    with started(ours.command, ours.LIVEZ) as server:
        task = ours.prepared(server)
        for ask in (ours.status(task), ours.generate()):
            wrk(server.port, ask, 1)
            rounds = []
            for _ in range(_ROUNDS):
                before = cpu_seconds(server.pid)
                load = wrk(server.port, ask, seconds)
                rounds.append((cpu_seconds(server.pid) - before) / load.requests * 1e6)
            costs[ask.method] = min(rounds)
    return costs


def main() -> None:
    """Print the four costs."""
    for place, costs in (("in process", in_process()), ("on the wire", on_the_wire())):
        words = (f"{method} {cost:.1f} us" for method, cost in costs.items())
        sys.stdout.write(f"{place}: {', '.join(words)}\n")


if __name__ == "__main__":
    main()
