"""Run `covermock check`, and plain schemathesis, against each defect; write the matrix into docs/defects.md.

`make kill-matrix` runs it. A defect that `check` misses stays in the table, and is named above it.
"""

import asyncio
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
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
from covermock.mock_server.defects import DEFECTS
from covermock.mock_server.server.server import Server, bind, url_of

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
PAGE = ROOT / "docs" / "defects.md"
MARK = "<!-- the matrix: written by make kill-matrix -->"
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


def checked(url: str) -> dict[str, Any]:
    """Return what `covermock check` says, as data."""
    return as_data(judge(settings_for(url, KEYS, IDS)))


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
    defect = DEFECTS[name]
    with served(defect.name) as url:
        report = checked(url)
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
    missed = [row.name for row in rows if DEFECTS[row.name].clause not in row.clauses]
    documented = [row for row in rows if DEFECTS[row.name].level == "documented"]
    caught = sum(row.name not in missed for row in documented)
    known = [row for row in rows if row.plain is not None]
    lines = [
        f"`covermock check` finds {len(rows) - len(missed)} of {len(rows)} defects under the right clause, "
        f"{caught} of the {len(documented)} documented ones."
        + (f" Plain schemathesis finds {sum(bool(row.plain) for row in known)} of {len(known)}." if known else ""),
        "",
        f"Survivors: {', '.join(missed) or 'none'}.",
        "",
        "| defect | the mock … | clause | level | found by check as | plain schemathesis |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        defect = DEFECTS[row.name]
        as_ = (
            ", ".join(row.clauses) if row.name not in missed else f"**missed** ({', '.join(row.clauses) or 'nothing'})"
        )
        other = {None: "not run", True: "found", False: "missed"}[row.plain]
        lines.append(f"| `{row.name}` | {defect.sentence} | {defect.clause} | {defect.level} | {as_} | {other} |")
    return "\n".join(lines) + "\n"


def main(names: list[str]) -> None:
    """Judge every defect (or those named) and rewrite the page."""
    quick = "--without-schemathesis" in names
    chosen = [DEFECTS[name] for name in names if not name.startswith("--")] or list(DEFECTS.values())
    without: set[str] | None = None
    if not quick:
        with served("") as url:
            without = plain(url)
    with ProcessPoolExecutor(3) as pool:
        rows = []
        for row in pool.map(partial(judged, without=without), [defect.name for defect in chosen]):
            rows.append(row)
            right = DEFECTS[row.name].clause in row.clauses
            verdict = "found" if right else "MISSED"
            sys.stdout.write(f"{row.name} {verdict} {row.level_found} {row.clauses} {row.seconds:.1f} {row.plain}\n")
            sys.stdout.flush()
    if len(chosen) == len(DEFECTS):
        head = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
        PAGE.write_text(f"{head}{MARK}\n\n{table(rows)}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
