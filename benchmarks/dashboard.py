"""What an open dashboard costs the server, and whether its page stays responsive: `python -m benchmarks.dashboard`.

The world has 10,000 exchanges and 1,000 running tasks. Requests per second, and the processor time of one, are measured
with the page open, and without it before and after; the page follows the very world that is under load. First all
share the processors as they come, then the server has one for itself, and the page and the load have the others. Of
the tasks of the page's main thread the longest are told: by the clock (PerformanceObserver tells those over 50 ms) and
by processor time (a trace), which a busy machine does not stretch. With --write FILE the figures replace those in it.
"""

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from . import ours
from .measuring import Ask, BrokenError, Server, cpu_seconds, started, wrk
from .report import machine

TASKS, EXCHANGES = 1000, 10_000
ROUNDS, SECONDS = 11, 6
FASTEST, SLOWEST = 300.0, 700.0  # seconds of a stage: a few tasks a second come to another one, and all go on running
SETTLED = 3000  # milliseconds after which an opened page has loaded all that it shows
MARK = "<!-- the figures: written by python -m benchmarks.dashboard -->"
SECTIONS = ("", "/tasks", "/journal", "/faults", "/webhooks", "/ledger", "/coverage")
_WATCH = """window.longest = [0];
new PerformanceObserver((list) => window.longest.push(...list.getEntries().map((entry) => entry.duration)))
  .observe({ type: "longtask", buffered: true });"""
_TRACED = ["toplevel", "devtools.timeline"]


def crowded(server: Server) -> Ask:
    """Make the world; return the request that loads it."""
    ours.control(server.port, "POST", "worlds", {"name": "bench", **ours.WORLD, "stage_seconds": FASTEST})
    ids = ours.start_many(server.port, TASKS)
    for number, task in enumerate(ids):
        seconds = FASTEST + number * (SLOWEST - FASTEST) / TASKS
        ours.control(server.port, "PATCH", f"worlds/bench/tasks/{task}", {"stage_seconds": seconds})
    ask = ours.status(ids[0])
    while True:
        wrk(server.port, ask, 1)
        journal: Any = ours.control(server.port, "GET", "worlds/bench/journal?limit=1")
        if journal["total"] + journal["evicted"] >= EXCHANGES:
            return ask


@contextlib.contextmanager
def open_page(browser: Browser, server: Server) -> Iterator[Page]:
    """Open the dashboard on the world that is under load, and let it load all that it shows."""
    with contextlib.closing(browser.new_context(viewport={"width": 1280, "height": 900})) as profile:
        page = profile.new_page()
        page.add_init_script(_WATCH)
        page.goto(f"{server.url}/__mock/#/w/bench")
        page.locator(".state[data-state=live]").wait_for()
        page.wait_for_timeout(SETTLED)
        yield page


def look_around(page: Page, server: Server) -> None:
    """Visit every section, scroll, ask for more, page back."""
    for section in SECTIONS:
        page.goto(f"{server.url}/__mock/#/w/bench{section}")
        page.locator("#main h1").first.wait_for(state="attached")
        for _ in range(4):
            page.mouse.wheel(0, 1500)
            page.wait_for_timeout(300)
        for name in ("Show more", "Older"):
            for _ in range(3):
                button = page.get_by_text(name, exact=True)
                if button.count() and button.is_visible():
                    button.click()
                    page.wait_for_timeout(300)


@contextlib.contextmanager
def watched(browser: Browser, page: Page, found: dict[str, float], name: str) -> Iterator[None]:
    """Note the longest task of the page's main thread in the block, in milliseconds: by the clock and by its work."""
    browser.start_tracing(page=page, categories=_TRACED)
    yield
    trace = json.loads(browser.stop_tracing())["traceEvents"]
    found[f"{name} clock"] = page.evaluate("Math.max(...window.longest)")
    found[f"{name} work"] = longest(trace)


def longest(trace: list[dict[str, Any]]) -> float:
    """Return the milliseconds of processor time that the longest task of a renderer's main thread took."""
    threads = {(row["pid"], row["tid"]): row["args"]["name"] for row in trace if row.get("name") == "thread_name"}
    main = [row for row in trace if threads.get((row["pid"], row["tid"])) == "CrRendererMain" and "tdur" in row]
    return max((row["tdur"] / 1000 for row in main if row["name"].endswith("RunTask")), default=0.0)


def load(server: Server, ask: Ask) -> tuple[float, float]:
    """Return requests per second, and what one costs in microseconds of processor time."""
    before = cpu_seconds(server.pid)
    done = wrk(server.port, ask, SECONDS)
    return done.rate, (cpu_seconds(server.pid) - before) / done.requests * 1e6


def refuse_ended(server: Server) -> None:
    """Raise `BrokenError` if a task has ended meanwhile: then it was another world that was measured."""
    found: Any = ours.control(server.port, "GET", f"worlds/bench/tasks?limit={TASKS}")
    running = sum(task["next"] is not None for task in found["tasks"])
    if running < TASKS:
        raise BrokenError(f"expected {TASKS} running tasks at the end, found {running}; raise FASTEST")


def measured() -> dict[str, float]:
    """Return the figures."""
    found: dict[str, float] = {}
    with started(ours.command, ours.LIVEZ) as server, sync_playwright() as playwright:
        ask = crowded(server)
        with chromium(playwright) as browser:
            with open_page(browser, server) as page, watched(browser, page, found, "quiet"):
                look_around(page, server)
            with open_page(browser, server) as page, watched(browser, page, found, "loaded"):
                load(server, ask)
            found |= compared(browser, server, ask, "shared")
        keep_apart(server)
        with chromium(playwright) as browser:
            found |= compared(browser, server, ask, "apart")
        refuse_ended(server)
    return found


@contextlib.contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    with contextlib.closing(
        playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
    ) as browser:
        yield browser


def keep_apart(server: Server) -> None:
    """Give the server a processor that nothing else of this run uses: what is started from now on has the others."""
    one, *others = sorted(os.sched_getaffinity(0))
    for thread in Path(f"/proc/{server.pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {one})
    os.sched_setaffinity(0, others or {one})


def compared(browser: Browser, server: Server, ask: Ask, name: str) -> dict[str, float]:
    """Return the throughput with a page, and without one: before and after, since a machine's pace drifts."""
    pairs = []
    before = load(server, ask)
    for _ in range(ROUNDS):
        with open_page(browser, server):
            beside = load(server, ask)
        after = load(server, ask)
        pairs.append(([sum(both) / 2 for both in zip(before, after, strict=True)], beside))
        before = after
    return {
        f"{name} alone": median(alone[0] for alone, _ in pairs),
        f"{name} beside": median(beside[0] for _, beside in pairs),
        f"{name} rate": median(beside[0] / alone[0] for alone, beside in pairs),
        f"{name} cost": median(alone[1] / beside[1] for alone, beside in pairs),
        f"{name} core": median((beside[1] - alone[1]) * beside[0] / 1e6 for alone, beside in pairs),
    }


def as_text(found: dict[str, float]) -> str:
    """Return the figures as the page of the docs has them."""
    rows = [
        row
        for name, how in (("shared", "all share the processors"), ("apart", "the server has one for itself"))
        for row in (
            (f"{how}: requests a second, no page open", f"{found[f'{name} alone']:,.0f}"),
            ("the same, with a page that follows this world", f"{found[f'{name} beside']:,.0f}"),
            ("throughput with a page open, of that without", f"{found[f'{name} rate']:.1%}"),
            ("the same by the processor time that a request costs the server", f"{found[f'{name} cost']:.1%}"),
            ("what the page costs the server, of a core", f"{found[f'{name} core']:.1%}"),
        )
    ]
    rows += [
        ("longest task of the page's main thread, looking at every section", told(found, "quiet")),
        ("the same on the first page, at full load", told(found, "loaded")),
    ]
    world = f"A world with {EXCHANGES:,} exchanges and {TASKS:,} running tasks"
    words = f"{world}, {ROUNDS} pairs of {SECONDS} s by turns, medians."
    table = [f"| {name} | {figure} |" for name, figure in rows]
    return "\n".join([MARK, f"Measured on {machine()}.", words, "", "| | |", "| --- | --- |", *table, ""])


def told(found: dict[str, float], name: str) -> str:
    """Return how long by processor time, and by the clock where the browser tells it."""
    clock = found[f"{name} clock"]
    return f"{found[f'{name} work']:.0f} ms of work, {f'{clock:.0f} ms' if clock else 'under 50 ms'} by the clock"


def main() -> None:
    """Measure, and print or write the figures."""
    text = as_text(measured())
    if "--write" in sys.argv:
        page = Path(sys.argv[sys.argv.index("--write") + 1])
        page.write_text(page.read_text(encoding="utf-8").partition(MARK)[0] + text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
