"""Another contract judges, too: what is edited in the file is what mock and judge do, with no Python touched."""

from pathlib import Path

import pytest
from covermock.contract_tests import HELD, Judgement, judge, settings_for
from covermock.openapi import GATEWAY, load
from support.servers import run, serving

KEYS = {"main": "aio_your_api_key_here", "second": "aio_second_key", "poor": "aio_poor_key"}
IDS = {"music_task": ("gen123213213213123bksv",), "audio": "aud_30s", "long_audio": "aud_60_1s", "fail_on": "assumed"}
EDITS = {
    "a path": [("/api/v1/audio/music/cover/status", "/api/v2/pictures/state")],
    "a status": [("'402':", "'429':"), ("status: 402", "status: 429"), ("code: 402", "code: 429")],
    "a stage": [("IN_PROGRESS", "DRAWING")],
    "a price": [("x-credits: {min: 1, max: 1", "x-credits: {min: 2, max: 3")],
    "an answer property": [("[taskId, status, images", "[taskId, status, pictures"), ("images:", "pictures:")],
    "all operation ids": [
        ("startCover", "drawPictures"),
        ("getCoverStatus", "showPictures"),
        ("startUploadCover", "makeMusic"),
        ("getUploadCoverStatus", "showMusic"),
    ],
    "a level": [
        ("{level: inferred, about: [status], source: 'cover.txt", "{level: assumed, about: [status], source: 'it")
    ],
    "a required request property": [
        ("required: [audio_id]\n", "required: [audio_id, quality]\n"),
        (
            "                custom_mode:\n",
            "                quality: {enum: [low, high], x-clause: U4}\n                custom_mode:\n",
        ),
    ],
    "a query parameter": [
        ("- name: task_id\n", "- name: job\n"),
        ("query.task_id", "query.job"),
        ("parameters: {task_id:", "parameters: {job:"),
    ],
    "a clause's id": [("G7", "Q7"), ("U5", "W5"), ("C3", "D3")],
}
NEW_IDS = {"G7": "Q7", "U5": "W5", "C3": "D3"}


def edited(folder: Path, *edits: str) -> Path:
    """Write the contract with all edits of these names, wherever the text stands."""
    text = GATEWAY.read_text(encoding="utf-8")
    for name in edits:
        for old, new in EDITS[name]:
            assert old in text, old
            text = text.replace(old, new)
    path = folder / "edited.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def judged(contract: Path) -> Judgement:
    """Judge the mock of a contract by the same contract."""
    with serving("--stage-seconds", "0.1", "--spec", str(contract)) as process:
        return judge(settings_for(process.url, KEYS, IDS), contract=load(contract))


def held(judgement: Judgement) -> set[str]:
    return {verdict.clause.id for verdict in judgement.verdicts if verdict.state == HELD}


@pytest.fixture(scope="module")
def before() -> set[str]:
    """Return the clauses that hold of the mock by the contract as it is."""
    return held(judged(GATEWAY))


@pytest.mark.parametrize("edit", [*EDITS, "all"])
def test_an_edited_contract_is_served_and_judged(edit: str, tmp_path: Path, before: set[str]) -> None:
    """The mock follows it, the judge of servers demands it: nothing is broken, and all is held that was before."""
    judgement = judged(edited(tmp_path, *(EDITS if edit == "all" else [edit])))
    names = NEW_IDS if edit in {"all", "a clause's id"} else {}

    assert [] == [f"{one.clause} {one.title}: {one.received}" for one in judgement.findings]
    assert set() == {names.get(clause, clause) for clause in before} - held(judgement)


def test_a_gateway_that_follows_the_other_contract_is_blamed(tmp_path: Path) -> None:
    """The edit is what is judged by: the mock of the built-in contract breaks it, and reports point at the file."""
    path = edited(tmp_path, "an answer property")
    with serving("--stage-seconds", "0.1") as process:
        flags = ("--spec", str(path), "--music-task", IDS["music_task"][0], "--max-requests", "120", "--patience", "5")
        done = run("check", process.url, *flags, COVERMOCK_API_KEY=KEYS["main"], GITHUB_ACTIONS="true")

    assert 1 == done.returncode, done.stdout + done.stderr
    assert "body.data.pictures is a value (it is required)" in done.stdout
    assert f"file={path},line=" in done.stdout


def test_explain_and_spec_tell_the_other_contract(tmp_path: Path) -> None:
    """`explain` shows its sentences with its lines, `spec` the file itself; what is no contract is exit 2."""
    path = edited(tmp_path, "a level")
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
    path = edited(tmp_path, "a path")
    old = (
        "import os, urllib.request as u; u.urlopen(os.environ['GATEWAY_BASE_URL'] + '/api/v1/audio/music/cover/status')"
    )
    done = run("client", "--spec", str(path), "--", "python3", "-S", "-E", "-c", old)

    assert 1 == done.returncode, done.stdout + done.stderr
    assert "/api/v2/pictures/state" in done.stdout
