"""Run `covermock check`, and plain schemathesis, against each defect; write the matrices into docs/defects.md.

`make kill-matrix` runs it: first the defects with a name of their own; with `--subtle` the harder ones, for which
`check` has more credits; with `--curve` all of them at rising budgets. A defect that `check` misses stays in the table,
and is named above it. Results are kept in build/kill-matrix.jsonl: a run that was cut short goes on where it ended,
until the code changes. `--sample N` takes N of the defects, spread evenly; `--processes N`, default 3.
"""

import argparse
import asyncio
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
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
HARDER, CURVE_HEAD = "## The harder catalogue", "## What credits buy"
CATALOGUE = Catalogue(load())
CURVE_MARK = "<!-- the curve: written by make kill-curve -->"
NAMED, HARD = "named", "subtle"
_THOROUGH = (100, 1_000), (300, 1_500)  # credits, and the requests with which nearly all of them are spent
CURVE: dict[str, dict[str, Any]] = {str(most): {"max_credits": most} for most in (0, 1, 6, 13, 30)}
CURVE |= {f"{n} thorough": {"max_credits": n, "thorough": True, "max_requests": most} for n, most in _THOROUGH}
BUDGETS: Mapping[str, Mapping[str, Any]] = {
    NAMED: {},
    HARD: {"max_credits": 60, "max_requests": 600, "seconds": 30.0},
    **CURVE,
}
WORLD = ROOT / "tools" / "kill_matrix_world.yaml"
RESULTS = ROOT / "build" / "kill-matrix.jsonl"
CODE = ("contract_tests", "mock_server", "openapi", "tools")
KEYS = {
    "main": "aio_your_api_key_here",
    "second": "aio_second_key",
    "poor": "aio_poor_key",
    "last": "aio_last_key",
}
IDS = {
    "music_task": ("gen123213213213123bksv", "gen_two", "gen_three", "gen_four", "gen_five", "gen_six"),
    "last_music": tuple(f"gen_last_{word}" for word in ("one", "two", "three", "four", "five", "six")),
    "failing_last_music": "gen_last_fails",
    "pending_music_task": "gen_pending",
    "failing_audio": "aud_fails",
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

    budget: str
    name: str
    clauses: tuple[str, ...]
    level_found: bool
    plain: bool | None
    credits: int
    seconds: float

    @property
    def found(self) -> bool:
        return CATALOGUE[self.name].clause in self.clauses


@contextmanager
def served(defect: str) -> Iterator[str]:
    """Serve the mock with a defect on a free port, from a thread; yield its URL."""
    mock = Mock(Settings(str(WORLD), defect=defect, over={"stage_seconds": 0.3}), time.time())
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


def judged(job: tuple[str, str], without: set[str] | None) -> Row:
    """Return what becomes of a defect within a budget."""
    budget, name = job
    defect = CATALOGUE[name]
    with served(defect.name) as url:
        report = checked(url, BUDGETS[budget])
    findings = report["findings"]
    seen = None
    if without is not None:
        with served(defect.name) as url:
            seen = bool(plain(url) - without)
    clauses = tuple(dict.fromkeys(finding["clause"] for finding in findings))
    right = any(one["clause"] == defect.clause and one["level"] == defect.level for one in findings)
    ledger = report["ledger"]
    return Row(budget, defect.name, clauses, right, seen, int(ledger["spent"]), ledger["seconds"])


class Results:
    """The rows that the same code has brought before, in a file."""

    def __init__(self, path: Path) -> None:
        self.path, self.code = path, _digest()
        path.parent.mkdir(exist_ok=True)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        rows = [json.loads(line) for line in lines]
        self.rows = [_row(one["row"]) for one in rows if one["code"] == self.code]

    def add(self, row: Row) -> None:
        self.rows.append(row)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"code": self.code, "row": asdict(row)}) + "\n")

    def of(self, budget: str, names: Sequence[str], *, plain_too: bool = False) -> dict[str, Row]:
        """Return the known rows of these defects, by name."""
        known = [one for one in self.rows if one.budget == budget and (one.plain is not None or not plain_too)]
        return {one.name: one for one in known if one.name in names}


def _row(data: dict[str, Any]) -> Row:
    return Row(**{**data, "clauses": tuple(data["clauses"])})


def _digest() -> str:
    """Return what changes whenever a result may."""
    files = sorted(path for folder in CODE for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".yaml"})
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


def table(rows: list[Row]) -> str:
    """Return the matrix as Markdown."""
    missed = [row.name for row in rows if not row.found]
    documented = [row for row in rows if CATALOGUE[row.name].level == "documented"]
    caught = sum(row.name not in missed for row in documented)
    first = sum(row.clauses[:1] == (CATALOGUE[row.name].clause,) for row in rows)
    known = [row for row in rows if row.plain is not None]
    lines = [
        f"`covermock check` finds {len(rows) - len(missed)} of {len(rows)} defects under the right clause, "
        f"{caught} of the {len(documented)} documented ones ({_share(caught, len(documented))}); "
        f"{first} times ({_share(first, len(rows))}) it names that clause first."
        + (f" Plain schemathesis finds {sum(bool(row.plain) for row in known)} of {len(known)}." if known else ""),
        "",
        f"Survivors: {', '.join(f'`{name}`' for name in missed) or 'none'}.",
        "",
        "| defect | the mock … | clause | level | found by check as | plain schemathesis |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_line(row, row.name in missed) for row in rows),
    ]
    return "\n".join(lines) + "\n"


def _share(part: int, whole: int) -> str:
    return f"{part / max(whole, 1):.0%}"


def _line(row: Row, missed: bool) -> str:
    defect = CATALOGUE[row.name]
    seen = f"**missed** ({', '.join(row.clauses) or 'nothing'})" if missed else ", ".join(row.clauses)
    other = {None: "not run", True: "found", False: "missed"}[row.plain]
    return f"| `{row.name}` | {defect.sentence} | {defect.clause} | {defect.level} | {seen} | {other} |"


def rows_of(
    budget: str, chosen: Sequence[str], without: set[str] | None, results: Results, processes: int
) -> list[Row]:
    """Judge each defect that no row is known of, and say what became of it; return all rows."""
    known = results.of(budget, chosen, plain_too=without is not None)
    todo = [(budget, name) for name in chosen if name not in known]
    with ProcessPoolExecutor(processes) as pool:
        for row in pool.map(partial(judged, without=without), todo):
            results.add(row)
            verdict = "found" if row.found else "MISSED"
            sys.stdout.write(f"{budget}: {row.name} {verdict} {row.level_found} {row.clauses} {row.seconds:.1f}\n")
            sys.stdout.flush()
    known = results.of(budget, chosen, plain_too=without is not None)
    return [known[name] for name in chosen]


def curve(rows: Mapping[str, list[Row]]) -> str:
    """Return how many are found at each budget, as Markdown, and what each step buys."""
    lines = [
        "| credits | found | of | documented | requests | new at this step |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    before: set[str] = set()
    ever = {row.name for found in rows.values() for row in found if row.found}
    for budget, found in rows.items():
        now = {row.name for row in found if row.found}
        documented = sum(CATALOGUE[name].level == "documented" for name in now)
        new = sorted(now - before)
        told = ", ".join(f"`{name}`" for name in new[:3]) + (f" and {len(new) - 3} more" if len(new) > 3 else "")
        most = BUDGETS[budget].get("max_requests", 400)
        why = f"none: what is missed needs {'more credits' if ever - before else 'what no credits buy'}"
        lines.append(f"| {budget} | {len(now)} | {len(found)} | {documented} | {most} | {told or why} |")
        before |= now
    return "\n".join(lines) + "\n"


def sample(names: Sequence[str], count: int) -> list[str]:
    """Return so many of the names, spread evenly, or all."""
    return list(names) if not 0 < count < len(names) else [names[n * len(names) // count] for n in range(count)]


def write(mark: str, end: str, text: str) -> None:
    """Put a text into the page, between a mark and what comes after."""
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(mark)
    after = rest[rest.index(end) :] if end else ""
    PAGE.write_text(f"{head}{mark}\n\n{text}{chr(10) if after else ''}{after}", encoding="utf-8")


def options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--subtle", action="store_true")
    parser.add_argument("--curve", action="store_true")
    parser.add_argument("--without-schemathesis", action="store_true")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--processes", type=int, default=3)
    return parser.parse_args(arguments)


def measure_curve(told: argparse.Namespace, results: Results) -> None:
    """Judge all defects at each budget, and write the curve."""
    whole = [*CATALOGUE.named, *CATALOGUE.generated, *CATALOGUE.subtle]
    chosen = sample(told.names or whole, told.sample)
    found = {budget: rows_of(budget, chosen, None, results, told.processes) for budget in CURVE}
    judged = "All" if chosen == whole else f"{len(chosen)}, spread evenly, of the"
    text = f"{judged} {len(whole)} defects.\n\n{curve(found)}"
    sys.stdout.write(text)
    if not told.names:
        write(CURVE_MARK, HARDER, text)


def main(arguments: list[str]) -> None:
    """Judge the named defects, those with `--subtle`, or those given; rewrite the page's part if all were judged."""
    told, results = options(arguments), Results(RESULTS)
    if told.curve:
        measure_curve(told, results)
        return
    whole = CATALOGUE.subtle if told.subtle else CATALOGUE.named
    chosen = sample(told.names or whole, told.sample)
    without: set[str] | None = None
    if not told.subtle and not told.without_schemathesis:
        with served("") as url:
            without = plain(url)
    rows = rows_of(HARD if told.subtle else NAMED, chosen, without, results, told.processes)
    text = table(rows)
    sys.stdout.write(text.partition("\n\n| ")[0] + "\n")
    if chosen == list(whole):
        write(SUBTLE_MARK if told.subtle else MARK, "" if told.subtle else CURVE_HEAD, text)


if __name__ == "__main__":
    main(sys.argv[1:])
