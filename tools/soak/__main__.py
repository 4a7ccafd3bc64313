"""`python -m soak [--seconds S] [--share X] [--write]`: serve, load, sample, judge; draw it into docs/soak.svg.

Exit code 1 means that something grew or that a client was answered wrongly.
"""

import argparse
import asyncio
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager, suppress
from statistics import median
from threading import Thread
from typing import IO, Any

import sections

from .client import Client, Pace
from .load import ACTS, Act, Site
from .picture import picture
from .samples import Criterion, Sample, sample, verdicts

_EVERY = 1.0  # seconds between two samples
_SETTLE = 30.0  # seconds at most until all is given back when the load has ended


class Soak:
    """One run. `done` counts what each act did; `surprises` are what a client should not have seen."""

    def __init__(self, pid: int, site: Site, seconds: float, share: float) -> None:
        self._pid, self._site, self._seconds = pid, site, seconds
        self.pace = Pace(pid, share)
        self.done: Counter[str] = Counter()
        self.surprises: list[str] = []
        self.samples: list[Sample] = []

    async def run(self) -> tuple[Sample, Sample]:
        """Load the server; return a sample from before and one from after."""
        before = sample(self._pid, 0.0)
        actors = [asyncio.create_task(self._act(act, number)) for number, act in enumerate(ACTS)]
        began = time.monotonic()
        while (now := time.monotonic() - began) < self._seconds:
            self.samples.append(sample(self._pid, now, self.pace.requests))
            self.pace.adjust()
            await asyncio.sleep(_EVERY)
        await _end(actors)
        return before, await self._settled(before)

    async def _act(self, act: Act, number: int) -> None:
        chance = random.Random(number)
        while True:
            client = Client(self._site.port, self.pace, chance)
            try:
                await act(client, self._site)
                self.done[act.__name__] += 1
            except Exception as error:  # noqa: BLE001 - whatever a client sees is noted
                self.surprises.append(f"{act.__name__}: {type(error).__name__}: {error}"[:500])
                await asyncio.sleep(1)
            finally:
                await client.close()

    async def _settled(self, before: Sample) -> Sample:
        """Return the first sample in which everything is given back, or the last one."""
        end = time.monotonic() + _SETTLE
        while True:
            after = sample(self._pid, self._seconds)
            if after.descriptors <= before.descriptors + 4 or time.monotonic() > end:
                return after
            await asyncio.sleep(0.2)


async def _end(actors: Sequence[asyncio.Task[None]]) -> None:
    """Cancel until all have ended: Python 3.11's `wait_for` swallows a cancellation that comes with its answer."""
    left = set(actors)
    while left:
        for actor in left:
            actor.cancel()
        _, left = await asyncio.wait(left, timeout=0.5)


@asynccontextmanager
async def receivers() -> AsyncIterator[dict[str, str]]:
    """Listen for webhooks: a fast receiver, a slow one, one that refuses, and a port where nobody is. Yield URLs."""
    answering: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: str, seconds: float) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(seconds)
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
        writer.close()

    def listen(status: str, seconds: float) -> Awaitable[asyncio.Server]:
        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(answer(reader, writer, status, seconds))
            task.add_done_callback(lambda _: writer.close())  # one that is cancelled before it begins closes nothing
            answering.add(task)

        return asyncio.start_server(accept, "127.0.0.1", 0)

    kinds = {"fast": ("200 OK", 0.0), "slow": ("200 OK", 5.0), "refusing": ("500 No", 0.0)}
    servers = {name: await listen(*kind) for name, kind in kinds.items()}
    try:
        urls = {name: f"http://127.0.0.1:{made.sockets[0].getsockname()[1]}/hook" for name, made in servers.items()}
        yield {**urls, "nobody": "http://127.0.0.1:9/hook"}
    finally:
        for one in (*servers.values(), *answering):
            one.close() if isinstance(one, asyncio.Server) else one.cancel()
        await asyncio.gather(*answering, return_exceptions=True)
        await asyncio.sleep(0.1)  # for what was closed to be gone


class Log:
    """What the server logs: read away as it comes, so that it fills no disk; tracebacks are counted."""

    def __init__(self, stream: IO[str]) -> None:
        self.lines, self.tracebacks = 0, list[str]()
        self._stream = stream
        self._thread = Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        for line in self._stream:
            self.lines += 1
            if "Traceback" in line or " 500 " in line:
                self.tracebacks.append(line.strip())

    def end(self) -> None:
        """Wait for the last line."""
        self._thread.join()


async def soak(seconds: float, share: float) -> tuple[Soak, list[Criterion]]:
    """Serve and load for that long; return the run and what is to be said of it."""
    command = [sys.executable, "-m", "covermock.cli", "serve", "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert server.stdout is not None
    assert server.stderr is not None
    log = Log(server.stderr)
    try:
        port = int(server.stdout.readline().rpartition(":")[2])
        async with receivers() as hooks:
            run = Soak(server.pid, Site(port, hooks), seconds, share)
            before, after = await run.run()
        rows = verdicts(run.samples, before, after)
    finally:
        server.terminate()
        server.wait(30)
        log.end()
        server.stdout.close()
        server.stderr.close()
    return run, [*rows, *_answers(run, log)]


def _answers(run: Soak, log: Log) -> list[Criterion]:
    logged = f"{len(log.tracebacks)} in {log.lines:,} lines" + (f": {log.tracebacks[0]}" if log.tracebacks else "")
    found = f"{len(run.surprises)} of {run.pace.requests:,} requests" + (
        f": {run.surprises[0]}" if run.surprises else ""
    )
    return [
        Criterion("failures in the log", logged, not log.tracebacks),
        Criterion("answers that nobody should get", found, not run.surprises),
    ]


def page(run: Soak, rows: list[Criterion], seconds: float) -> str:
    """Return what docs/reliability.md says of the run."""
    last = run.samples[-1]
    acts = ", ".join(f"{name} {count:,} times" for name, count in sorted(run.done.items()))
    lines = [
        f'`make soak ARGS="--seconds {seconds:g}"`: {run.pace.requests:,} requests in {seconds / 60:.0f} minutes,',
        f"{last.processor:.0f} s of the server's processor time ({last.processor / last.at:.0%} of a core).",
        f"{sections.machine()}.",
        "",
        "![memory, descriptors and threads over the run](soak.svg)",
        "",
        sections.table(
            ("looked at", "found", "flat"), [(row.what, row.found, "yes" if row.flat else "**no**") for row in rows]
        ),
        "",
        f"What the clients did: {acts}.",
        "",
        f"Memory by each tenth of the run, in MiB: {', '.join(f'{one:.0f}' for one in _tenths(run.samples))}.",
    ]
    return "\n".join(lines)


def _tenths(samples: list[Sample]) -> list[float]:
    size = max(len(samples) // 10, 1)
    return [median(one.memory for one in samples[at : at + size]) for at in range(0, size * 10, size)]


def main() -> int:
    """Run, print, and write down what was found."""
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--share", type=float, default=0.2, help="of one core, server and clients together")
    parser.add_argument("--write", action="store_true", help="write docs/reliability.md and docs/soak.svg")
    options: Any = parser.parse_args()
    run, rows = asyncio.run(soak(options.seconds, options.share))
    for row in rows:
        sys.stdout.write(f"{'flat' if row.flat else 'NOT FLAT'}: {row.what}: {row.found}\n")
    if options.write:
        (sections.ROOT / "docs" / "soak.svg").write_text(picture(run.samples), encoding="utf-8")
        sections.write("soak", page(run, rows, options.seconds))
    return 0 if all(row.flat for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
