"""Measure what the pytest plugin costs: `python benchmarks/fixtures.py`; `--write` puts it into docs/pytest.md.

Two figures: what the entry point adds to a pytest run that does not use it (the import of its module, other plugins
off), and what a test with a world of its own costs over the request that it sends.
"""

import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import click
import httpx
from covermock.fixtures.gateway import Gateway, gateway_on, served

DOCS = Path(__file__).parents[1] / "docs" / "pytest.md"
IMPORT = """
import pytest, time
start = time.perf_counter()
import covermock.fixtures.pytest_plugin
print(time.perf_counter() - start)
"""


def entry_point(times: int = 9) -> float:
    """Return the median milliseconds that loading the entry point takes in a process that has pytest."""
    command = [sys.executable, "-c", IMPORT]
    runs = [subprocess.run(command, capture_output=True, check=True) for _ in range(times)]
    return 1000 * statistics.median(float(run.stdout) for run in runs)


def worlds(times: int = 200) -> tuple[float, float]:
    """Return the median milliseconds of a test with its own world, and of the request alone."""
    with served() as server, httpx.Client(trust_env=False) as http:
        shared = gateway_on(server)
        for _ in range(20):
            request(http, gateway_on(server))
        own = [timed(lambda: in_a_world(http, gateway_on(server))) for _ in range(times)]
        bare = [timed(lambda: request(http, shared)) for _ in range(times)]
    return statistics.median(own), statistics.median(bare)


def in_a_world(http: httpx.Client, gateway: Gateway) -> None:
    """Do what a test does: send a request to a world of its own, which is then deleted."""
    request(http, gateway)
    gateway.world.delete()


def request(http: httpx.Client, gateway: Gateway) -> None:
    """Send a request."""
    headers = {"Authorization": f"Bearer {gateway.api_key}"}
    http.get(f"{gateway.url}/api/v1/audio/music/cover/status", params={"task_id": "x"}, headers=headers)


def timed(work: object) -> float:
    """Return the milliseconds that a call takes."""
    start = time.perf_counter()
    assert callable(work)
    work()
    return 1000 * (time.perf_counter() - start)


@click.command()
@click.option("--write", is_flag=True, help="Put the figures into docs/pytest.md.")
def main(write: bool) -> None:
    """Measure and show."""
    own, bare = worlds()
    rows = [
        ("the entry point, in a run that does not use it", entry_point()),
        ("a test with its own world, over its request", own - bare),
    ]
    table = "\n".join(["| what | median |", "| --- | --- |", *(f"| {what} | {cost:.1f} ms |" for what, cost in rows)])
    click.echo(table)
    if write:
        text = DOCS.read_text(encoding="utf-8")
        DOCS.write_text(re.sub(r"\| what \| median \|\n(\|.*\n)+", table + "\n", text), encoding="utf-8")


if __name__ == "__main__":
    main()
