"""Edit the contract and start again: the mock follows, with no Python touched."""

from pathlib import Path

import pytest
from covermock.mock_server import Mock, Settings
from support.fakes import COVER, COVER_STATUS, NOON, UPLOAD_COVER, UPLOAD_COVER_STATUS, Fake, edited
from support.servers import exchange, serving


def changed(folder: Path, *changes: tuple[str, str]) -> Fake:
    """Return a mock that follows an edited copy of the contract."""
    return Fake(spec=edited(folder, *changes))


def test_a_renamed_path(tmp_path: Path) -> None:
    """The new path answers, the old one is unknown."""
    fake = changed(tmp_path, (f"  {COVER_STATUS}:", "  /api/v9/covers/state:"))
    task = fake.cover()

    assert "PENDING" == fake.status(task, "/api/v9/covers/state")
    assert 404 == fake.get(f"{COVER_STATUS}?task_id={task}").status


def test_a_new_required_property(tmp_path: Path) -> None:
    """A request without it is 400 and told so; with it all is well."""
    title = "                title: {type: string, x-clause: U6"
    fake = changed(
        tmp_path,
        ("required: [audio_id]", "required: [audio_id, model]"),
        (title, f"                model: {{enum: [v4, v5], x-clause: U13}}\n{title}"),
    )
    refused = fake.post(UPLOAD_COVER, {"audio_id": "aud_30s"})

    assert (400, "bad_request") == refused.error
    assert "body.model: expected a value (it is required), received nothing (U13)" in refused.message
    assert 400 == fake.post(UPLOAD_COVER, {"audio_id": "aud_30s", "model": "v3"}).status
    assert 200 == fake.post(UPLOAD_COVER, {"audio_id": "aud_30s", "model": "v5"}).status


def test_a_new_stage(tmp_path: Path) -> None:
    """Tasks go through it, in its place and for its seconds."""
    stage = "          - {name: IN_PROGRESS, seconds: 1, results: 0}\n"
    fake = changed(
        tmp_path,
        (stage, f"{stage}          - {{name: POLISHING, seconds: 5, results: 0}}\n"),
        ("enum: [PENDING, IN_PROGRESS, SUCCESS, FAILED]", "enum: [PENDING, IN_PROGRESS, POLISHING, SUCCESS, FAILED]"),
    )
    task, seen = fake.cover(), []
    for _ in range(8):
        seen.append(fake.status(task))
        fake.wait(1)

    assert ["PENDING", "IN_PROGRESS", *["POLISHING"] * 5, "SUCCESS"] == seen


def test_other_seconds_of_a_stage(tmp_path: Path) -> None:
    """The stage lasts as long as the contract says."""
    fake = changed(tmp_path, ("{name: PENDING, seconds: 1,", "{name: PENDING, seconds: 90,"))
    task = fake.cover()
    fake.wait(89)
    before = fake.status(task)
    fake.wait(1)

    assert ("PENDING", "IN_PROGRESS") == (before, fake.status(task))


def test_another_price(tmp_path: Path) -> None:
    """The mock charges what x-credits says, and refuses who can't pay it."""
    fake = changed(tmp_path, ("{min: 1, max: 1, clause: C6}", "{min: 600, max: 600, clause: C6}"))
    fake.cover()

    assert 400 == fake.credits["main"]
    assert 402 == fake.post(COVER, {"taskId": "gen_completed"}).status


def test_another_text_and_status_of_an_error(tmp_path: Path) -> None:
    """Clients read the new text, and get the new status and type."""
    fake = changed(
        tmp_path,
        ("{status: 402, type: insufficient_credits", "{status: 429, type: no_money"),
        ("message: 'Insufficient credits: expected", "message: 'No money left: expected"),
    )
    got = fake.post(UPLOAD_COVER, {"audio_id": "aud_30s"}, key="aio_poor_key")

    assert (429, "no_money") == got.error
    assert got.message.startswith("No money left: expected at least 5")


def test_a_renamed_property_of_an_answer(tmp_path: Path) -> None:
    """Answers carry the new name."""
    reference = "{$ref: '#/components/schemas/UploadCoverState'"
    fake = changed(
        tmp_path,
        ("required: [task_id, status, clips, created_at]", "required: [task_id, state, clips, created_at]"),
        (f"  status: {reference}", f"  state: {reference}"),
    )
    task = fake.upload_cover()

    assert "pending" == fake.get(f"{UPLOAD_COVER_STATUS}?task_id={task}").json["data"]["state"]


def test_other_limits_of_a_rule(tmp_path: Path) -> None:
    """The length of audio that is accepted is the contract's."""
    fake = changed(tmp_path, ("min: 6, max: 60,", "min: 5, max: 61,"))

    assert [200, 200] == [fake.post(UPLOAD_COVER, {"audio_id": of}).status for of in ("aud_5_9s", "aud_60_1s")]


def test_a_precondition_less(tmp_path: Path) -> None:
    """Without the rule of C5 a music task gets as many covers as are asked for."""
    line = "        - {check: source-unused, error: cover-already-generated}\n"
    fake = changed(tmp_path, (line, ""))

    assert [200, 200] == [fake.post(COVER, {"taskId": "gen_completed"}).status for _ in range(2)]


@pytest.mark.parametrize("limit", [100, 2000])
def test_another_limit_of_bodies(tmp_path: Path, limit: int) -> None:
    """A body one byte over x-limits is 413, one at the limit is read."""
    fake = changed(tmp_path, ("body_bytes: 1048576", f"body_bytes: {limit}"))
    body = b'{"taskId": "x"}'

    assert 404 == fake.post(COVER, body.ljust(limit)).status
    assert (413, "bad_request") == fake.post(COVER, body.ljust(limit + 1)).error


def test_the_command_follows_an_edited_file(tmp_path: Path) -> None:
    """`serve --spec FILE` and COVERMOCK_SPEC serve what the file says."""
    path = edited(tmp_path, (f"  {COVER}:", "  /renamed:"))
    request = b"POST /renamed HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"

    with serving("--spec", str(path)) as process:
        assert (401, "authentication_error") == exchange(process.port, request).error
    with serving(COVERMOCK_SPEC=str(path)) as process:
        assert (401, "authentication_error") == exchange(process.port, request).error


def test_a_copy_that_changes_nothing_answers_the_same(tmp_path: Path, fake: Fake) -> None:
    """The built-in contract has no privileges over a copy of it."""
    copy = Mock(Settings(spec=edited(tmp_path)), NOON)

    assert fake.mock.contract.root == copy.contract.root
