"""Run the clients of tests/clients/public through every scenario, as far as their languages are installed.

`habits.py [NAME…]` prints a row for each: what failed, what was warned of, and which languages are missing.
"""

import os
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

# ruff: noqa: E402, T201 - the programs stand among the tests; a tool prints
from clients.public import PROGRAMS, command
from covermock.contract_tests.clients.scenarios import SCENARIOS
from covermock.contract_tests.clients.verdicts import RunVerdict
from covermock.fixtures.running_clients import Client, Run

SECONDS, AT_ONCE, PAUSE = 60.0, 4, "0.1"


def verdicts(name: str) -> list[RunVerdict] | None:
    """Return the verdicts on a program in every scenario, None where its language is missing."""
    found = command(name)
    if found is None:
        return None
    client = Client(found, SECONDS)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda scenario: Run(client, scenario).verdict(), SCENARIOS.values()))


def row(name: str, found: list[RunVerdict] | None) -> tuple[str, bool]:
    """Return the line of a program, and whether nothing is held against it."""
    if found is None:
        return f"| `{name}` | not run: its language is missing | | |", True
    states = Counter(one.state for one in found)
    told = [(one.name, finding) for one in found for finding in one.findings]
    failing = sorted({f"{finding.rule} in {name}" for name, finding in told if finding.counts("assumed")})
    warned = sorted({finding.rule for _, finding in told if finding.warning})
    states_ = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    return (
        f"| `{name}` | {states_} | {', '.join(failing) or 'nothing'} | {', '.join(warned) or 'nothing'} |",
        not failing,
    )


def main(names: list[str]) -> int:
    os.environ["PAUSE"] = PAUSE
    print("| client | verdicts | held against it | warned of |\n| --- | --- | --- | --- |")
    good = True
    for name in names or PROGRAMS:
        line, innocent = row(name, verdicts(name))
        good = good and innocent
        print(line, flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
