"""Run `covermock check`, and plain schemathesis, against each defect; write the matrices into docs/defects.md.

`make kill-matrix` runs it: first the defects with a name of their own, then, with `--subtle`, the harder ones, for
which `check` has more credits. A defect that `check` misses stays in the table, and is named above it.
"""

import asyncio
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

from covermock.contract_tests import judge, settings_for
from covermock.contract_tests.servers.telling import as_data
from covermock.mock_server import Mock, Settings
from covermock.mock_server.defects import Catalogue
from covermock.mock_server.server.server import Server, bind, url_of
from covermock.openapi import load

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
PAGE = ROOT / "docs" / "defects.md"
MARK = "<!-- the matrix: written by make kill-matrix -->"
SUBTLE_MARK = "<!-- the harder matrix: written by make kill-matrix-subtle -->"
HARDER = "## The harder catalogue"
CATALOGUE = Catalogue(load())
SUBTLE = {"max_credits": 60, "max_requests": 600}
KEYS = {"main": "aio_your_api_key_here", "second": "aio_second_key", "poor": "aio_poor_key"}
IDS = {
    "music_task": ("gen123213213213123bksv",),
    "audio": "aud_30s",
    "short_audio": "aud_5_9s",
    "min_audio": "aud_6s",
    "max_audio": "aud_60s",
    "long_audio": "aud_60_1s",
    "patience": 6.0,
    "fail_on": "assumed",
}
SCHEMATHESIS = ("--max-examples", "5", "--seed", "1", "--no-color", "--workers", "1")


@dataclass(frozen=True)
class Row:
    """What became of one defect: the clauses that `check` blamed, the levels, whether plain schemathesis saw it."""

    name: str
    clauses: tuple[str, ...]
    level_found: bool
    plain: bool | None
    credits: int
    seconds: float


@contextmanager
def served(defect: str) -> Iterator[str]:
    """Serve the mock with a defect on a free port, from a thread; yield its URL."""
    mock = Mock(Settings(defect=defect, over={"stage_seconds": 0.3}), time.time())
    ready: Queue[tuple[asyncio.AbstractEventLoop, Server, str]] = Queue()

    async def main() -> None:
        with bind("127.0.0.1", 0) as listener:
            server = Server(mock, listener)
            await server.run(lambda: ready.put((asyncio.get_running_loop(), server, url_of(listener, "127.0.0.1"))))

    thread = Thread(target=asyncio.run, args=(main(),))
    thread.start()
    loop, server, url = ready.get(timeout=30)
    try:
        yield url
    finally:
        loop.call_soon_threadsafe(server.stop)
        thread.join(30)


def checked(url: str, more: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `covermock check` says, as data."""
    return as_data(judge(settings_for(url, KEYS, {**IDS, **more})))


def plain(url: str) -> set[str]:
    """Return what plain schemathesis calls a failure: its kinds, by operation."""
    command = [str(BIN / "schemathesis"), "run", str(ROOT / "openapi" / "gateway.yaml"), "--url", url, *SCHEMATHESIS]
    command += ["--header", f"Authorization: Bearer {KEYS['main']}"]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(  # noqa: S603 - as above
            command, capture_output=True, text=True, check=False, cwd=folder, timeout=120
        )
    operation, found = "", set()
    for line in done.stdout.splitlines():
        operation = match[1] if (match := re.match(r"_+ (.*?) _+$", line)) else operation
        if match := re.match(r"\s*- (.+)$", line):
            found.add(f"{operation}: {match[1]}")
    return found


def judged(name: str, without: set[str] | None) -> Row:
    """Return what becomes of a defect."""
    defect = CATALOGUE[name]
    with served(defect.name) as url:
        report = checked(url, {} if name in CATALOGUE.named else SUBTLE)
    findings = report["findings"]
    seen = None
    if without is not None:
        with served(defect.name) as url:
            seen = bool(plain(url) - without)
    clauses = tuple(dict.fromkeys(finding["clause"] for finding in findings))
    right = any(one["clause"] == defect.clause and one["level"] == defect.level for one in findings)
    ledger = report["ledger"]
    return Row(defect.name, clauses, right, seen, int(ledger["spent"]), ledger["seconds"])


def table(rows: list[Row]) -> str:
    """Return the matrix as Markdown."""
    missed = [row.name for row in rows if CATALOGUE[row.name].clause not in row.clauses]
    documented = [row for row in rows if CATALOGUE[row.name].level == "documented"]
    caught = sum(row.name not in missed for row in documented)
    first = sum(row.clauses[:1] == (CATALOGUE[row.name].clause,) for row in rows)
    known = [row for row in rows if row.plain is not None]
    lines = [
        f"`covermock check` finds {len(rows) - len(missed)} of {len(rows)} defects under the right clause, "
        f"{caught} of the {len(documented)} documented ones; {first} times it names that clause first."
        + (f" Plain schemathesis finds {sum(bool(row.plain) for row in known)} of {len(known)}." if known else ""),
        "",
        f"Survivors: {', '.join(f'`{name}`' for name in missed) or 'none'}.",
        "",
        "| defect | the mock … | clause | level | found by check as | plain schemathesis |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_line(row, row.name in missed) for row in rows),
    ]
    return "\n".join(lines) + "\n"


def _line(row: Row, missed: bool) -> str:
    defect = CATALOGUE[row.name]
    seen = f"**missed** ({', '.join(row.clauses) or 'nothing'})" if missed else ", ".join(row.clauses)
    other = {None: "not run", True: "found", False: "missed"}[row.plain]
    return f"| `{row.name}` | {defect.sentence} | {defect.clause} | {defect.level} | {seen} | {other} |"


def rows_of(chosen: Sequence[str], without: set[str] | None) -> Iterator[Row]:
    """Judge each defect and say what became of it."""
    with ProcessPoolExecutor(3) as pool:
        for row in pool.map(partial(judged, without=without), chosen):
            verdict = "found" if CATALOGUE[row.name].clause in row.clauses else "MISSED"
            sys.stdout.write(f"{row.name} {verdict} {row.level_found} {row.clauses} {row.seconds:.1f} {row.plain}\n")
            sys.stdout.flush()
            yield row


def main(arguments: list[str]) -> None:
    """Judge the named defects, those with `--subtle`, or those given; rewrite the page's part if all were judged."""
    subtle = "--subtle" in arguments
    whole = CATALOGUE.subtle if subtle else CATALOGUE.named
    chosen = [name for name in arguments if not name.startswith("--")] or list(whole)
    without: set[str] | None = None
    if not subtle and "--without-schemathesis" not in arguments:
        with served("") as url:
            without = plain(url)
    rows = list(rows_of(chosen, without))
    if chosen != list(whole):
        return
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(MARK)
    plain_part, harder, subtle_part = rest.partition(HARDER)
    between, _, subtle_table = subtle_part.partition(SUBTLE_MARK)
    plain_part = plain_part if subtle else f"\n\n{table(rows)}\n"
    subtle_table = f"\n\n{table(rows)}" if subtle else subtle_table
    PAGE.write_text(f"{head}{MARK}{plain_part}{harder}{between}{SUBTLE_MARK}{subtle_table}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
