"""Clients as people write them keep the contract; `make habits` runs them through everything, in all languages."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from covermock.contract_tests.clients.rules import RULES
from covermock.contract_tests.clients.scenarios import SCENARIOS
from covermock.contract_tests.vocabulary import HELD, UNTRIED
from covermock.fixtures.running_clients import Client, Run

from .clients.public import AT_FAULT, PROGRAMS, command

HERE = [name for name in PROGRAMS if Path(name).suffix in {".py", ".mjs", ".cjs", ".sh"}]
MET = ("happy", "poll-limited")


@pytest.mark.parametrize("suffix", sorted({Path(name).suffix for name in HERE}))
def test_a_public_habit_is_held(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions and pools, keep-alive or not, HTTP/1.0, chunks, Expect, both ways at once: nothing is at fault."""
    monkeypatch.setenv("PAUSE", "0.1")
    commands = [command(name) for name in HERE if Path(name).suffix == suffix]
    clients = [Client(found, 60) for found in commands if found]
    if not clients:
        pytest.skip(f"what runs {suffix} is missing")

    with ThreadPoolExecutor(min(4, (os.cpu_count() or 1) * 2)) as pool:
        work = [(client, SCENARIOS[name]) for client in clients for name in MET]
        verdicts = list(pool.map(lambda pair: (pair[0].command[-1], Run(*pair).verdict()), work))

    held = {"happy": {HELD}, "poll-limited": {HELD, UNTRIED}}  # who waits for a webhook doesn't poll
    told = [(name, one.name, one.output, [f.rule for f in one.findings], one.state) for name, one in verdicts]
    assert [] == [row for row in told if row[-1] not in held[row[1]]]


def test_each_that_is_at_fault_says_so() -> None:
    """Each program of the folder names rules and a scenario that there are."""
    folder = Path(__file__).parent / "clients" / "public" / "at_fault"

    assert {f"at_fault/{path.name}" for path in folder.iterdir()} == AT_FAULT.keys()
    assert set() == {rule for rules, _ in AT_FAULT.values() for rule in rules} - RULES.keys()
    assert set() == {scenario for _, scenario in AT_FAULT.values()} - SCENARIOS.keys()


def test_a_habit_at_fault_is_found_by_its_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that repeats what may have been paid for; `make habits` runs the others, too."""
    monkeypatch.setenv("PAUSE", "0.1")
    name = "at_fault/curl_all_errors.sh"
    found, (rules, scenario) = command(name), AT_FAULT[name]
    if found is None:
        pytest.skip(f"what runs {name} is missing")

    verdict = Run(Client(found, 60), SCENARIOS[scenario]).verdict()

    assert sorted(rules) == sorted({one.rule for one in verdict.findings if one.counts("assumed")})
