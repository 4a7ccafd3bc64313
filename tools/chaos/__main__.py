"""`python -m chaos [--runs N] [--seed S] [--seconds S] [--workers N] [--write]`: runs with troubles, each judged.

Exit code 1 means that a law was broken; the seed that is printed does the same troubles again.
"""

import argparse
import asyncio
import sys
import time
from collections import Counter
from typing import Any, NamedTuple

import sections

from .history import History
from .laws import LAWS, violations
from .plan import KINDS, plan
from .run import run

_MOST = 20  # violations of a run that are printed


class Result(NamedTuple):
    """What one run showed."""

    seed: int
    took: float
    history: History
    broken: list[str]


def one(seed: int, seconds: float, workers: int) -> Result:
    """Do one run and judge it."""
    began = time.monotonic()
    history = asyncio.run(run(plan(seed, seconds), seconds, workers, seed))
    return Result(seed, time.monotonic() - began, history, violations(history))


def _told(result: Result) -> str:
    figures = ", ".join(f"{name} {many}" for name, many in result.history.figures().items())
    lines = [f"seed {result.seed}: {'BROKEN' if result.broken else 'green'} in {result.took:.0f} s; {figures}"]
    troubles = (f"  {one.began:.2f}-{one.ended:.2f} {one.name}" for one in result.history.troubles)
    return "\n".join([*lines, *(f"  {line}" for line in result.broken[:_MOST]), *(troubles if result.broken else ())])


def page(results: list[Result], options: Any) -> str:
    """Return what docs/reliability.md says of the runs."""
    total = sum((result.history.figures() for result in results), Counter())
    names = Counter(trouble.name for result in results for trouble in result.history.troubles)
    green = sum(not result.broken for result in results)
    first, last = results[0].seed, results[-1].seed
    told = f'`make chaos ARGS="--runs {options.runs} --seed {first} --seconds {options.seconds:g}"`'
    rows = [
        ("runs in a row without a violation", f"{green} of {len(results)} (seeds {first} to {last})"),
        ("violations", f"{sum(len(result.broken) for result in results):,}"),
        ("requests", f"{total['requests']:,}"),
        ("accepted starts", f"{total['accepted']:,}"),
        ("polls answered 200", f"{total['polls']:,}"),
        ("webhooks received", f"{total['webhooks']:,}"),
        ("answers 503", f"{total['503']:,}"),
        ("answers that never came", f"{total['lost']:,}"),
    ]
    return "\n\n".join(
        [
            f"{told}, {options.workers} workers, 5 clients of 3 accounts. {sections.machine()}.",
            sections.table(("in all", "figure"), rows),
            sections.table(("done to them", "times"), [(f"{n}: {KINDS[n][1]}", f"{names[n]:,}") for n in KINDS]),
            f"Each run was held against {len(LAWS)} laws: {', '.join(law.__name__.replace('_', ' ') for law in LAWS)}.",
        ]
    )


def main() -> int:
    """Run, print, and write down what was found."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1, help="of the first run; the next has the next")
    parser.add_argument("--seconds", type=float, default=30.0, help="of load in a run")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="write docs/reliability.md")
    options: Any = parser.parse_args()
    results = []
    for seed in range(options.seed, options.seed + options.runs):
        results.append(one(seed, options.seconds, options.workers))
        sys.stdout.write(f"{_told(results[-1])}\n")
        sys.stdout.flush()
    if options.write:
        sections.write("chaos", page(results, options))
    return 1 if any(result.broken for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
