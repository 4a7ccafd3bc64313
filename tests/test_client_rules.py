"""The rules for clients on journals that are written down here: each needs nothing but plain data."""

from dataclasses import replace
from typing import Any

import pytest
from covermock.contract_tests.clients.entries import entries
from covermock.contract_tests.clients.experience import EITHER, FAILURE, Ending, Experience, Inputs, pace_of
from covermock.contract_tests.clients.verdicts import findings_of
from covermock.openapi import load

CONTRACT = load()
KEY = "aio_key"
COVER = "/api/v1/audio/music/cover"


def row(second: float, method: str = "GET", path: str = f"{COVER}/status", **facts: Any) -> dict[str, Any]:
    """Return a journal row: by default a poll of the task c1, which still runs."""
    return {
        "number": 1,
        "at": f"2026-01-01T00:00:{second:09.6f}Z",
        "method": method,
        "path": path,
        "query": "task_id=c1",
        "headers": {"authorization": f"Bearer {KEY}"},
        "body": "",
        "status": 200,
        "answer": '{"code": 200, "msg": "success", "data": {"taskId": "c1", "status": "PENDING"}}',
        "answer_headers": {},
        **facts,
    }


def start(second: float, **facts: Any) -> dict[str, Any]:
    """Return the journal row of a start that made the task c1."""
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    given = {"query": "", "headers": headers, "body": '{"taskId": "m1"}', **facts}
    return row(second, "POST", f"{COVER}/generate", **given)


def ended(second: float, state: str = "SUCCESS") -> dict[str, Any]:
    """Return the journal row of a poll that shows a terminal state."""
    return row(second, answer=f'{{"data": {{"taskId": "c1", "status": "{state}"}}}}')


def rules(*rows: dict[str, Any], **facts: Any) -> list[str]:
    """Return the names of the rules that a client broke."""
    given = Inputs((KEY,), {"music": "m1", "audio": "a1"})
    run = Experience(CONTRACT, entries(CONTRACT, rows), **{"given": given, "pace": pace_of(0.5), **facts})
    return [one.rule for one in findings_of(run)]


def test_a_sound_job_breaks_nothing() -> None:
    """Start, poll, see the end, exit with 0."""
    assert [] == rules(start(0), row(1), ended(2), ending=Ending(0))


@pytest.mark.parametrize(
    ("gap", "found"), [(0.002, "no-busy-loop"), (0.03, "polite-pace"), (0.05, ""), (0.2, ""), (5, "")]
)
def test_the_pace_is_that_of_the_world(gap: float, found: str) -> None:
    """With stages of half a second 0.05 s are polite; a hundredth of it is no pause at all."""
    polls = [row(1 + number * gap) for number in range(8)]

    assert [found] * bool(found) == rules(start(0), *polls)


def test_the_documented_pace_is_never_too_fast() -> None:
    """However long the stages are, five seconds are enough (G10); a faster world wants less."""
    assert (5, 5) == (pace_of(60), pace_of(3600))
    assert 0.5 == pace_of(60, speed=10)


def test_a_few_short_gaps_are_no_loop() -> None:
    """A growing pause begins short."""
    instants = (1, 1.01, 1.03, 1.07, 1.15, 1.31, 1.63, 2.27)

    assert [] == rules(start(0), *map(row, instants))


def test_a_start_is_not_repeated_while_its_outcome_is_unknown() -> None:
    """A 5xx, a reset, a slow answer and a 200 forbid it; a 429 and a Retry-After that is over allow it."""
    unsure = [{"status": 500}, {"wire": "reset"}, {"wire": "empty"}, {"why": {"delay": 3.0}}, {}]
    limited = {"status": 429, "answer": "{}", "answer_headers": {"Retry-After": "2"}}

    assert [["pays-once"]] * 5 == [rules(start(0, **facts), start(9)) for facts in unsure]
    assert [] == rules(start(0, **limited), start(2))
    assert ["respects-retry-after"] == rules(start(0, **limited), start(1))


def test_a_suite_may_start_anew_once_the_task_has_ended() -> None:
    """What a job must not do, tests that follow each other may; two at a time are still two payments."""
    assert [] == rules(start(0), ended(1), start(2), job=False)
    assert ["pays-once"] == rules(start(0), start(2), job=False)
    assert ["pays-once"] == rules(start(0), ended(1), start(2))


def test_what_cannot_succeed_is_not_repeated() -> None:
    """A job asks once; a suite may try an error twice."""
    refused = [start(second, status=402, answer="{}") for second in range(4)]

    assert ["no-hopeless-repeat"] == rules(*refused[:2])
    assert [] == rules(*refused[:2], job=False)
    assert ["no-hopeless-repeat"] == rules(*refused, job=False)


def test_polls_after_the_end_are_found_unless_the_end_may_not_have_arrived() -> None:
    """A second look, and a third, are harmless; an answer that was lost on its way has ended nothing."""
    assert ["stops-at-the-end"] == rules(start(0), ended(1), ended(2), ended(3), ended(4))
    assert [] == rules(start(0), ended(1), ended(2), ended(3))
    assert [] == rules(start(0), {**ended(1), "wire": "reset"}, ended(2))
    assert [] == rules(start(0), {**ended(1), "why": {"delay": 3.0}}, ended(5))


def test_what_is_no_http_is_a_mistake() -> None:
    """A raw space in a URL ends here: the server could not read the request."""
    broken = row(
        0, path="", body="Invalid character in URL", status=400, why={"error": "malformed-request"}, headers={}
    )

    assert ["sound-http"] == rules(broken)


@pytest.mark.parametrize(
    ("ending", "expects", "found"),
    [
        (Ending(0), "success", []),
        (Ending(3), "success", ["succeeds"]),
        (Ending(0), FAILURE, ["reports-failure"]),
        (Ending(1), FAILURE, []),
        (Ending(1), EITHER, []),
        (Ending(None, "SIGSEGV"), FAILURE, ["ends-by-itself"]),
        (Ending(None, late=True), "success", ["gives-up"]),
        (Ending(0, left=2), "success", ["leaves-nothing"]),
    ],
)
def test_a_command_ends_as_its_world_does(ending: Ending, expects: str, found: list[str]) -> None:
    """The exit code tells what happened; a death by signal and a missing end tell nothing."""
    assert found == rules(start(0), ended(1), ending=ending, expects=expects)


def test_success_has_to_be_seen() -> None:
    """Exit code 0 before the terminal state, or after FAILED, is a guess; a webhook that was taken will do."""
    told = {"task": "c1", "url": "http://x", "state": "delivered"}
    taken = {**told, "attempts": [{"at": "2026-01-01T00:00:02Z", "status": 204, "problem": ""}]}

    assert ["sees-the-end"] == rules(start(0), row(1), ending=Ending(0))
    assert ["sees-the-end"] == rules(start(0), ended(1, "FAILED"), ending=Ending(0))
    assert [] == rules(start(0), ending=Ending(0), callbacks=[taken])


def test_a_webhook_that_came_after_the_end_is_no_fault() -> None:
    """Who has ended doesn't listen; while it lived nobody there is a warning, a silence a fault."""
    lost = {
        "at": "2026-01-01T00:00:05Z",
        "status": None,
        "problem": "expected a connection to 127.0.0.1:9, received ConnectionRefusedError",
    }
    hook = {"task": "c1", "url": "http://x", "state": "failed", "attempts": [lost]}
    silent = {**hook, "attempts": [{**lost, "problem": "expected an answer within 15 s, received none"}]}
    early, late = (Ending(0, at=entries(CONTRACT, [row(second)])[0].asked) for second in (4, 30))
    whole = (start(0), ended(1))

    assert [] == rules(*whole, callbacks=[hook], ending=early)
    assert ["webhook-reachable"] == rules(*whole, callbacks=[hook], ending=late)
    assert ["answers-webhook"] == rules(*whole, callbacks=[silent], ending=late)


def test_probes_and_oddities_are_fine() -> None:
    """HEAD, OPTIONS, a look at the root, a Host of one's own, extra headers: nobody is harmed."""
    extra = {"authorization": f"Bearer {KEY}", "user-agent": "x", "accept": "*/*", "x-request-id": "1"}

    assert [] == rules(
        row(0, "HEAD"), row(0, "OPTIONS", headers={}), row(0, path="/", headers={}), start(1), ended(2, "SUCCESS")
    )
    assert [] == rules(start(0), {**ended(1), "headers": extra})


def test_a_wrong_key_on_purpose_is_a_suites_right() -> None:
    """A job has one key; a test-suite that uses the right one elsewhere may try a wrong one."""
    wrong = row(1, headers={"authorization": "Bearer <redacted>"}, status=401)

    assert "own-key" in rules(start(0), wrong)
    assert [] == rules(start(0), wrong, job=False)


def test_a_rule_without_its_clause_still_has_its_reason() -> None:
    """A contract that lost a clause loses no rule."""
    poor = replace(CONTRACT, clauses={name: clause for name, clause in CONTRACT.clauses.items() if name != "G13"})
    run = Experience(poor, entries(poor, [start(0), *(ended(second) for second in range(1, 6))]))

    assert [("stops-at-the-end", "")] == [(one.rule, one.clause) for one in findings_of(run)]
