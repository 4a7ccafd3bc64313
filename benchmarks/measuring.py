"""What every benchmark shares: start a command, load it with wrk, read what its processes cost."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "bench"
PATIENCE = 60.0  # seconds until a command that does not answer counts as broken
_TICKS = os.sysconf("SC_CLK_TCK")
_SUMMARY = """
done = function(summary, latency, requests)
  local e = summary.errors
  local failed = e.connect + e.read + e.write + e.timeout + e.status
  local form = '\\n{"requests": %d, "seconds": %f, "failed": %d, "p50": %f, "p99": %f}\\n'
  local p50, p99 = latency:percentile(50) / 1000, latency:percentile(99) / 1000
  io.write(string.format(form, summary.requests, summary.duration / 1e6, failed, p50, p99))
end
"""


class BrokenError(Exception):
    """A measurement that can't be believed: nothing answered, or not what was asked for."""


class Ask(NamedTuple):
    """One request, and the status that a good answer to it has."""

    method: str
    target: str
    headers: Mapping[str, str] = {}
    body: str = ""
    status: int = 200


class Load(NamedTuple):
    """What wrk saw; latencies are in milliseconds. `failed` counts answers from 400 on and broken connections."""

    requests: int
    seconds: float
    failed: int
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Return the requests per second."""
        return self.requests / self.seconds


class Server(NamedTuple):
    """A running command; `seconds` passed from its start to its first answer."""

    pid: int
    port: int
    seconds: float

    @property
    def url(self) -> str:
        """Return its base URL."""
        return f"http://127.0.0.1:{self.port}"


def free_port() -> int:
    """Return a port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def send(port: int, ask: Ask) -> tuple[int, bytes]:
    """Send one request on a connection of its own; return status and body."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(ask.method, ask.target, ask.body or None, dict(ask.headers))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@contextlib.contextmanager
def started(
    command: Callable[[int], Sequence[str]], first: Ask, env: Mapping[str, str] | None = None, log: str = "server"
) -> Iterator[Server]:
    """Run a command that listens on the port it is given, in a process group of its own, until the block ends."""
    port = free_port()
    BUILD.mkdir(parents=True, exist_ok=True)
    begun = time.perf_counter()
    with (
        (BUILD / f"{log}.log").open("wb") as out,
        subprocess.Popen(
            command(port), stdout=out, stderr=out, env={**os.environ, **(env or {})}, start_new_session=True, cwd=BUILD
        ) as popen,
    ):
        try:
            _await(popen, port, first)
            yield Server(popen.pid, port, time.perf_counter() - begun)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(popen.pid, signal.SIGKILL)


def _await(popen: subprocess.Popen[bytes], port: int, first: Ask) -> None:
    """Ask until the server answers. It is asked so often that starts are told apart by milliseconds."""
    end = time.perf_counter() + PATIENCE
    while time.perf_counter() < end:
        with contextlib.suppress(OSError, HTTPException):
            status, body = send(port, first)
            if status == first.status:
                return
            raise BrokenError(f"{first.method} {first.target}: expected {first.status}, received {status}: {body!r}")
        if popen.poll() is not None:
            raise BrokenError(f"{popen.args!r} ended with {popen.returncode}")
        time.sleep(0.002)
    raise BrokenError(f"{popen.args!r} did not answer within {PATIENCE:g} s")


def wrk(port: int, ask: Ask, seconds: int, connections: int = 16, script: str = "") -> Load:
    """Ask as fast as the connections allow; `script` is Lua to ask in another way.

    Raises `BrokenError` when an answer was not a good one.
    """
    lines = [f"wrk.method = {json.dumps(ask.method)}", f"wrk.body = {json.dumps(ask.body) if ask.body else 'nil'}"]
    lines += [f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}" for name, value in ask.headers.items()]
    file = BUILD / f"wrk-{port}.lua"
    file.write_text("\n".join([*lines, script, _SUMMARY]))
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", file, f"http://127.0.0.1:{port}{ask.target}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + PATIENCE)
    except subprocess.SubprocessError as error:
        raise BrokenError(f"{ask.method} {ask.target}: {error}") from None
    finally:
        file.unlink()
    load = Load(**json.loads(done.stdout.strip().rpartition("\n")[2]))
    if load.failed or not load.requests:
        raise BrokenError(f"{ask.method} {ask.target}: {load.failed} of {load.requests} requests failed")
    return load


def processes(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            children.setdefault(int(_fields(stat)[1]), []).append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def cpu_seconds(pid: int) -> float:
    """Return the processor seconds that a process and its descendants have used."""
    return sum(sum(map(int, _fields(Path(f"/proc/{one}/stat"))[11:13])) for one in processes(pid)) / _TICKS


def memory_mb(pid: int) -> float:
    """Return the proportional memory (PSS, in MB) of a process and its descendants."""
    rolled = [Path(f"/proc/{one}/smaps_rollup").read_text() for one in processes(pid)]
    return sum(int(text.partition("\nPss:")[2].split()[0]) for text in rolled) / 1024


def _fields(stat: Path) -> list[str]:
    """Return the fields of a stat file from the third (the state) on; the second may contain spaces."""
    return stat.read_text().rpartition(")")[2].split()
