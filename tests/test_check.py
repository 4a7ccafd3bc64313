"""`covermock check` on gateways by other hands: no false alarm, faults found under their clause, clear exit codes."""

import json
import re
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from covermock.contract_tests import HELD, UNTRIED, Judgement, settings_for
from covermock.contract_tests import judge as judge_gateway
from support.reference_gateway import Quirks, Served
from support.servers import run
from support.stubs import stub

KEYS = {"main": "aio_main_Key", "second": "aio_second_Key", "poor": "aio_poor_Key"}
ENVIRONMENT = {
    "COVERMOCK_API_KEY": KEYS["main"],
    "COVERMOCK_SECOND_API_KEY": KEYS["second"],
    "COVERMOCK_POOR_API_KEY": KEYS["poor"],
}
IDS: dict[str, Any] = {
    "music_task": ("gen",),
    "audio": "aud",
    "short_audio": "aud_short",
    "min_audio": "aud_min",
    "max_audio": "aud_max",
    "long_audio": "aud_long",
}
FAST = Quirks(stage=0.12, retries=(0.05,))
FLAGS = [part for name, value in IDS.items() for part in (f"--{name.replace('_', '-')}", "".join(value))]
# One fault, the clause that it breaks, and the level of the sentence.
FAULTS = [
    ("no-key-ok", "G3", "documented"),
    ("any-scheme", "G2", "inferred"),
    ("flat", "G5", "corroborated"),
    ("poor-served", "G6", "documented"),
    ("500-malformed", "G7", "inferred"),
    ("402-first", "G8", "assumed"),
    ("foreign-ok", "G9", "assumed"),
    ("end-back", "G13", "inferred"),
    ("same-ids", "G14", "inferred"),
    ("snake-only", "C1", "documented"),
    ("pending-ok", "C3", "documented"),
    ("second-ok-running", "C5", "documented"),
    ("one-image", "C7", "documented"),
    ("camel-query", "C8", "documented"),
    ("success-lower", "C9", "documented"),
    ("unknown-cover-ok", "C12", "documented"),
    ("missing-audio-ok", "U1", "documented"),
    ("short-ok", "U2", "documented"),
    ("max-exclusive", "U2", "inferred"),
    ("custom-default", "U4", "documented"),
    ("title-80", "U6", "assumed"),
    ("no-callback", "U7", "documented"),
    ("callback-once", "U7", "assumed"),
    ("two-first", "U11", "corroborated"),
    ("upload-music-unknown", "U14", "inferred"),
]

# What only an inferred or assumed sentence refuses, and a lenient gateway accepts.
LENIENT = [
    "any-callback",
    "no-prompt-ok",
    "loose-types",
    "truthy-mode",
    "custom-default",
    "pending-ok",
    "foreign-cover-ok",
    "foreign-ok",
    "prompt-after-audio",
    "any-kind",
]


def judge(quirks: Quirks | None = None, fault: str = "", **over: Any) -> tuple[Judgement, Served]:
    """Judge a reference gateway with all ids and keys."""
    keys = over.pop("keys", KEYS)
    with Served(quirks or FAST, fault) as served:
        settings = settings_for(
            served.url, keys, {**IDS, "fail_on": "assumed", "patience": 4.0, "poll_interval": 0.04, **over}
        )
        return judge_gateway(settings), served


@pytest.mark.seeds(2, 6)
def test_a_gateway_that_follows_the_evidence_is_never_blamed(seed: int) -> None:
    """Whichever way the open points are answered, nothing is broken at any level."""
    judgement, _ = judge(Quirks.drawn(seed), seed=seed, patience=40.0)

    assert [] == [f"{one.clause} {one.title}: {one.received} {one.curl}" for one in judgement.findings]
    assert 0 == judgement.exit_code


def test_each_sentence_has_a_verdict_of_its_own() -> None:
    """Nothing unseen is called held: not a price, not a state that no task reached; what can't be seen is named."""
    judgement, _ = judge()
    verdicts = {verdict.clause.id: verdict for verdict in judgement.verdicts}

    assert [UNTRIED, HELD] == [one.state for one in verdicts["C6"].sentences]
    assert [HELD, HELD, UNTRIED] == [one.state for one in verdicts["U10"].sentences]
    assert {UNTRIED} == {verdicts["C6"].state, verdicts["U10"].state}
    assert [(HELD, "nobody can see the base URL"), (HELD, "")] == [
        (one.state, one.reason) for one in verdicts["G1"].sentences
    ]
    assert [HELD, HELD, HELD] == [one.state for one in verdicts["U2"].sentences]


def test_a_run_is_frugal() -> None:
    """One run of a gateway that charges 1 and 5 costs at most 30 credits and 400 requests, and takes 20 seconds."""
    judgement, served = judge(Quirks(stage=0.3))

    assert 30 >= served.gateway.charged
    assert 400 >= served.gateway.requests
    assert 20 >= judgement.ledger.seconds
    assert 35 <= sum(verdict.state == HELD for verdict in judgement.verdicts)


@pytest.mark.parametrize(("fault", "clause", "level"), FAULTS)
def test_a_fault_is_found_under_its_clause(fault: str, clause: str, level: str) -> None:
    """A single fault breaks its sentence, with a curl line that holds no key."""
    judgement, _ = judge(fault=fault)
    found = [one for one in judgement.findings if (one.clause, one.level) == (clause, level)]

    assert found, [(one.clause, one.level, one.title) for one in judgement.findings]
    assert "curl" in found[0].curl
    assert not any(key in f"{one.curl}{one.received}" for one in judgement.findings for key in KEYS.values())


@pytest.mark.seeds(3, 250)
def test_without_credits_a_lenient_gateway_charges_nothing(seed: int, tmp_path: Path) -> None:
    """Whatever a gateway accepts that only an inferred or assumed sentence refuses: --max-credits 0 costs nothing."""
    done, served, ledger = checked_for_money(seed, 0, tmp_path)

    assert 0 == served.gateway.charged, done.stdout
    assert 0 == ledger["spent"] + ledger["strays"]


@pytest.mark.seeds(3, 250)
def test_a_quote_is_never_exceeded(seed: int, tmp_path: Path) -> None:
    """Neither by what such a gateway charges, nor by what it may have charged at the highest price."""
    limit = Random(seed).choice([1, 5, 12, 13, 30, 70])  # noqa: S311 - no secret
    done, served, ledger = checked_for_money(seed, limit, tmp_path)
    quoted = int(re.search(r"^quote: at most (\d+) credits", done.stderr, re.MULTILINE)[1])  # type: ignore[index]

    assert limit >= quoted == ledger["quoted"] >= ledger["spent"] + ledger["strays"] >= served.gateway.charged


def checked_for_money(seed: int, limit: int, folder: Path) -> tuple[Any, Served, dict[str, Any]]:
    """Run the command on a gateway that is lenient by chance, and charges the highest prices."""
    draw = Random(seed)  # noqa: S311 - no secret
    lenient = ",".join(draw.sample(LENIENT, draw.randint(1, len(LENIENT))))
    report = folder / "report.json"
    with Served(replace(Quirks.drawn(seed), stage=0.05, upload_price=12), lenient) as served:
        thorough = ["--thorough"] if seed % 2 else []
        flags = [*thorough, "--max-credits", str(limit), "--pending-music-task", "gen_pending", "--seed", str(seed)]
        done = run("check", served.url, *FLAGS, *flags, "--report", str(report), **ENVIRONMENT)
    return done, served, json.loads(report.read_text(encoding="utf-8"))["ledger"]


def test_without_credits_only_free_requests_are_sent() -> None:
    """With --max-credits 0 a correct gateway charges nothing, and what a faulty one takes is told."""
    free, served = judge(max_credits=0)
    robbed, _ = judge(fault="unknown-audio-ok", max_credits=0)

    assert 0 == served.gateway.charged
    assert [] == list(free.warnings)
    assert "seems to have charged" in robbed.warnings[0]


def test_the_last_credits_pay_for_what_a_task_leads_to() -> None:
    """Nothing is left for a probe by another account; what was planned is told all the same."""
    judgement, _ = judge(replace(FAST, upload_price=12), max_credits=13)

    assert 2 == judgement.ledger.accepted
    assert HELD == next(one.state for one in judgement.verdicts if "C9" == one.clause.id)


@pytest.mark.parametrize(("fault", "code"), [("resets", 3), ("all-401", 3), ("all-500", 3), ("all-html", 1)])
def test_a_gateway_in_ruins_gets_a_clear_verdict(fault: str, code: int) -> None:
    """What answers nothing, or nobody, could not be tested; what answers nonsense breaks the contract."""
    judgement, _ = judge(fault=fault, fail_on="documented")

    assert code == judgement.exit_code


def test_a_redirect_is_no_verdict() -> None:
    """Where every request is sent elsewhere, http to https say, the run names the URL to give, and blames nothing."""
    with stub(b"", "https://gateway.example/") as served:
        judgement = judge_gateway(settings_for(served.url, KEYS, IDS))

    assert (3, []) == (judgement.exit_code, [*judgement.findings])
    assert "https://gateway.example/" in judgement.trouble


def test_an_unreachable_url_could_not_be_tested() -> None:
    """A closed port is exit 3 with the reason, and no traceback."""
    done = run("check", "http://127.0.0.1:9", **ENVIRONMENT)

    assert (3, "") == (done.returncode, done.stderr)
    assert "could not test" in done.stdout


def test_the_command_reports_in_every_form(tmp_path: Path) -> None:
    """Each report is written by its suffix; the terminal shows the table; no key is in any of them."""
    paths = [tmp_path / f"report{suffix}" for suffix in (".json", ".xml", ".html", ".sarif", ".md", ".txt")]
    with Served(FAST, "one-image") as served:
        reports = [part for path in paths for part in ("--report", str(path))]
        done = run("check", served.url, *FLAGS, *reports, GITHUB_ACTIONS="true", **ENVIRONMENT)

    assert 1 == done.returncode, done.stderr
    assert done.stdout.startswith("the contract is broken: C7\n")
    assert re.search(r"^::error file=openapi/gateway.yaml,line=\d+", done.stdout, re.MULTILINE)
    assert done.stderr.startswith("quote: at most")
    texts = [path.read_text(encoding="utf-8") for path in paths]
    assert not any(key in text for text in [*texts, done.stdout, done.stderr] for key in KEYS.values())
    assert "C7" in {one["clause"] for one in json.loads(texts[0])["findings"] if one["fails"]}


def test_a_baseline_accepts_known_deviations(tmp_path: Path) -> None:
    """What the baseline names doesn't fail the run; what it names in vain is warned of."""
    baseline = tmp_path / "known.yaml"
    baseline.write_text("accept: [{clause: C7, why: they know}, {clause: G9}]")
    with Served(FAST, "one-image") as served:
        done = run("check", served.url, *FLAGS, "--baseline", str(baseline), **ENVIRONMENT)

    assert 0 == done.returncode, done.stdout
    assert "warning: the baseline accepts what was not found: G9" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (["ftp://x"], ENVIRONMENT, "expected an http(s) URL"),
        (["http://x"], {}, "expected a key in COVERMOCK_API_KEY"),
        (["http://x", "--report", "x.pdf"], ENVIRONMENT, "expected a file that ends in .json"),
        (["http://x", "--fail-on", "guessed"], ENVIRONMENT, "guessed"),
        (["http://x", "--config", "no-such-file.yaml"], ENVIRONMENT, "expected a readable YAML file"),
        (["http://x", "--max-credits", "-1"], ENVIRONMENT, "max-credits"),
        (["http://x", "--given", "musik=x"], ENVIRONMENT, "did you mean 'music'"),
        (["http://x", "--given", "music"], ENVIRONMENT, "expected KIND=ID"),
        (["http://x", "--audio", "aud=long"], ENVIRONMENT, "expected ID=NUMBER"),
    ],
)
def test_bad_usage_is_refused_with_a_remedy(arguments: list[str], environment: dict[str, str], words: str) -> None:
    """What can't be understood is exit 2, in one line."""
    done = run("check", *arguments, **environment)

    assert 2 == done.returncode
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_configuration_file_names_settings_and_keys(tmp_path: Path) -> None:
    """Settings and the file of keys come from --config; an unknown setting is refused with its line."""
    (tmp_path / "keys.env").write_text("".join(f"{name}={key}\n" for name, key in ENVIRONMENT.items()))
    config = tmp_path / "check.yaml"
    config.write_text("keys: keys.env\nmax-credits: 0\nmax-requests: 30\nshort-audio: aud_short\n")
    with Served(FAST) as served:
        done = run("check", served.url, "--config", str(config))
        config.write_text("max-credit: 0\n")
        refused = run("check", served.url, "--config", str(config))

    assert 0 == done.returncode, done.stdout + done.stderr
    assert 30 >= served.gateway.requests
    assert (2, True) == (refused.returncode, "did you mean 'max_credits'" in refused.stderr)


def test_sources_are_named_by_kind_with_their_measure(tmp_path: Path) -> None:
    """`--audio ID=SECONDS` and `--given KIND=ID`, repeated, tell what the five older flags told."""
    report = tmp_path / "report.json"
    lengths = ("aud=30", "aud_short=5.9", "aud_min=6", "aud_max=60", "aud_long=60.1")
    flags = [part for text in lengths for part in ("--audio", text)]
    with Served(FAST, "max-exclusive") as served:
        run("check", served.url, "--given", "music=gen", *flags, "--report", str(report), **ENVIRONMENT)
    found = json.loads(report.read_text(encoding="utf-8"))["findings"]

    assert [("U2", "inferred")] == sorted({(one["clause"], one["level"]) for one in found})


def test_explain_tells_a_clause_with_its_evidence() -> None:
    """`covermock explain` prints each sentence with level and source; an unknown clause gets the nearest."""
    done, unknown = run("explain", "c5"), run("explain", "C55")

    assert "A cover already generated for this music task gives 400" in done.stdout
    assert "documented" in done.stdout
    assert (2, True) == (unknown.returncode, "did you mean" in unknown.stderr)
