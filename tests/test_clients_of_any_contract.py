"""One client of seven contracts, in virtual time: what it does well is never accused, each bad habit has its rule."""

import json
from pathlib import Path
from typing import Any

import pytest
from covermock.contract_tests.clients.entries import entries
from covermock.contract_tests.clients.experience import Experience
from covermock.contract_tests.clients.scenarios import SCENARIOS, Scenario, scenarios_of
from covermock.contract_tests.clients.verdicts import RunVerdict, findings_of
from covermock.contract_tests.vocabulary import HELD
from covermock.openapi import GATEWAY, Contract, load, parse, read_contract
from support.edits import MORE, edited
from support.virtual import Steps, play

from .clients.anyone import HABITS, Anyone, Values

ROOT = Path(__file__).parents[1]
FILES = [path for folder in ("examples/contracts", "tests/support/contracts") for path in (ROOT / folder).iterdir()]
STARTS = sorted((path, one.id) for path in FILES for one in load(path).operations if one.starts)
USUAL = ("happy", "every-state", "odd-ids", "task-fails", "refused", "start-reset", "poll-limited")
SHORT = 20.0  # seconds of a run: enough for the longest deadline of the client


def verdict(path: Path, start: str, scenario: Scenario, **how: Any) -> RunVerdict:
    """Play the client with these settings and judge it by the contract that it reads."""
    contract = load(path)

    def client(values: Values) -> Steps:
        return Anyone(contract, contract.by_id[start], values, **how).run()

    return play(client, scenario, SHORT, spec=str(path))


def told(one: RunVerdict) -> tuple[Any, ...]:
    return one.name, one.state, one.reason, [(f.rule, f.expected, f.received, f.exchange) for f in one.findings]


@pytest.mark.parametrize(("path", "start"), STARTS, ids=lambda value: getattr(value, "stem", value))
def test_a_good_client_of_any_contract_is_held(path: Path, start: str, pytestconfig: pytest.Config) -> None:
    """In every scenario that the contract can have nothing is found, not even a warning."""
    possible = [one for one in scenarios_of(load(path)) if not one.webhook]
    meant = possible if pytestconfig.getoption("--many") else [one for one in possible if one.name in USUAL]
    verdicts = [verdict(path, start, one) for one in meant]

    assert [] == [told(one) for one in verdicts if one.findings or one.state != HELD]


@pytest.mark.parametrize(("path", "start"), STARTS, ids=lambda value: getattr(value, "stem", value))
def test_each_bad_habit_is_found_by_its_rule(path: Path, start: str) -> None:
    """Under any contract where the habit can show, with a clause of that file where the rule stands on one."""
    contract = load(path)
    missed = []
    for name, habit in HABITS.items():
        if habit.where(contract, contract.by_id[start]):
            found = verdict(path, start, SCENARIOS[habit.scenario], **habit.how)
            missed += [] if habit.rule in [one.rule for one in found.findings] else [(name, habit.rule, told(found))]
            assert {one.clause for one in found.findings} <= {"", *contract.clauses}

    assert [] == missed


# What is known of a client that is no job, on journals that are written down here.

MUSIC = "/api/v1/audio/music"
DESK = load(ROOT / "examples" / "contracts" / "transcripts.yaml")


def row(second: int, method: str, path: str, answer: str, **facts: Any) -> dict[str, Any]:
    """Return the row of a journal."""
    at = f"2026-01-01T00:00:{second:02}Z"
    plain = {"number": second, "at": at, "query": "", "headers": {}, "body": "", "status": 200, "answer_headers": {}}
    return {**plain, "method": method, "path": path, "answer": answer, **facts}


def rules(contract: Contract, *rows: dict[str, Any], **facts: Any) -> list[tuple[str, str]]:
    run = Experience(contract, entries(contract, rows), **{"job": False, **facts})
    return [(one.rule, one.received) for one in findings_of(run) if one.rule in {"pays-once", "given-task"}]


def test_tasks_of_two_sources_are_not_the_same_though_their_bodies_are() -> None:
    """The id of a source may stand in the path, beside a body with a webhook: that is no second start of one task."""
    starts = [
        row(number, "POST", f"/v3/recordings/{source}/transcripts", "{}", status=202, body='{"language": "en"}')
        for number, source in enumerate(["one", "two", "one"])
    ]

    assert [] == rules(DESK, *starts[:2])
    assert ["pays-once"] == [rule for rule, _ in rules(DESK, *starts)]


def test_a_task_that_only_its_webhook_told_of_is_of_the_kind_that_was_started() -> None:
    """Of two lifecycles with webhooks the one is meant whose start asked for this URL; the other's poll is astray."""
    contract = read_contract(parse(MORE["more-two-webhooks"].apply(GATEWAY.read_text(encoding="utf-8"))))
    urls = {"cover": "http://localhost/c", "upload-cover": "http://localhost/u"}
    bodies = {"cover": {"taskId": "m", "tell": urls["cover"]}, "upload-cover": {"audio_id": "a"}}
    bodies["upload-cover"]["callback_url"] = urls["upload-cover"]
    attempt = {"at": "2026-01-01T00:00:03Z", "status": 200, "problem": ""}
    found = []
    for number, (kind, url) in enumerate(urls.items()):
        start = row(1, "POST", f"{MUSIC}/{kind}/generate", "", wire="reset", body=json.dumps(bodies[kind]))
        polls = [row(5, "GET", f"{MUSIC}/{other}/status", "{}", query="task_id=t1") for other in urls]
        hook = {"task": "t1", "url": url, "state": "delivered", "due": None, "mode": "once", "attempts": [attempt]}
        run = [rules(contract, start, poll, callbacks=[hook], job=True) for poll in polls]
        assert [] == run[number]
        found += run[1 - number]

    assert ["given-task", "given-task"] == [rule for rule, _ in found]


@pytest.mark.parametrize("name", MORE)
def test_clients_of_an_edited_contract_are_judged_by_the_edit(name: str, tmp_path: Path) -> None:
    """Whatever is edited, who does as the file says is held, and who pays twice is found out."""
    path = edited(tmp_path, MORE[name])
    starts = [one.id for one in load(path).operations if one.starts]
    good = [verdict(path, start, SCENARIOS["odd-ids"]) for start in starts]
    bad = [verdict(path, start, SCENARIOS["happy"], **HABITS["starts twice"].how) for start in starts]

    assert [] == [told(one) for one in good if one.findings or one.state != HELD]
    assert [] == [told(one) for one in bad if "pays-once" not in [found.rule for found in one.findings]]
