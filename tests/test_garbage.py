"""`covermock check` on gateways that answer nonsense: findings or "could not test", never a crash or a hang."""

import json
from pathlib import Path
from typing import Any

import pytest
from covermock.contract_tests import judge, settings_for
from covermock.contract_tests.reports import FORMS
from covermock.contract_tests.servers import running
from covermock.contract_tests.servers.send import transport
from covermock.contract_tests.servers.telling import report_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.garbage import KINDS, Reply, drip, garbage
from support.servers import run
from support.stubs import ANSWERS, stub

KEYS = {"main": "aio_main_Key", "second": "aio_second_Key", "poor": "aio_poor_Key"}
ENVIRONMENT = {"COVERMOCK_API_KEY": KEYS["main"], "COVERMOCK_SECOND_API_KEY": KEYS["second"]}
IDS: dict[str, Any] = {"music_task": ("gen",), "audio": "aud", "short_audio": "aud_short", "max_requests": 60}


@pytest.mark.parametrize("kind", KINDS[2:], ids=lambda kind: kind.__name__)
@settings(max_examples=4, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6))
def test_garbage_of_each_kind_is_judged(kind: Reply, seed: int) -> None:
    """Each kind of garbage, alone, ends in a verdict that can be written in every form."""
    assert_judged(seed, kind)


@settings(max_examples=12, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6))
def test_garbage_of_all_kinds_is_judged(seed: int) -> None:
    """A mixture ends in a verdict, too."""
    assert_judged(seed)


def assert_judged(seed: int, *kinds: Reply) -> None:
    """Judge a drawn gateway, with little patience, and write all reports."""
    with pytest.MonkeyPatch.context() as patch, garbage(seed, *kinds) as url:
        patch.setattr(transport, "ANSWER_SECONDS", 0.3)
        patch.setattr(running, "ANSWER_SECONDS", 0.3)
        patch.setattr(running, "_SHORT_TIMEOUT", 0.3)
        judgement = judge(settings_for(url, KEYS, {**IDS, "patience": 0.5, "poll_interval": 0.02, "seed": seed}))

    assert judgement.exit_code in {1, 3}
    assert all(form(report_of(judgement)).encode() for form in FORMS.values())


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_stub_that_says_yes_to_everything_breaks_the_contract(answer: str, tmp_path: Path) -> None:
    """200 to any request, whatever its body: exit code 1 with findings, one run, no traceback, and no more requests."""
    report = tmp_path / "report.json"
    with stub(ANSWERS[answer]) as served:
        done = run("check", served.url, "--audio", "aud", "--max-credits", "0", "--report", str(report), **ENVIRONMENT)

    assert (1, "") == (done.returncode, "".join(line for line in done.stderr.splitlines() if "quote" not in line))
    assert json.loads(report.read_text(encoding="utf-8"))["ledger"]["requests"] >= served.requests > 20


@pytest.mark.parametrize("requests", [1, 3, 6])
def test_a_run_of_a_few_requests_ends_in_a_verdict(requests: int) -> None:
    """Requests and credits may be used up at any point, before the first check, too."""
    with stub(ANSWERS["cover-status"]) as served:
        done = run("check", served.url, "--max-credits", "0", "--max-requests", str(requests), **ENVIRONMENT)

    assert (1, requests) == (done.returncode, served.requests), done.stderr


def test_an_endless_drip_could_not_be_tested() -> None:
    """Answers that never end are cut off, each in its time."""
    with garbage(1, drip) as url:
        done = run("check", url, "--max-requests", "8", **ENVIRONMENT)

    assert done.returncode in {1, 3}, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
