"""The judge of clients: no good client is called bad, and each mistake is found by its rule."""

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from covermock.contract_tests.clients.finding import ClientFinding
from covermock.contract_tests.clients.rules import RULES
from covermock.contract_tests.clients.scenarios import SCENARIOS, Scenario, UnknownScenarioError, find_scenarios
from covermock.contract_tests.clients.verdicts import RunVerdict
from covermock.contract_tests.vocabulary import BROKEN, HELD
from covermock.fixtures.running_clients import Client, Run
from covermock.openapi import GATEWAY, load
from support.fakes import edited
from support.virtual import play_program

from .clients.mistakes import BEHAVIOUR, HARMLESS, MISTAKES, REQUEST, Mistake

HERE = Path(__file__).parent / "clients"
EXAMPLES = Path(__file__).parents[1] / "examples"
SIDE_BY_SIDE = 6
QUICK = {"PAUSE": "0.1", "PATIENCE": "4"}
TELLING = ("happy", "odd-ids", "poll-breaks")
EXAMPLES_MEET = (*TELLING, "every-state", "task-fails", "refused", "start-breaks", "poll-limited", "webhook-twice")
HOOKED = ("happy", "every-state", "task-fails", "webhook-lost", "webhook-twice")
ON_THE_WIRE = ("no-key", "in-query", "busy-loop", "retries-start-reset", "source-encoded", "ignores-400")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let clients poll and give up soon, and webhooks wait for their answer no longer."""
    for name, value in {**QUICK, "GATEWAY_POLL_SECONDS": "0.1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GATEWAY_PATIENCE_SECONDS", "4")
    monkeypatch.setenv("GATEWAY_WEBHOOK_SECONDS", "3")


def job(flow: str, mistake: str = "") -> tuple[str, ...]:
    """Return the command of the client that makes this mistake."""
    return (sys.executable, "-S", "-E", str(HERE / "job.py"), flow, mistake)


def verdict(command: Sequence[str], scenario: Scenario, timeout: float = 15, rule: str = "") -> RunVerdict:
    """Run a command in a scenario and judge it; the pace is judged where load can't hide it."""
    return Run(Client(tuple(command), timeout, **_paced(rule)), scenario).verdict()


def _paced(rule: str) -> dict[str, Any]:
    return {"world": str(HERE / "patient.yaml"), "flood": 40} if rule == "no-busy-loop" else {}


def made(mistake: Mistake) -> RunVerdict:
    """Let the client make its mistake in virtual time."""
    scenario, arguments = SCENARIOS[mistake.scenario], (mistake.flow, mistake.name)
    return play_program(HERE / "job.py", arguments, scenario, QUICK, **_paced(mistake.rule))


def made_by_a_process(mistake: Mistake, spec: str = "") -> RunVerdict:
    """Let a process make the mistake, which can't end by itself where that is the mistake."""
    seconds = 4 if mistake.name == "trusts-webhook" else 60
    client = Client(job(mistake.flow, mistake.name), seconds, spec=spec, **_paced(mistake.rule))
    return Run(client, SCENARIOS[mistake.scenario]).verdict()


def side_by_side(work: Iterable[tuple[Sequence[str], Scenario]]) -> list[RunVerdict]:
    """Run many clients at a time."""
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return list(pool.map(lambda pair: verdict(*pair), work))


def missed(mistakes: Iterable[Mistake], verdicts: Iterable[RunVerdict]) -> list[tuple[Mistake, list[str], str]]:
    """Return the mistakes that their rule does not find, with an expectation and a remedy."""
    return [
        (mistake, [one.rule for one in verdict.findings], verdict.output)
        for mistake, verdict in zip(mistakes, verdicts, strict=True)
        if mistake.rule not in {o.rule for o in verdict.findings if o.expected and o.received and o.remedy}
    ]


def test_each_mistake_is_found_by_its_rule() -> None:
    """Whatever else is found, the rule that the mistake breaks is among it."""
    mistakes = [mistake for mistake in MISTAKES if mistake.flow != "webhook"]

    assert [] == missed(mistakes, map(made, mistakes))


def test_a_process_makes_the_same_mistakes(tmp_path: Path) -> None:
    """Sockets and processes change nothing: some of the table, and all that has to do with webhooks."""
    spec = str(edited(tmp_path, ("answer_within: 15", "answer_within: 1")))
    mistakes = [one for one in MISTAKES if one.flow == "webhook" or (one.name in ON_THE_WIRE and one.flow == "cover")]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        verdicts = list(pool.map(lambda one: made_by_a_process(one, spec), mistakes))

    assert [] == missed(mistakes, verdicts)


def test_the_table_has_many_mistakes_of_each_kind() -> None:
    """Rates mean little over a handful; what no process shows at will is shown in test_client_rules.py."""
    proven = {mistake.rule for mistake in MISTAKES}

    failing = {rule.name for rule in RULES.values() if not rule.warns}
    assert {"sound-http", "ends-by-itself", "polite-pace", "key-for-gateway-only"} == failing - proven
    assert len(REQUEST) >= 60
    assert len(BEHAVIOUR) >= 60


@pytest.mark.parametrize("flow", ["cover", "upload"])
def test_no_good_client_is_called_bad(flow: str) -> None:
    """In every scenario a client that does it well is held, or has nothing to do with it."""
    verdicts = [play_program(HERE / "job.py", (flow,), scenario, QUICK) for scenario in SCENARIOS.values()]

    assert [] == wrongly(verdicts)
    assert sum(verdict.state == HELD for verdict in verdicts) >= 20


def test_no_good_receiver_of_webhooks_is_called_bad() -> None:
    """Neither where webhooks come nor where they don't, and not if nobody is there."""
    work = [(job("webhook"), SCENARIOS[name]) for name in HOOKED]
    work += [(job("webhook", name), SCENARIOS["happy"]) for name in HARMLESS["webhook"]]

    assert [] == wrongly(side_by_side([*work, (job("cover"), SCENARIOS["happy"])]))


def test_no_oddity_is_called_bad() -> None:
    """Probes, steering by prompt, failing early, a second look: all of that is allowed."""
    verdicts = [
        play_program(HERE / "job.py", (flow, name), SCENARIOS[scenario], QUICK)
        for flow in ("cover", "upload")
        for name in HARMLESS[flow]
        for scenario in TELLING
    ]

    assert [] == wrongly(verdicts)


def wrongly(verdicts: Iterable[RunVerdict]) -> list[tuple[str, list[ClientFinding], str]]:
    """Return what was found wrong with a good client."""
    return [(v.name, [one for one in v.findings if not one.warning], v.output) for v in verdicts if v.state == BROKEN]


SOUND = {
    "requests": (sys.executable, str(EXAMPLES / "python_requests.py")),
    "httpx": (sys.executable, str(EXAMPLES / "python_httpx.py")),
    "asyncio": (sys.executable, str(EXAMPLES / "python_asyncio.py")),
    "node": ("node", str(EXAMPLES / "node_fetch.mjs")),
    "bash": ("bash", str(EXAMPLES / "bash_curl.sh")),
}


@pytest.mark.parametrize("name", SOUND)
def test_the_examples_keep_the_contract_where_it_matters(name: str) -> None:
    """What we show people to copy is right."""
    command = SOUND[name]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is missing")

    verdicts = side_by_side((command, SCENARIOS[scenario]) for scenario in EXAMPLES_MEET)

    assert [] == wrongly(verdicts)
    assert sum(verdict.state == HELD for verdict in verdicts) >= 7


SPOILT = [  # (example, what is changed, into what, scenario, rule)
    ("node", "`Bearer ${", "`bearer: ${", "happy", "key-in-header"),
    ("node", "{ taskId: musicTask }", "{ taskid: musicTask }", "happy", "valid-request"),
    ("node", '"content-type": "application/json"', '"x": "y"', "happy", "json-type"),
    ("node", "/status?${query}", "/status?task_id=${task}", "odd-ids", "given-task"),
    ("node", "await sleep(pause);", "", "never-ends", "no-busy-loop"),
    ("node", 'fail("the task failed")', "process.exit(0)", "task-fails", "reports-failure"),
    ("node", "Date.now() < end", "true", "never-ends", "gives-up"),
    ("bash", "Authorization: Bearer ", "Authorization: ", "happy", "key-in-header"),
    ("bash", "--header 'Content-Type: application/json' ", "", "happy", "json-type"),
    (
        "bash",
        '--get --data-urlencode "task_id=$task" "$root/status"',
        '"$root/status?task_id=${task// /%20}"',
        "odd-ids",
        "given-task",
    ),
    ("bash", "curl --silent", "curl --retry 3 --silent", "start-breaks", "pays-once"),
    ("bash", 'failed) fail "the task failed"', "failed) exit 0", "task-fails", "reports-failure"),
    ("bash", "((SECONDS < end))", "true", "never-ends", "gives-up"),
    ("bash", 'sleep "${wait:-0}"', ":", "poll-limited", "respects-retry-after"),
]  # fmt: skip


@pytest.mark.parametrize("spoilt", SPOILT, ids=lambda row: f"{row[0]}-{row[4]}-{row[3]}")
def test_an_example_that_is_spoilt_is_found(spoilt: tuple[str, str, str, str, str], tmp_path: Path) -> None:
    """A change of one place in a good client, in node or bash, is found as what it is."""
    name, before, after, scenario, rule = spoilt
    program, source = SOUND[name]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is missing")
    text = Path(source).read_text()
    copy = tmp_path / Path(source).name
    copy.write_text(text.replace(before, after))

    found = {
        one.rule
        for one in verdict((program, str(copy)), SCENARIOS[scenario], 3 if rule == "gives-up" else 30, rule).findings
    }

    assert before in text
    assert rule in found


def test_findings_say_all_that_helps() -> None:
    """A finding has the exchange, the clause with its level and sentence, both sides, the remedy, and a command."""
    [found] = [one for one in made(Mistake("taskID", "cover", "happy", "")).findings if one.rule == "valid-request"]

    assert ("C1", "documented") == (found.clause, found.level)
    assert "body.taskId: a value (it is required)" == found.expected
    assert "nothing" == found.received
    assert found.exchange.startswith("#1 POST /api/v1/audio/music/cover/generate → 400")
    assert "$GATEWAY_API_KEY" in found.curl
    assert "aio_" not in found.curl


def test_a_misspelt_name_comes_with_the_right_one() -> None:
    """`taskID` is no field, `taskId` is."""
    found = made(Mistake("taskID", "cover", "happy", "")).findings

    assert ["a documented name (did you mean 'taskId'?)"] == [
        one.expected for one in found if one.rule == "known-names"
    ]


def test_levels_draw_the_line() -> None:
    """A finding counts at or above the line; without a clause it always does, a warning never."""
    find = {one.rule: one for one in made(Mistake("taskID", "cover", "happy", "")).findings}
    hook = made_by_a_process(Mistake("hook-404", "webhook", "happy", "")).findings[0]
    late = made(Mistake("wants-two-clips", "upload", "every-state", "")).findings[0]

    assert find["valid-request"].counts("documented")
    assert ("succeeds", True) == (late.rule, late.counts("documented"))
    assert not find["known-names"].counts("assumed")
    assert (True, False) == (hook.counts("assumed"), hook.counts("inferred"))


def test_scenarios_are_chosen_by_name() -> None:
    """Names keep the table's order; a name that is none is refused with the nearest."""
    assert ["happy", "task-fails"] == [row.name for row in find_scenarios("task-fails, happy", load(GATEWAY))]
    assert list(SCENARIOS) == [row.name for row in find_scenarios("all", load(GATEWAY))]
    with pytest.raises(UnknownScenarioError, match=r"received 'task-fail' \(did you mean 'task-fails'"):
        find_scenarios("task-fail", load(GATEWAY))


def test_every_rule_stands_on_a_clause_or_says_why_not() -> None:
    """A rule without a clause has a reason; a clause that is named exists; each has a remedy."""
    contract = load()
    places = {*contract.rules, *contract.errors, "no operation", "delivery"}

    assert [] == [
        rule.name for rule in RULES.values() if not rule.remedy or not (rule.stands_on in places or rule.reason)
    ]


def test_the_environment_of_this_test_reaches_clients() -> None:
    """Clients get what they need under the documented names, and no key of a real gateway."""
    code = "import os; print(sorted(n for n in os.environ if n.startswith(('GATEWAY_', 'COVERMOCK_'))))"
    os.environ["COVERMOCK_API_KEY"] = "aio_of_somebody"
    try:
        output = verdict((sys.executable, "-c", code), SCENARIOS["happy"]).output
    finally:
        del os.environ["COVERMOCK_API_KEY"]

    for name in ("GATEWAY_BASE_URL", "GATEWAY_API_KEY", "GATEWAY_MUSIC_TASK", "GATEWAY_AUDIO", "GATEWAY_CALLBACK_BASE"):
        assert name in output
    assert "COVERMOCK_API_KEY" not in output
