"""Run `covermock check` against each defect of any contract: how many it finds, which it misses.

`python tools/contract_kills.py FILE… [--write] [--every N] [--jobs N] [--defects NAME,NAME]`: with `--write` the
rates go into docs/defects.md. Each defect is served with the contract's file alone, and judged by the same file.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from covermock.contract_tests import judge, settings_for
from covermock.fixtures.serving import ServerThread
from covermock.mock_server import Settings
from covermock.mock_server.defects import Catalogue
from covermock.openapi import Contract, load
from covermock.openapi.needs import needs

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "defects.md"
MARK = "<!-- the rates of other contracts: written by make kill-contracts -->"
END = "<!-- end of the rates -->"
ROLES = ("main", "second", "poor")
BUDGET = {"max_credits": 60, "max_requests": 600, "patience": 6.0, "fail_on": "assumed"}
DOCS = {"music": ("gen123213213213123bksv",), "audio": ("aud_30s=30", "aud_5_9s=5.9", "aud_6s=6", "aud_60s=60")}


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
        return {**DOCS, "audio": (*DOCS["audio"], "aud_60_1s=60.1")}
    found = {}
    for kind, need in needs(contract).items():
        telling = {"least": need.least, "most": need.most}
        if need.least is not None and need.most is not None:
            step = (need.most - need.least) / 100
            telling |= {"short": max(need.least - step, need.least * 0.9), "long": need.most + step}
        ends = (f"{kind}_{name}={number}" for name, number in telling.items() if number is not None)
        found[kind] = (f"{kind}_ok", *ends)
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


def line(path: Path, rows: list[Row]) -> str:
    """Return the contract's row of the table."""
    found = [row for row in rows if row.clauses]
    right = sum(row.is_right for row in rows)
    missed = ", ".join(f"`{row.name}`" for row in rows if not row.clauses) or "none"
    return f"| `{path.name}` | {len(rows)} | {len(found)} ({100 * len(found) // len(rows)} %) | {right} | {missed} |"


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
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=3)
    parser.add_argument("--defects", default="")
    asked = parser.parse_args()
    lines = []
    for path in asked.files:
        catalogue = Catalogue(load(path))
        names = asked.defects.split(",") if asked.defects else [*catalogue.named, *catalogue.generated][:: asked.every]
        lines.append(line(path, list(rows_of(path.resolve(), names, asked.jobs))))
        sys.stdout.write(f"{lines[-1]}\n")
    if asked.write:
        write(lines)


if __name__ == "__main__":
    main()
