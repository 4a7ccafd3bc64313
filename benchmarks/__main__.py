"""All of it: measure, then write docs/benchmarks.md and its picture; `--quick` is covermock alone, on screen."""

import shutil
import sys
import time
from collections.abc import Mapping

from . import bystanders, cost, judges, redis_store, tasks, throughput
from .differing import TASKS
from .peers import OURS, PEERS
from .report import PAGE, PICTURE, bars, machine, number, table

Figures = Mapping[str, float]
_HEAD = """# Benchmarks

Written by `make bench`; don't edit. Every figure was measured in one run, on one machine:
{machine}.

Everybody is asked for the same two operations: the status of a finished upload-cover task (GET), and the start of a
new one (POST). wrk sends over 16 connections on loopback, from the same machine. Every server runs with its default
settings, one worker, and is started anew in each of {rounds} rounds, in turns; figures are medians. covermock keeps
its journal, validates, and has state.

The first table has requests that all differ, as those of clients do: each GET asks for another one of {tasks:,} tasks
and carries another `traceparent`, each POST another prompt. What wrk itself spends on making them is in the figures of
the bare functions, too. The second table has the same bytes again and again, which flatters whoever keeps answers.

![Requests per second](benchmarks.svg)
"""
_QUESTIONS = """
99 % is the 99th percentile in ms at full load. Ratios are covermock's figure divided by the peer's.
"""
_REST = """
## Steady, soon, small

99 % paced is the 99th percentile of the GET in ms at a fixed {rate:g} requests a second, counted from the instant a
request was due. Start is from the process's start to its first answer, in ms; memory is the proportional memory (PSS)
of all its processes in MB, idle and after the load.
"""


_NO_REDIS = "\nNot measured: worlds in Redis (no redis-server on PATH).\n"


def peers(figures: Mapping[str, Figures], skipped: Mapping[str, str]) -> str:
    """Return the sections that compare."""
    notes = {peer.name: peer.note for peer in (OURS, *PEERS)}
    columns = ("paced p99", "start", "idle", "loaded")
    rest = [[name, *(number(row[column]) for column in columns)] for name, row in figures.items()]
    head = ["", "99 % paced", "start", "idle", "loaded"]
    missing = "".join(f"\nNot measured: {name} ({why}).\n" for name, why in skipped.items())
    return (
        f"\n## Requests that all differ\n{_QUESTIONS}\n{_rates(figures, 'differing ', notes)}\n"
        f"\n## The same bytes again and again\n\n{_rates(figures, '', notes)}\n"
        f"{_REST.format(rate=throughput.RATE)}\n{table(head, rest)}\n{missing}"
    )


def _rates(figures: Mapping[str, Figures], kind: str, notes: Mapping[str, str]) -> str:
    """Return the table of one kind of load."""
    own, methods = figures[OURS.name], (f"{kind}GET", f"{kind}POST")
    rows = [
        [
            name,
            *(f"{number(row[method])} ({own[method] / row[method]:.1f} x)" for method in methods),
            *(number(row[f"{method} p99"]) for method in methods),
            notes[name],
        ]
        for name, row in figures.items()
    ]
    return table(["", "GET/s", "POST/s", "GET 99 %", "POST 99 %", "what it does"], rows)


def many_tasks(rows: Mapping[int, Figures]) -> str:
    """Return the section on tasks."""
    first = next(iter(rows.values()))
    lines = [
        [
            f"{count:,}",
            number(row["GET"]),
            f"{row['GET'] / first['GET']:.0%}",
            number(row["cost"]),
            number(row["memory"]),
            number((row["memory"] - first["memory"]) * 1024 * 1024 / count) if row is not first else "",
        ]
        for count, row in rows.items()
    ]
    head = ["tasks", "GET/s", "of the first", "CPU us/GET", "memory MB", "bytes/task"]
    told = "A server for each number of tasks; a hundred, spread over all that there are, are polled in turn."
    return f"\n## Many tasks\n\n{told}\n\n{table(head, lines)}\n"


def open_connections(row: Figures) -> str:
    """Return the section on what waits."""
    kinds = f"{bystanders.WAITS} blocking waits, {bystanders.SLOW} answers under a latency of ten seconds"
    streams = f", {bystanders.STREAMS} event streams" if row["open"] > bystanders.WAITS + bystanders.SLOW else ""
    head = ["", "GET/s", "CPU us/GET"]
    names = (("alone", "none open"), ("beside", f"{row['open']:.0f} open"))
    rows = [[name, number(row[key]), number(row[f"{key} cost"])] for key, name in names]
    told = f"Requests that wait, open in worlds of their own all the while: {kinds}{streams}."
    ratio = f"Beside them, throughput is {row['ratio']:.0%} of what it is alone."
    return f"\n## Open connections that wait\n\n{told}\n\n{table(head, rows)}\n\n{ratio}\n"


def costs(inside: Figures, wire: Figures) -> str:
    """Return the section on what one request costs."""
    rows = [[name, f"{inside[name]:.1f}", f"{wire[name]:.1f}"] for name in inside]
    text = table(["CPU us per request", "in the process", "on the wire, kernel included"], rows)
    return f"\n## What one request costs\n\n{text}\n"


def with_redis(rows: Mapping[str, Figures]) -> str:
    """Return the section on the Redis store."""
    one = rows[f"Redis, {redis_store.WORKERS[0]} workers"]
    lines = [
        [name, *(text for method in ("GET", "POST") for text in _shared(row, one, method))]
        for name, row in rows.items()
    ]
    head = ["store", "GET/s", "of one", "CPU us: own, Redis", "POST/s", "of one", "CPU us: own, Redis"]
    told = "Workers, Redis and wrk share the cores of this machine; what follows is in [scaling](scaling.md)."
    return f"\n## Worlds in Redis\n\n{told}\n\n{table(head, lines)}\n"


def _shared(row: Figures, one: Figures, method: str) -> tuple[str, str, str]:
    each = f"{number(row[f'{method} own'])}, {number(row[f'{method} redis'])}"
    return number(row[method]), f"{row[method] / one[method]:.2f}", each


def judging(rows: Figures) -> str:
    """Return the section on the judges and the fixtures."""
    lines = [[what, number(milliseconds)] for what, milliseconds in rows.items()]
    return f"\n## The judge and the fixtures\n\n{table(['', 'ms'], lines)}\n"


def main() -> None:
    """Measure everything, or (`--quick`) covermock alone."""
    begun, quick = time.perf_counter(), "--quick" in sys.argv
    if quick:
        figures, skipped = throughput.rounds([OURS], 1)
    else:
        figures, skipped = throughput.everybody()
    page = _HEAD.format(machine=machine(), rounds=1 if quick else throughput.ROUNDS, tasks=TASKS) + peers(
        figures, skipped
    )
    page += many_tasks(tasks.everything(tasks.COUNTS[:4] if quick else tasks.COUNTS))
    page += open_connections(bystanders.everything())
    page += costs(cost.in_process(), cost.on_the_wire())
    if not quick:
        page += with_redis(redis_store.everything()) if shutil.which("redis-server") else _NO_REDIS
        page += judging(judges.everything())
    page += f"\nThe whole run took {(time.perf_counter() - begun) / 60:.0f} minutes.\n"
    if not quick:
        PAGE.write_text(page, encoding="utf-8")
        PICTURE.write_text(bars(figures), encoding="utf-8")
    sys.stdout.write(page)


if __name__ == "__main__":
    main()
