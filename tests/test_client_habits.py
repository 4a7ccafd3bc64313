"""Habits that anybody would call good are never accused; bad ones are found by their rule. All in virtual time."""

from typing import Any

import pytest
from covermock.contract_tests.clients.scenarios import SCENARIOS
from covermock.contract_tests.clients.verdicts import RunVerdict
from covermock.contract_tests.vocabulary import BROKEN, HELD, UNTRIED
from support.virtual import Ask, Play, Stage, Steps, act, play

from .clients.habits import BADLY, WELL, Values, key, look, start

MET = [name for name in SCENARIOS if not name.startswith("webhook")]
USUAL = ("happy", "every-state", "odd-ids", "task-fails", "never-ends", "start-reset", "poll-breaks", "poll-limited")
THOROUGH = ("plain", "three watchers together", "asks twice more after a refusal")
DRAWING = ("happy", "every-state")  # for those who load pictures, each of which takes a while to draw
SHORT = 20.0  # seconds of a run: shorter than the longest deadline of a good client


def failing(verdict: RunVerdict) -> list[tuple[str, str, str]]:
    """Return the findings that fail a run."""
    return [(one.rule, one.received, one.exchange) for one in verdict.findings if one.counts("assumed")]


@pytest.mark.parametrize("name", WELL)
def test_a_good_habit_is_never_accused(name: str) -> None:
    """Whatever happens to it, nothing is held against it; and where all goes well it is held."""
    met = MET if name in THOROUGH else DRAWING if "download" in name else USUAL
    verdicts = [play(WELL[name], SCENARIOS[scenario], SHORT) for scenario in met]

    assert [] == [(one.name, *row) for one in verdicts for row in failing(one)]
    assert HELD == verdicts[0].state


@pytest.mark.parametrize("name", BADLY)
def test_a_bad_habit_is_found_by_its_rule(name: str) -> None:
    """The rule is among what fails the run, with what was expected, received and the remedy."""
    client, scenario, rule = BADLY[name]
    verdict = play(client, SCENARIOS[scenario])

    assert BROKEN == verdict.state
    assert rule in [one for one, _, _ in failing(verdict)]
    assert [] == [one for one in verdict.findings if not (one.expected and one.received and one.remedy)]


def test_a_key_that_goes_astray_is_said_first() -> None:
    """Nothing is worse, so nothing stands before it."""

    def client(v: Values) -> Steps:
        yield Ask("GET", "/api/v1/credits", key(v))
        return (yield from BADLY["sends its key to the results"][0](v))

    found = [one.rule for one in play(client, SCENARIOS["happy"]).findings]

    assert ["key-for-gateway-only", "known-path"] == found


@pytest.mark.parametrize("name", ["no prompt in custom mode", "a path for a callback_url", "another scheme"])
def test_a_refused_start_is_one_finding(name: str) -> None:
    """The exit code tells the same once more, which is no second fault."""
    client, scenario, rule = BADLY[name]

    assert [rule] == [one.rule for one in play(client, SCENARIOS[scenario]).findings]


def test_a_deadline_beyond_the_runs_is_said_as_that() -> None:
    """Twelve polls in a minute tell no long deadline from none: it is not accused, and --timeout is named."""
    verdict = play(WELL["a long deadline"], SCENARIOS["never-ends"])
    [found] = verdict.findings

    assert (UNTRIED, "gives-up", True) == (verdict.state, found.rule, found.warning)
    assert "--timeout" in verdict.reason
    assert "try --timeout 18" in found.received


def test_lower_case_bearer_is_not_to_be_left_out() -> None:
    """The remedy is about the spelling; who leaves the key out has none."""
    [found] = play(WELL["lower-case bearer"], SCENARIOS["happy"]).findings

    assert ("documented-spelling", True) == (found.rule, found.warning)
    assert "eave" not in found.remedy


def test_an_id_is_told_by_an_answer_that_arrived() -> None:
    """After a lost start nobody can know the id, right as it may be."""

    def script(stage: Stage, values: Values) -> Any:
        def client() -> Steps:
            yield from start(values)
            task = stage.direct.find(stage.mock.first).tasks()[-1]["id"]
            yield 0.1
            state, _ = yield from look(values, task)
            return int(state == "no")

        return act(stage, client())

    verdict = Play(script, SCENARIOS["start-reset"]).verdict()

    assert ["given-task"] == [one.rule for one in verdict.findings if "guessed" in one.received]
