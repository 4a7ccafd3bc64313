"""Another contract judges, too: what is edited in the file is what mock and judge do, with no Python touched."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from covermock.contract_tests import HELD, Judgement, judge, settings_for
from covermock.mock_server.defects import Catalogue
from covermock.openapi import GATEWAY, Contract, load
from support.edits import EDITS, MORE, Edit, edited
from support.servers import run, serving

KEYS = {"main": "aio_your_api_key_here", "second": "aio_second_key", "poor": "aio_poor_key"}
IDS = {"music_task": ("gen123213213213123bksv",), "audio": "aud_30s", "long_audio": "aud_60_1s", "fail_on": "assumed"}
TELLING = {"short_audio": "aud_5_9s", "min_audio": "aud_6s", "max_audio": "aud_60s", "patience": 6.0}
TWENTY = [  # defects found under each edit as without it: by operator and settings, whatever their names
    "no-key-served",
    "key-prefix-served",
    "body-before-key",
    "malformed-json-500",
    "flat-errors",
    "error-without-message",
    "errors-with-200",
    "not-found-mistyped",
    "second-cover-served",
    "running-music-covered",
    "startUploadCover-min-wider",
    "startUploadCover-max-wider",
    "poor-403",
    "foreign-task-shown",
    "getCoverStatus-unknown-shown",
    "status-goes-back",
    "getCoverStatus-SUCCESS-with-one-result-less",
    "getCoverStatus-code-of-another-type",
    "created-at-moves",
    "music-never-ends",
]
FEW = ("second-cover-served", "key-prefix-served")


def judged(contract: Path, stage: float = 0.1) -> Judgement:
    """Judge the mock of a contract by the same contract."""
    with serving("--stage-seconds", str(stage), "--spec", str(contract)) as process:
        return judge(settings_for(process.url, KEYS, IDS), contract=load(contract))


def held(judgement: Judgement) -> set[str]:
    return {verdict.clause.id for verdict in judgement.verdicts if verdict.state == HELD}


@pytest.fixture(scope="module")
def before() -> set[str]:
    """Return the clauses that hold of the mock by the contract as it is."""
    return held(judged(GATEWAY))


def findings(judgement: Judgement) -> list[str]:
    return [f"{one.clause} {one.title}: {one.received}" for one in judgement.findings]


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_contract_is_served_and_judged(edit: str, tmp_path: Path, before: set[str]) -> None:
    """The mock follows it, the judge of servers demands it: nothing is broken, and all is held that was before."""
    own, missed = EDITS[edit], set(before)
    for stage in (0.1, 1.0, 5.0):  # a busy machine misses a short one
        judgement = judged(edited(tmp_path, own), stage)
        missed = {own.clauses.get(clause, clause) for clause in before} - held(judgement)
        assert [] == findings(judgement)
        if not missed:
            break

    assert set() == missed


@pytest.mark.many
@pytest.mark.parametrize("edit", MORE)
def test_a_further_edit_is_no_reason_for_an_alarm(edit: str, tmp_path: Path) -> None:
    """Another scheme, an id in the path, another envelope, one stage less: nothing is broken."""
    assert [] == findings(judged(edited(tmp_path, MORE[edit])))


def name_under(edit: Edit, defect: str, contract: Contract) -> str:
    """Return the name of the same defect under an edit: of the same operator, with settings under the new names."""
    meant = edit.translate(settings_of(Catalogue(load(GATEWAY)).rows[defect]))
    found = [name for name, row in Catalogue(contract).rows.items() if settings_of(row) == meant]
    assert found, f"no defect of the edited contract does what {defect} does: {meant}"
    return found[0]


def settings_of(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in {"says", "clause", "level", "group"}}


def is_found(defect: str, contract: Path) -> bool:
    """Return True if a defect is found under the clause that it breaks."""
    clause = Catalogue(load(contract))[defect].clause
    with serving("--stage-seconds", "0.3", "--spec", str(contract), "--defect", defect) as process:
        judgement = judge(settings_for(process.url, KEYS, {**IDS, **TELLING}), contract=load(contract))
    return any(one.clause == clause for one in judgement.findings)


@pytest.mark.parametrize("defect", FEW)
def test_a_defect_is_found_under_all_edits_at_once(defect: str, tmp_path: Path) -> None:
    """An edited contract is as sharp as the one it was made from."""
    path = edited(tmp_path, EDITS["all"])

    assert is_found(name_under(EDITS["all"], defect, load(path)), path)


@pytest.mark.many
@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("defect", TWENTY)
def test_each_of_twenty_defects_is_found_under_each_edit(defect: str, edit: str, tmp_path: Path) -> None:
    """The same twenty as without an edit."""
    path = edited(tmp_path, EDITS[edit])

    assert is_found(name_under(EDITS[edit], defect, load(path)), path)


def test_a_gateway_that_follows_the_other_contract_is_blamed(tmp_path: Path) -> None:
    """The edit is what is judged by: the mock of the built-in contract breaks it, and reports point at the file."""
    path = edited(tmp_path, EDITS["answer-property"])
    with serving("--stage-seconds", "0.1") as process:
        flags = ("--spec", str(path), "--music-task", IDS["music_task"][0], "--max-requests", "120", "--patience", "5")
        done = run("check", process.url, *flags, COVERMOCK_API_KEY=KEYS["main"], GITHUB_ACTIONS="true")

    assert 1 == done.returncode, done.stdout + done.stderr
    assert "body.data.pictures is a value (it is required)" in done.stdout
    assert f"file={path},line=" in done.stdout


def test_explain_and_spec_tell_the_other_contract(tmp_path: Path) -> None:
    """`explain` shows its sentences with its lines, `spec` the file itself; what is no contract is exit 2."""
    path = edited(tmp_path, EDITS["level"])
    broken = tmp_path / "broken.yaml"
    broken.write_text("openapi: 3.1.0\npath: {}\n", encoding="utf-8")

    assert f"({path}, line " in run("explain", "G7", "--spec", str(path)).stdout
    assert path.read_text(encoding="utf-8") == run("spec", COVERMOCK_SPEC=str(path)).stdout
    assert [2, 2, 2] == [
        run(*command, "--spec", str(broken), COVERMOCK_API_KEY="x").returncode
        for command in (("spec",), ("explain", "G7"), ("check", "http://127.0.0.1:9"))
    ]


def test_a_client_is_judged_by_the_other_contract(tmp_path: Path) -> None:
    """The world that a client meets follows the file, and so does its judge."""
    path = edited(tmp_path, EDITS["path"])
    old = (
        "import os, urllib.request as u; u.urlopen(os.environ['GATEWAY_BASE_URL'] + '/api/v1/audio/music/cover/status')"
    )
    done = run("client", "--spec", str(path), "--", "python3", "-S", "-E", "-c", old)

    assert 1 == done.returncode, done.stdout + done.stderr
    assert "/api/v2/pictures/state" in done.stdout
