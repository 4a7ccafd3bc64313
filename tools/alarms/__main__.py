"""Judge gateways drawn by chance, and tell which accusations nothing explains: `make alarms ARGS="--seeds 200"`.

The families are those of tests/support/drawn: gateways that differ only where the evidence leaves it open, and
gateways that refute guesses of the contract. With `--write` the figures go into docs/check.md.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

from support.drawn import GUESSES, OPEN, plain
from support.drawn.trial import Trial, try_gateway, try_seed

PAGE = Path(__file__).parents[2] / "docs" / "check.md"
BEGIN, END = "<!-- alarms: written by make alarms -->", "<!-- /alarms -->"
FAMILIES = ("open", "guesses")
_EACH = 3  # runs beside each other for each core
HEAD = (
    "| drawn by chance | gateways | requests | with a false alarm | with a documented one |",
    "| --- | ---: | ---: | ---: | ---: |",
)


@dataclass(frozen=True)
class Row:
    """One seed, as a line of a file keeps it."""

    family: str
    seed: int
    requests: int
    alarm: bool
    documented: bool
    refuted: list[str]


def rows(family: str, seeds: Iterable[int], processes: int) -> Iterator[Row]:
    """Yield what becomes of each seed; tell each alarm as it comes."""
    with ProcessPoolExecutor(processes) as pool:
        for done in as_completed([pool.submit(try_seed, family, seed) for seed in seeds]):
            trial = done.result()
            if trial.alarms or trial.trouble:
                sys.stdout.write(f"{family} ALARM {trial}\n")
                sys.stdout.flush()
            documented = any(one.level == "documented" for one in trial.findings)
            yield Row(family, trial.seed, trial.requests, bool(trial.alarms), documented, sorted(trial.refuted))


def known_rows(file: Path | None) -> list[Row]:
    """Return the rows that an earlier run has kept."""
    lines = file.read_text(encoding="utf-8").splitlines() if file and file.exists() else []
    return [Row(**json.loads(line)) for line in lines]


def told(family: str, done: list[Row]) -> str:
    """Return one family's figures as a row of the table."""
    refuted = {name for one in done for name in one.refuted}
    what = (
        f"the {len(OPEN)} open points" if family == "open" else f"those, and {len(refuted)} of {len(GUESSES)} guesses"
    )
    counts = sum(one.alarm for one in done), sum(one.documented for one in done)
    return f"| {what} | {len(done)} | {sum(one.requests for one in done):,} | {counts[0]} | {counts[1]} |"


def each(processes: int) -> int:
    """Refute each guess alone; return 1 where one is blamed for something else, or a sure one is not found."""
    several = [(name, number) for name, one in GUESSES.items() for number in range(len(one.values))]
    wrong = 0
    with ProcessPoolExecutor(processes) as pool:
        for (name, number), trial in zip(several, pool.map(alone, several), strict=True):
            found = bool(trial.seen & trial.may_break)
            verdict = "ALARM" if trial.alarms else "found" if found else "MISSED" if GUESSES[name].sure else "unseen"
            wrong += verdict in {"ALARM", "MISSED"}
            sys.stdout.write(f"{verdict} {name} {GUESSES[name].values[number]} {trial if trial.alarms else ''}\n")
            sys.stdout.flush()
    return int(bool(wrong))


def alone(guess: tuple[str, int]) -> Trial:
    """Judge a gateway that refutes one guess with one of its values, and is plain otherwise."""
    name, number = guess
    return try_gateway(plain() | {name: GUESSES[name].values[number], "failing": 3}, number, means=False)


def main() -> int:
    """Run; return 1 if there was a false alarm."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="gateways of each family")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--family", choices=FAMILIES, action="append", help="only this family")
    parser.add_argument("--each", action="store_true", help="refute each guess alone, with each of its values")
    parser.add_argument("--processes", type=int, default=_EACH * (os.cpu_count() or 1), help="a run mostly waits")
    parser.add_argument("--keep", type=Path, help="a file of what is done already, which goes on from there")
    parser.add_argument("--write", action="store_true", help=f"write the figures into {PAGE.name}")
    given = parser.parse_args()
    if given.each:
        return each(given.processes)
    done = known_rows(given.keep)
    for family in given.family or FAMILIES:
        seeds = sorted(
            {*range(given.first, given.first + given.seeds)} - {one.seed for one in done if one.family == family}
        )
        for row in rows(family, seeds, given.processes):
            done.append(row)
            keep(given.keep, row)
    table = "\n".join([*HEAD, *(told(one, [row for row in done if row.family == one]) for one in FAMILIES)])
    sys.stdout.write(f"{table}\n")
    if given.write:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    return int(any(one.alarm for one in done))


def keep(file: Path | None, row: Row) -> None:
    """Add the row to the file, if there is one."""
    if file:
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(asdict(row)) + "\n")


if __name__ == "__main__":
    sys.exit(main())
