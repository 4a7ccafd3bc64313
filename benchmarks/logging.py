"""What the log of requests costs at full load: paired runs with and without it: `python -m benchmarks.logging [PAIRS]`.

Two servers run, and the runs of a pair follow each other at once, in changing order. Processor time is the measure that
noise moves least; the rates are told, too.
"""

import contextlib
import sys
from statistics import median

from . import ours
from .measuring import Ask, Server, cpu_seconds, started, wrk

PAIRS = 12
SECONDS = 4  # a run begins with a second of lines; then it is summed up


def load(server: Server, ask: Ask) -> tuple[float, float]:
    """Return what a request costs in microseconds of processor time, and how many there were in a second."""
    before = cpu_seconds(server.pid)
    done = wrk(server.port, ask, SECONDS)
    return (cpu_seconds(server.pid) - before) / done.requests * 1e6, done.rate


def main() -> None:
    """Print how many percent each form of the log costs."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS
    for form in ("text", "json"):
        with contextlib.ExitStack() as stack:
            servers = [
                stack.enter_context(
                    started(lambda port, log=log: [*ours.command(port), "--log", log], ours.LIVEZ, log=log)
                )
                for log in ("none", form)
            ]
            asks = [ours.status(ours.prepared(server)) for server in servers]
            for server, ask in zip(servers, asks, strict=True):
                wrk(server.port, ask, SECONDS)
            rows = []
            for number in range(pairs):
                order = (0, 1) if number % 2 else (1, 0)
                found = {which: load(servers[which], asks[which]) for which in order}
                core = (found[1][0] - found[0][0]) * found[1][1] / 1e6
                rows.append((found[1][0] / found[0][0] - 1, found[0][1] / found[1][1] - 1, core))
        cost, rate, core = (100 * median(column) for column in zip(*rows, strict=True))
        told = f"{cost:+.1f} % of processor time, {rate:+.1f} % of time, {core:+.1f} % of a core"
        sys.stdout.write(f"--log {form}: {told} (median of {pairs} pairs)\n")


if __name__ == "__main__":
    main()
