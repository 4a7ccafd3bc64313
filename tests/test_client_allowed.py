"""What a client may break: by --allow, by a baseline, by the mark of a test. And what the judge sees beside the API."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from covermock.contract_tests.clients.allowed import UnknownRuleError, allow, read_baseline, vain
from covermock.contract_tests.clients.scenarios import SCENARIOS
from covermock.contract_tests.clients.telling import as_data, report_of
from covermock.contract_tests.clients.verdicts import ClientJudgement, RunVerdict
from covermock.contract_tests.reports import as_text
from covermock.contract_tests.vocabulary import BROKEN, HELD
from covermock.fixtures.gateway import ContractBrokenError, Gateway, gateway
from covermock.openapi import InvalidSourceError, load
from support.fakes import COVER, COVER_STATUS, UPLOAD_COVER
from support.servers import run
from support.virtual import play

from .clients.habits import BADLY

FAULTY, SCENARIO, RULE = BADLY["its key in a cookie"]


def played(*entries: dict[str, str]) -> RunVerdict:
    """Play a client that has its key in a cookie, of which some is accepted."""
    return play(FAULTY, SCENARIOS[SCENARIO], accepted=tuple(entries))


@pytest.fixture
def own() -> Iterator[Gateway]:
    """Serve a gateway whose tasks end at the first poll."""
    with gateway(stage_seconds=0) as served:
        yield served


@pytest.fixture
def client(own: Gateway) -> Iterator[httpx.Client]:
    """A client whose session sends its key with everything."""
    with httpx.Client(base_url=own.url, headers=own.headers, trust_env=False, timeout=30) as made:
        yield made


def test_what_is_allowed_is_told_and_fails_nothing() -> None:
    """The finding stays, with the reason; without the entry it fails the run."""
    allowed = played(*allow([RULE]))

    assert BROKEN == played().state
    assert (HELD, "allowed") == (allowed.state, allowed.findings[0].accepted)
    assert not allowed.findings[0].counts("assumed")


@pytest.mark.parametrize(
    ("entry", "state"),
    [
        ({"rule": RULE}, HELD),
        ({"rule": RULE, "scenario": "happy"}, HELD),
        ({"rule": RULE, "scenario": "odd-ids"}, BROKEN),
        ({"rule": RULE, "clause": "G2", "level": "documented"}, HELD),
        ({"rule": RULE, "clause": "G1"}, BROKEN),
        ({"rule": "polite-pace"}, BROKEN),
    ],
)
def test_an_entry_accepts_what_it_names_and_no_more(entry: dict[str, str], state: str) -> None:
    """A rule everywhere, or in one scenario, or under one clause."""
    assert state == played(entry).state


def test_an_earlier_report_is_a_baseline(tmp_path: Path) -> None:
    """What one run found, the next accepts; what accepts nothing is warned of."""
    judgement = ClientJudgement(load(), "shop", (played(),), "assumed", 0.0)
    file = tmp_path / "known.json"
    file.write_text(json.dumps(as_data(judgement)))
    entries = read_baseline(file)
    second = ClientJudgement(load(), "shop", (played(*entries),), "assumed", 0.0)

    assert (1, 0) == (judgement.exit_code, second.exit_code)
    assert "accepted: the baseline accepts it" in as_text(report_of(second))
    assert () == vain(entries, second.findings)
    assert ("the baseline accepts what was not found: polite-pace; delete it",) == vain(
        [{"rule": "polite-pace"}], second.findings
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("accept: [{rule: polite-pase}]", r"known\.yaml:1: .* received 'polite-pase' \(did you mean 'polite-pace'"),
        ("accept: [{rule: polite-pace, wy: x}]", r"received 'wy' \(did you mean 'why'"),
        ("accept: [{why: x}]", "expected a mapping with `rule`"),
        ("accept: polite-pace", "expected a list"),
        ("rules: []", "expected `accept: "),
        ("findings: [{clause: G1}]", "expected findings with `rule`, received those of another command"),
    ],
)
def test_a_baseline_that_is_none_is_refused(text: str, problem: str, tmp_path: Path) -> None:
    """With file, line, what was expected, and the nearest name."""
    file = tmp_path / "known.yaml"
    file.write_text(text)

    with pytest.raises(InvalidSourceError, match=problem):
        read_baseline(file)


def test_the_command_refuses_a_rule_that_is_none() -> None:
    """Before anything runs, with the nearest name; the twin in the environment, too."""
    flag = run("client", "--allow", "polite-pase", "--", "true")
    twin = run("client", "--", "true", COVERMOCK_ALLOW="polite-pase")

    assert (2, 2) == (flag.returncode, twin.returncode)
    assert "received 'polite-pase' (did you mean 'polite-pace'" in flag.stderr
    assert "received 'polite-pase' (did you mean 'polite-pace'" in twin.stderr


def test_the_fixtures_know_the_same_words(own: Gateway, client: httpx.Client, tmp_path: Path) -> None:
    """`allow` and `baseline` of a check; a name that is none is refused there, too."""
    client.post(COVER, json={})
    file = tmp_path / "known.yaml"
    file.write_text("accept: [{rule: valid-request, why: on purpose}]")

    with pytest.raises(ContractBrokenError, match="valid-request"):
        own.check()
    with pytest.raises(UnknownRuleError, match=r"received 'valid-reqest' \(did you mean 'valid-request'"):
        own.check(allow=("valid-reqest",))
    own.check(allow=("valid-request",))
    own.check(baseline=str(file))


def test_a_session_that_sends_its_key_to_the_results_is_seen(own: Gateway, client: httpx.Client) -> None:
    """The files have another origin than the gateway; without the key nobody minds."""
    task = client.post(COVER, json={"taskId": own.music_task()}).json()["data"]["taskId"]
    urls = client.get(COVER_STATUS, params={"task_id": task}).json()["data"]["images"]
    httpx.get(urls[0], trust_env=False).raise_for_status()
    before = own.findings()
    client.get(urls[0]).raise_for_status()
    [found] = own.findings()

    assert [] == before
    assert not urls[0].startswith(own.url)
    assert ("key-for-gateway-only", True) == (found.rule, found.counts("documented"))
    assert own.api_key not in f"{found.received}{found.curl}"


def test_a_key_in_a_cookie_is_seen_and_others_are_not(own: Gateway, client: httpx.Client) -> None:
    """The judge sees the mock's own key; what else stands in the cookie stays hidden."""
    client.get(COVER_STATUS, params={"task_id": "x"}, headers={"cookie": f"sid=s3cr3t; k={own.api_key}"})
    shown = own.journal[-1]["headers"]["cookie"]

    assert f"<redacted> {own.api_key}" == shown
    assert "key-nowhere-else" in [one.rule for one in own.findings()]


def test_a_webhook_that_may_not_be_sent_is_said(own: Gateway, client: httpx.Client) -> None:
    """It is a warning that names the flag: the client may be right, and the mock calls no stranger."""
    client.post(UPLOAD_COVER, json={"audio_id": own.audio(), "callback_url": "http://192.0.2.1/hook"})
    own.world.wait_for_callbacks(timeout=60)
    [found] = own.findings()

    assert ("webhook-allowed", True) == (found.rule, found.warning)
    assert "--allow-callback 192.0.2.1" in found.received
