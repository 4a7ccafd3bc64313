"""This checkout beside another one, in short turns: `python -m benchmarks.paired OTHER`, a folder with its .venv."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import NamedTuple

from . import ours
from .differing import TASKS, polling, starting
from .measuring import ROOT, Ask, Server, cpu_seconds, started, wrk

TURNS = 15  # of a second each, for each request and checkout


class Figure(NamedTuple):
    """What one turn showed: requests in a second, microseconds of processor time for each, and the 99th percentile."""

    rate: float
    cost: float
    p99: float


def serving(folder: Path, stack: ExitStack) -> tuple[Server, list[tuple[str, Ask, str]]]:
    """Start a checkout's stand-in; return it, and what it is asked: a name, the request, how that differs."""
    python = str(folder / ".venv" / "bin" / "python")
    command = lambda port: [python, "-m", "covermock.cli", "serve", "--port", str(port)]  # noqa: E731 - needs the port
    server = stack.enter_context(started(command, ours.LIVEZ, log=folder.name))
    task = ours.prepared(server)
    tasks = ours.start_many(server.port, TASKS)
    get, post = ours.status(task), ours.generate()
    asks = [("GET", get, ""), ("differing GET", get, polling(get, tasks))]
    return server, [*asks, ("POST", post, ""), ("differing POST", post, starting(post))]


def turn(server: Server, ask: Ask, script: str) -> Figure:
    """Load a server for a second."""
    before = cpu_seconds(server.pid)
    load = wrk(server.port, ask, 1, script=script)
    return Figure(load.rate, (cpu_seconds(server.pid) - before) / load.requests * 1e6, load.p99)


def compare(here: Path, other: Path) -> Iterator[tuple[str, Figure]]:
    """Yield (what was asked, its figures here divided by those of the other), medians of pairs."""
    with ExitStack() as stack:
        (one, asks), (two, same) = serving(here, stack), serving(other, stack)
        for (name, ask, script), (_, ask_two, script_two) in zip(asks, same, strict=True):
            pairs = [(turn(one, ask, script), turn(two, ask_two, script_two)) for _ in range(TURNS + 1)][1:]
            ratios = [[here / there for here, there in zip(*pair, strict=True)] for pair in pairs]
            yield name, Figure(*map(median, zip(*ratios, strict=True)))
            if name == "POST":  # a world has room for a million tasks
                for server in (one, two):
                    ours.control(server.port, "DELETE", "worlds/bench")
                    ours.prepared(server)


def main() -> None:
    """Print the ratios."""
    for name, (rate, cost, p99) in compare(ROOT, Path(sys.argv[1])):
        sys.stdout.write(f"{name}: {rate:.3f} of the rate, {cost:.3f} of the processor time, {p99:.3f} of the 99 %\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
