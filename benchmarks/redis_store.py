"""Measure the Redis store: `python benchmarks/redis_store.py` (needs redis-server and wrk; about two minutes).

Interleaved rounds of one, two and four workers on one Redis, all over loopback; medians and their ratios. The figures
and what follows from them are in docs/scaling.md.
"""

import json
import os
import platform
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import httpx

COVER = "/api/v1/audio/music/upload-cover"
POST = """
wrk.method, wrk.body = 'POST', '{"audio_id": "a"}'
wrk.headers['Content-Type'] = 'application/json'
"""


@contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """Run a program, and end it."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


@contextmanager
def engine(*options: str) -> Iterator[tuple[str, int]]:
    """Run a redis-server and yield its URL and process id."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/redis.sock"
        command = ["redis-server", "--port", "0", "--unixsocket", path, "--dir", folder, "--save", "", *options]
        with running(command) as process:
            while not Path(path).exists():
                time.sleep(0.01)
            yield f"unix://{path}", process.pid


@contextmanager
def served(*arguments: str) -> Iterator[tuple[str, int]]:
    """Run `covermock serve` and yield its URL and process id."""
    command = [sys.executable, "-m", "covermock.cli", "serve", "--port", "0", *arguments]
    with running(command) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1], process.pid


def rate(url: str, key: str, seconds: float, script: str = "") -> float:
    """Return the requests per second of wrk with 16 connections; anything but 2xx ends the benchmark."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = ["wrk", "-t1", "-c16", f"-d{seconds:g}s", "-H", f"Authorization: Bearer {key}"]
        said = subprocess.run(
            [*command, *(["-s", file.name] if script else []), url], capture_output=True, text=True, check=False
        )
    if "Non-2xx" in said.stdout or said.returncode:
        raise SystemExit(said.stdout + said.stderr)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said.stdout)[1])  # type: ignore[index]


def cpu(pids: list[int]) -> float:
    """Return the CPU seconds that processes have used."""
    rows = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(row[11]) + int(row[12]) for row in rows) / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """Return the processes that a process has started, or itself if none."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found] or [pid]


def measured(seconds: float, redis: int, *arguments: str) -> list[float]:
    """Return, of GET status and of POST generate, requests per second and CPU microseconds each, ours and Redis's."""
    with served(*arguments) as (url, server):
        spec = {"accounts": {"main": {"credits": 10**9}}, "audio": {"a": {"seconds": 30}}}
        made = httpx.post(f"{url}/__mock/worlds", json=spec, trust_env=False).json()
        key = made["accounts"]["main"]["key"]
        headers = {"Authorization": f"Bearer {key}"}
        started = httpx.post(f"{url}{COVER}/generate", json={"audio_id": "a"}, headers=headers, trust_env=False).json()[
            "data"
        ]["task_id"]
        found: list[float] = []
        for target, script in ((f"status?task_id={started}", ""), ("generate", POST)):
            before = cpu(children(server)), cpu([redis])
            each = rate(f"{url}{COVER}/{target}", key, seconds, script)
            spent = [now - then for now, then in zip((cpu(children(server)), cpu([redis])), before, strict=True)]
            found += [each, *(1e6 * used / (each * seconds) for used in spent)]
        return found


def round_trips() -> dict[str, float]:
    """Return the round trips to Redis of each kind of request, in one process."""
    from covermock.mock_server import Mock, Request, Settings
    from covermock.mock_server.redis_store import RedisStore

    with engine() as (url, _):
        mock = Mock(Settings(), time.time(), lambda contract: RedisStore(url, contract))
        headers = {"authorization": "Bearer aio_your_api_key_here", "content-type": "application/json"}

        def ask(method: str, path: str, query: str = "", body: bytes = b"") -> bytes:
            return mock.answer(Request(method, f"{COVER}{path}", query, headers, body), time.time()).body

        task = json.loads(ask("POST", "/generate", body=b'{"audio_id": "aud123456789"}'))["data"]["task_id"]
        found = {}
        for name, words in {
            "GET status": ("GET", "/status", f"task_id={task}"),
            "POST generate": ("POST", "/generate", "", b'{"audio_id": "aud123456789"}'),
            "GET status, unknown id": ("GET", "/status", "task_id=x"),
        }.items():
            before = mock.store.link.trips  # type: ignore[attr-defined]
            for _ in range(100):
                ask(*words)
            found[name] = (mock.store.link.trips - before) / 100  # type: ignore[attr-defined]
        return found


@click.command()
@click.option("--seconds", default=3.0, help="Length of each measurement.")
@click.option("--rounds", default=5, help="Interleaved rounds; medians of them are shown.")
def main(seconds: float, rounds: int) -> None:
    """Print the table of docs/scaling.md."""
    click.echo(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()}"
    )
    click.echo(f"round trips: {round_trips()}")
    with engine() as (url, redis):
        kinds = {"memory": ()} | {f"Redis, {n} workers": ("--store", url, "--workers", str(n)) for n in (1, 2, 4)}
        rows: dict[str, list[list[float]]] = {name: [] for name in kinds}
        for _ in range(rounds):
            for name, arguments in kinds.items():
                rows[name].append(measured(seconds, redis, *arguments))
    medians = {name: [statistics.median(column) for column in zip(*row, strict=True)] for name, row in rows.items()}
    one = medians["Redis, 1 workers"]
    click.echo("| store | GET /s | of one | CPU µs: workers, Redis | POST /s | of one | CPU µs: workers, Redis |")
    click.echo("| --- | --- | --- | --- | --- | --- | --- |")
    for name, m in medians.items():
        get = f"{m[0]:,.0f} | {m[0] / one[0]:.2f} | {m[1]:.0f}, {m[2]:.0f}"
        click.echo(f"| {name} | {get} | {m[3]:,.0f} | {m[3] / one[3]:.2f} | {m[4]:.0f}, {m[5]:.0f} |")


if __name__ == "__main__":
    main()
