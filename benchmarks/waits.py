"""How soon a wait returns after its event: median and 99th percentile, with no other wait open and with two hundred.

Run `python -m benchmarks.waits [--rounds N] [--write docs/waits.md]`. The time runs from before the request that
makes the event is sent until the waiting client has its answer, so it is an upper bound.
"""

import argparse
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import Queue
from statistics import median, quantiles
from typing import Any

import httpx
from covermock.fixtures.laboratory import ControlError, World
from covermock.fixtures.serving import ServerThread

from .report import machine

COVER = "/api/v1/audio/music/cover/generate"
LIMIT = 0.05  # seconds
OTHERS = 200
_SETTLE = 0.03  # seconds until the wait is surely open
HEAD = """# How soon waits return

Written by `python -m benchmarks.waits --write docs/waits.md`; client and server are in one process. Measured on
{machine}.
The first row of each block is the noise of the machine: a call that waits for nothing.

"""
Event = Callable[[World, httpx.Client, str], object]
Case = tuple[str, Callable[[str], Mapping[str, Any]], Event]


def cases() -> Iterator[Case]:
    """Yield (name, what is waited for, the event that makes it so) for each kind of wait."""

    def done(task: str) -> Mapping[str, Any]:
        return {"task": {"id": task, "state": "SUCCESS"}}

    yield "a request", lambda _: {"requests": {"count": 2}}, lambda world, http, _: start(world, http)
    yield "a task that is completed", done, lambda world, _, task: world.act(task, "complete")
    yield "a task whose clock is advanced", done, lambda world, *_: world.advance(1000)


def start(world: World, http: httpx.Client) -> str:
    """Start a cover task and return its id."""
    return str(http.post(COVER, json={"taskId": world.music_task()}).json()["data"]["taskId"])


def measured(server: ServerThread, case: Case) -> float:
    """Return the seconds that one wait took from its event on."""
    _, wanted, event = case
    world = server.laboratory.world(drive="manual")
    headers = {"Authorization": f"Bearer {world.api_key}"}
    returned: Queue[float] = Queue()
    with httpx.Client(base_url=server.url, headers=headers, trust_env=False) as http:
        task = start(world, http)

        def wait() -> None:
            world.call("POST", "/wait", {**wanted(task), "timeout": 20})
            returned.put(time.perf_counter())

        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(_SETTLE)
        before = time.perf_counter()
        event(world, http, task)
        thread.join()
    world.delete()
    return returned.get() - before


@contextmanager
def others(server: ServerThread, count: int) -> Iterator[None]:
    """Keep so many other waits open in one busy world."""
    world = server.laboratory.world()

    def wait() -> None:
        try:
            world.call("POST", "/wait", {"requests": {"count": 1_000_000, "operation": "startCover"}, "timeout": 600})
        except ControlError:
            return

    threads = [threading.Thread(target=wait) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        world.delete()
        for thread in threads:
            thread.join()


def table(rounds: int) -> tuple[str, float]:
    """Return the table as Markdown, and the worst 99th percentile."""
    rows, worst = ["| waited for | other waits | median | p99 |", "| --- | --- | --- | --- |"], 0.0
    with ExitStack() as stack:
        server = stack.enter_context(ServerThread())
        for count in (0, OTHERS):
            stack.enter_context(others(server, count))
            rows.append(row("nothing: a control call and its answer", count, [plain(server) for _ in range(rounds)]))
            for case in cases():
                seconds = [measured(server, case) for _ in range(rounds)]
                worst = max(worst, quantiles(seconds, n=100)[98])
                rows.append(row(case[0], count, seconds))
    return "\n".join(rows) + "\n", worst


def plain(server: ServerThread) -> float:
    """Return the seconds of one control call, which is what the machine itself costs at the moment."""
    before = time.perf_counter()
    server.laboratory.find("docs")
    return time.perf_counter() - before


def row(name: str, count: int, seconds: list[float]) -> str:
    """Return a row of the table."""
    return f"| {name} | {count} | {1000 * median(seconds):.1f} ms | {1000 * quantiles(seconds, n=100)[98]:.1f} ms |"


def main() -> int:
    """Measure, print and maybe write the table; fail when a wait took longer than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    text, worst = table(options.rounds)
    sys.stdout.write(text)
    if options.write:
        options.write.write_text(HEAD.format(machine=machine()) + text, encoding="utf-8")
    return int(worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
