"""Run the clients of tests/clients/public through every scenario, as far as their languages are installed.

`habits.py [NAME…]` prints a row for each: what failed, what was warned of, and which languages are missing. Those that
are at fault run in the scenario that shows it, and have to be found by their rule. In Debian the languages are
`golang-go default-jdk-headless php-cli php-curl ruby lua5.4 lua-socket lua-cjson r-cran-httr mono-mcs
libmono-system-net-http4.0-cil rustc tcl libwww-perl wget curl nodejs`.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

# ruff: noqa: E402, T201 - the programs stand among the tests; a tool prints
from clients.public import AT_FAULT, PROGRAMS, command
from covermock.contract_tests.clients.scenarios import SCENARIOS
from covermock.contract_tests.clients.verdicts import RunVerdict
from covermock.fixtures.running_clients import Client, Run

SECONDS, AT_ONCE, PAUSE = 60.0, 4, "0.1"


def verdicts(name: str, scenarios: Iterable[str]) -> list[RunVerdict]:
    """Return the verdicts on a program in these scenarios, none where its language is missing."""
    found = command(name)
    if found is None:
        return []
    client = Client(found, SECONDS)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda scenario: Run(client, SCENARIOS[scenario]).verdict(), scenarios))


def row(name: str) -> tuple[str, bool]:
    """Return the line of a program, and whether what is held against it is just what should be."""
    rules, scenario = AT_FAULT.get(name, ([], ""))
    found = verdicts(name, [scenario] if scenario else SCENARIOS)
    if not found:
        return f"| `{name}` | not run: its language is missing | | |", True
    states = Counter(one.state for one in found)
    told = [(one.name, finding) for one in found for finding in one.findings]
    failing = sorted({f"{finding.rule} in {name}" for name, finding in told if finding.counts("assumed")})
    warned = sorted({finding.rule for _, finding in told if finding.warning})
    states_ = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    just = failing == [f"{rule} in {scenario}" for rule in sorted(rules)]
    return f"| `{name}` | {states_} | {', '.join(failing) or 'nothing'} | {', '.join(warned) or 'nothing'} |", just


def main(names: list[str]) -> int:
    os.environ["PAUSE"] = PAUSE
    print("| client | verdicts | held against it | warned of |\n| --- | --- | --- | --- |")
    good = True
    for name in names or [*PROGRAMS, *AT_FAULT]:
        line, just = row(name)
        good = good and just
        print(line, flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
