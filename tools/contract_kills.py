"""Run `covermock check` against each defect of any contract: how many it finds, which it misses.

`python tools/contract_kills.py FILE… [--write] [--every N] [--jobs N] [--defects NAME,NAME]`: each defect is served
with the contract's file alone, and judged by the same file. What became of it is kept in build/kills, so that a run
can be made in parts; `--write` puts all that is there into docs/defects.md.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from covermock.contract_tests import judge, settings_for
from covermock.fixtures.serving import ServerThread
from covermock.mock_server import Settings
from covermock.mock_server.defects import Catalogue
from covermock.openapi import Contract, load
from covermock.openapi.needs import needs

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "build" / "kills"
PAGE = ROOT / "docs" / "defects.md"
MARK = "<!-- the rates of other contracts: written by make kill-contracts -->"
END = "<!-- end of the rates -->"
ROLES = ("main", "second", "poor")
BUDGET = {"max_credits": 100, "max_requests": 600, "patience": 6.0, "fail_on": "assumed"}
DOCS = {
    "music": ("gen123213213213123bksv",),
    "failing_music": ("gen_cover_fails",),
    "audio": ("aud_30s=30", "aud_5_9s=5.9", "aud_6s=6", "aud_60s=60", "aud_60_1s=60.1"),
    "failing_audio": ("aud_fails=30",),
}


@dataclass(frozen=True)
class Row:
    """What became of one defect: whose clause it breaks, and which clauses `check` blamed."""

    name: str
    clause: str
    clauses: tuple[str, ...]
    seconds: float

    @property
    def is_right(self) -> bool:
        return self.clause in self.clauses


def sources(contract: Contract, world: str) -> dict[str, tuple[str, ...]]:
    """Return what the first world of a contract has to start tasks from, by kind, as `--given` has it."""
    if world == "docs":
        return DOCS
    found = {}
    for kind, need in needs(contract).items():
        telling = {"least": need.least, "most": need.most}
        if need.least is not None and need.most is not None:
            step = (need.most - need.least) / 100
            telling |= {"short": max(need.least - step, need.least * 0.9), "long": need.most + step}
        ends = (f"{kind}_{name}={number}" for name, number in telling.items() if number is not None)
        found |= {kind: (f"{kind}_ok", *ends), f"failing_{kind}": (f"{kind}_fails",)}
    return found


def judged(path: Path, name: str) -> Row:
    """Judge the mock of a contract with a defect by the same contract."""
    contract = load(path)
    began = time.monotonic()
    with ServerThread(Settings("", path, defect=name, over={"stage_seconds": 0.3})) as server:
        world = server.direct.find(server.mock.first)
        keys = dict(zip(ROLES, world.keys.values(), strict=False))
        given = {**BUDGET, "named": sources(contract, server.mock.first)}
        found = judge(settings_for(server.url, keys, given), contract=contract)
    clauses = tuple(dict.fromkeys(one.clause for one in found.findings))
    return Row(name, Catalogue(contract)[name].clause, clauses, time.monotonic() - began)


def rows_of(path: Path, names: list[str], jobs: int) -> Iterator[Row]:
    """Judge each defect and say what became of it."""
    with ProcessPoolExecutor(jobs) as pool:
        for row in pool.map(partial(judged, path), names):
            verdict = "found" if row.is_right else "elsewhere" if row.clauses else "MISSED"
            sys.stdout.write(f"{verdict:9} {row.name} {row.clause} {row.clauses} {row.seconds:.1f}\n")
            sys.stdout.flush()
            yield row


def kept(path: Path, catalogue: Catalogue) -> list[Row]:
    """Return the last that is known of each defect that the contract has."""
    file = KEPT / f"{path.stem}.jsonl"
    rows = [json.loads(text) for text in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []
    last = {row["name"]: Row(**{**row, "clauses": tuple(row["clauses"])}) for row in rows}
    return [last[name] for name in (*catalogue.named, *catalogue.generated) if name in last]


def keep(path: Path, row: Row) -> None:
    """Keep what became of a defect."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / f"{path.stem}.jsonl").open("a", encoding="utf-8") as file:
        file.write(f"{json.dumps(asdict(row))}\n")


def line(path: Path, rows: list[Row], count: int) -> str:
    """Return the contract's row of the table; `count` is how many defects it has."""
    found = [row for row in rows if row.clauses]
    right = sum(row.is_right for row in rows)
    missed = ", ".join(f"`{row.name}`" for row in rows if not row.clauses) or "none"
    tried = f"{len(rows)} of {count}" if len(rows) < count else str(count)
    return f"| `{path.name}` | {tried} | {len(found)} ({100 * len(found) // len(rows)} %) | {right} | {missed} |"


def write(lines: list[str]) -> None:
    """Put the table into the page."""
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(MARK)
    table = [
        "| contract | defects | found | under the clause that is broken | missed |",
        "| --- | --- | --- | --- | --- |",
    ]
    body = "\n".join([*table, *lines])
    PAGE.write_text(f"{head}{MARK}\n\n{body}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")


def main() -> None:
    """Judge every defect that is not subtle, or every Nth, of each file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--every", type=int, default=1, help="every Nth defect; 0: none, what is kept is shown")
    parser.add_argument("--jobs", type=int, default=3)
    parser.add_argument("--defects", default="")
    parser.add_argument("--max-requests", type=int, default=BUDGET["max_requests"])
    asked = parser.parse_args()
    BUDGET["max_requests"] = asked.max_requests  # the processes below are copies of this one
    lines = []
    for path in asked.files:
        catalogue = Catalogue(load(path))
        every = [*catalogue.named, *catalogue.generated]
        names = asked.defects.split(",") if asked.defects else every[:: asked.every] if asked.every else []
        for row in rows_of(path.resolve(), names, asked.jobs):
            keep(path, row)
        lines.append(line(path, kept(path, catalogue), len(every)))
        sys.stdout.write(f"{lines[-1]}\n")
    if asked.write:
        write(lines)


if __name__ == "__main__":
    main()
