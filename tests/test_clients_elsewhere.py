"""The judge of clients under a contract of another shape: its file is all that it knows."""

import sys
from pathlib import Path

import pytest
from covermock.contract_tests.clients.scenarios import SCENARIOS, UnknownScenarioError, find_scenarios, scenarios_of
from covermock.contract_tests.clients.verdicts import RunVerdict
from covermock.contract_tests.vocabulary import BROKEN, HELD
from covermock.fixtures.running_clients import Client, Run, names_of
from covermock.openapi import GATEWAY, load
from support.servers import run
from support.virtual import play_program

ROOT = Path(__file__).parents[1]
CONTRACT = ROOT / "examples" / "contracts" / "transcripts.yaml"
DESK = ROOT / "tests" / "clients" / "desk.py"
MISTAKES = [  # the mistake, the scenario in which it shows, the rule
    ("bearer", "happy", "key-in-header"),
    ("another-key", "happy", "own-key"),
    ("key-in-query", "happy", "key-nowhere-else"),
    ("form", "happy", "json-type"),
    ("no-language", "happy", "valid-request"),
    ("unknown-language", "happy", "valid-request"),
    ("speakers-as-text", "happy", "valid-request"),
    ("unknown-path", "happy", "known-path"),
    ("not-encoded", "odd-ids", "given-source"),
    ("starts-twice", "happy", "pays-once"),
    ("busy-loop", "never-ends", "no-busy-loop"),
    ("polls-on", "happy", "stops-at-the-end"),
    ("hides-failure", "task-fails", "reports-failure"),
]


def verdict(scenario: str, *mistake: str) -> RunVerdict:
    """Play the client in a scenario and judge it; a missing pause is judged where stages are long."""
    world = str(DESK.with_name("patient.yaml")) if "busy-loop" in mistake else "empty"
    quick = {"PAUSE": "0.2", "PATIENCE": "8"}
    return play_program(DESK, mistake, SCENARIOS[scenario], quick, world=world, spec=str(CONTRACT))


def verdict_on_a_process(scenario: str) -> RunVerdict:
    """Run the client in a scenario and judge it."""
    return Run(Client((sys.executable, "-S", "-E", str(DESK)), 60, spec=str(CONTRACT)), SCENARIOS[scenario]).verdict()


def test_a_good_client_is_held_in_every_scenario() -> None:
    """Nothing is held against it, and it meets what each scenario is about."""
    names = [one.name for one in scenarios_of(load(CONTRACT)) if not one.webhook]
    verdicts = [*map(verdict, names), verdict_on_a_process("happy")]

    found = [(one.name, one.state, one.reason, [f.rule for f in one.findings], one.output) for one in verdicts]
    assert [] == [row for row in found if row[1] == BROKEN]
    assert {HELD} == {one.state for one in verdicts}, found


def test_each_mistake_is_found_by_its_rule() -> None:
    """The rule that a mistake breaks is among what is found, with a clause of this contract where it stands on one."""
    verdicts = [verdict(scenario, mistake) for mistake, scenario, _ in MISTAKES]
    clauses = {one.clause for verdict in verdicts for one in verdict.findings}

    pairs = zip(MISTAKES, verdicts, strict=True)
    found = [(row, [one.rule for one in each.findings], each.output) for row, each in pairs]
    assert [] == [row for row in found if row[0][2] not in row[1]]
    assert clauses <= {"", *load(CONTRACT).clauses}


def test_the_scenarios_are_those_that_the_contract_can_have() -> None:
    """Without credits nobody runs out of them; the command lists the same."""
    listed = run("scenarios", "--spec", str(CONTRACT)).stdout
    built_in = run("scenarios").stdout

    assert {"no-credits"} == {line.split()[0] for line in built_in.splitlines()} - {
        line.split()[0] for line in listed.splitlines()
    }
    with pytest.raises(UnknownScenarioError, match="a scenario that the contract has"):
        find_scenarios("no-credits", load(CONTRACT))
    assert ("base_url", "api_key", "recording", "callback_base") == names_of(load(CONTRACT))
    assert ("base_url", "api_key", "music_task", "audio", "callback_base") == names_of(load(GATEWAY))
