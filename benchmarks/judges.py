"""What the judges and the fixtures cost: the whole of `covermock check`, and of a test with a world of its own."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import httpx
from covermock.fixtures.gateway import Gateway, gateway_on, serve

from . import ours
from .measuring import BrokenError, started

_IMPORT = """
import pytest, time
start = time.perf_counter()
import covermock.fixtures.pytest_plugin
print(time.perf_counter() - start)
"""
_KEYS = {
    "COVERMOCK_API_KEY": "aio_demo_alice",
    "COVERMOCK_SECOND_API_KEY": "aio_demo_bob",
    "COVERMOCK_POOR_API_KEY": "aio_demo_poor",
}
_GIVEN = {
    "--music-task": "gen_sunrise,gen_midnight",
    "--pending-music-task": "gen_pending",
    "--audio": "aud_30s",
    "--min-audio": "aud_6s",
    "--max-audio": "aud_60s",
    "--short-audio": "aud_5_9s",
    "--long-audio": "aud_60_1s",
}


_SHORT_STAGES = ("--stage-seconds", "0.1")
_FAST_CLOCK = ("--stage-seconds", "1", "--speed", "10")  # stages as short, and webhooks repeated ten times as soon


def check(pace: Sequence[str]) -> float:
    """Return the milliseconds of `covermock check` with all it may be given, on a mock in another process."""
    demo = ("--world", "demo", *pace)
    with started(lambda port: [*ours.command(port), *demo], ours.LIVEZ, log="check") as server:
        given = [word for pair in _GIVEN.items() for word in pair]
        command = [sys.executable, "-m", "covermock.cli", "check", server.url, *given]
        begun = time.perf_counter()
        done = subprocess.run(command, env={**os.environ, **_KEYS}, capture_output=True, text=True, check=False)
        spent = time.perf_counter() - begun
    if done.returncode:
        raise BrokenError(f"covermock check: exit {done.returncode}: {done.stdout[-300:]}{done.stderr[-300:]}")
    return spent * 1000


def entry_point(times: int = 9) -> float:
    """Return the median milliseconds that loading the plugin takes in a process that has pytest."""
    runs = [subprocess.run([sys.executable, "-c", _IMPORT], capture_output=True, check=True) for _ in range(times)]
    return 1000 * statistics.median(float(run.stdout) for run in runs)


def worlds(times: int = 200) -> tuple[float, float]:
    """Return the median milliseconds of a test with its own world, and of the request alone."""
    with serve() as server, httpx.Client(trust_env=False) as http:
        shared = gateway_on(server)
        for _ in range(20):
            _request(http, gateway_on(server))
        own = [_timed(lambda: _in_a_world(http, gateway_on(server))) for _ in range(times)]
        bare = [_timed(lambda: _request(http, shared)) for _ in range(times)]
    return statistics.median(own), statistics.median(bare)


def _median_check(pace: Sequence[str], times: int) -> float:
    return statistics.median(check(pace) for _ in range(times))


def _in_a_world(http: httpx.Client, gateway: Gateway) -> None:
    """Do what a test does: send a request to a world of its own, which is then deleted."""
    _request(http, gateway)
    gateway.world.delete()


def _request(http: httpx.Client, gateway: Gateway) -> None:
    headers = {"Authorization": f"Bearer {gateway.api_key}"}
    http.get(f"{gateway.url}/api/v1/audio/music/cover/status", params={"task_id": "x"}, headers=headers)


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def everything(times: int = 3) -> dict[str, float]:
    """Return the milliseconds of each, medians."""
    own, bare = worlds()
    return {
        "`covermock check`, with all it may be given, stages of 0.1 s": _median_check(_SHORT_STAGES, times),
        "the same, and webhooks repeated at that pace (`serve --speed 10`)": _median_check(_FAST_CLOCK, times),
        "the pytest plugin's module, in a run that does not use it": entry_point(),
        "a test with a world of its own, over its request": own - bare,
    }


if __name__ == "__main__":
    for what, milliseconds in everything().items():
        sys.stdout.write(f"{what}: {milliseconds:.1f} ms\n")
