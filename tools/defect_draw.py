"""Defects drawn by chance: any defect under any condition in which a long story shows it, none in the catalogue.

The story is that of the tests (tests/support/story.py), so the tests must be on the path.
"""

import argparse
import random
import re
import sys
from collections.abc import Sequence
from typing import Final

from covermock.mock_server.defects import Catalogue
from covermock.mock_server.defects.subtle import ONLY
from covermock.openapi import GATEWAY
from kill_matrix import CATALOGUE, HARD, RESULTS, Results, rows_of, table
from support.story import tell

FAMILIES: Final = (
    r"one-in-\d+",
    r"second-task|later-tasks",
    r"state-.*",
    r"with-.*|without-.*",
    r".*-text|.*-in-text|escaped-body|percent-encoded",
    r"at-once",
    r"first-poll|once-polled|after-the-end",
    r"second-account",
)
"""Kinds of conditions, of which each has the same share."""


def draw(catalogue: Catalogue, count: int, seed: int) -> list[str]:
    """Return that many names of defects with a condition, the same ones for a seed.

    Each operator has the same share, however many defects it makes, and each kind of condition.
    """
    chance = random.Random(seed)  # noqa: S311 - a draw, not a secret
    by_operator: dict[str, list[str]] = {}
    for name, row in sorted(catalogue.rows.items()):
        by_operator.setdefault(row["operator"], []).append(name)
    kinds = [[one for one in catalogue.conditions if re.fullmatch(family, one)] for family in FAMILIES]
    known, sound, found = set(catalogue.subtle), tell(GATEWAY), dict[str, None]()
    while len(found) < count:
        base = chance.choice(by_operator[chance.choice(sorted(by_operator))])
        name = f"{base}{ONLY}{chance.choice(chance.choice(kinds))}"
        if name not in known and tell(GATEWAY, name) != sound:
            found[name] = None
        known.add(name)
    return list(found)


def main(arguments: Sequence[str]) -> None:
    """Judge as many drawn defects as asked for, and say who was found; write nothing into the docs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=3)
    told = parser.parse_args(arguments)
    names = draw(CATALOGUE, told.count, told.seed)
    sys.stdout.write(table(rows_of(HARD, names, None, Results(RESULTS), told.processes)))


if __name__ == "__main__":
    main(sys.argv[1:])
