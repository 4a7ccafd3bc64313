"""A defect under a condition strikes where the condition holds, and nowhere else."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from covermock.mock_server.defects import Catalogue
from covermock.openapi import GATEWAY, load
from support.fakes import COVER, COVER_STATUS, KEY, MUSIC, UPLOAD_COVER, Fake
from support.servers import serving

AUDIO = "aud_30s"


def start(fake: Fake, **fields: Any) -> int:
    """Start music from audio; return the status of the answer."""
    return fake.post(UPLOAD_COVER, {"audio_id": AUDIO, **fields}).status


def test_at_once_is_a_race() -> None:
    """The second of two covers comes through a hundredth of a second later, and not ten seconds later."""
    fake = Fake(defect="second-cover-served@at-once")
    first = fake.post(COVER, {"taskId": MUSIC}).status
    fake.wait(0.01)
    second = fake.post(COVER, {"taskId": MUSIC}).status
    fake.wait(10)
    third = fake.post(COVER, {"taskId": MUSIC}).status

    assert (200, 200, 400) == (first, second, third)


def test_in_one_state_only() -> None:
    """The answer that shows the state is bad, those before and after it are not."""
    fake = Fake(defect="getCoverStatus-fails@state-IN_PROGRESS", over={"stage_seconds": 1})
    task, seen = fake.cover(), []
    for _ in range(3):
        seen.append(fake.get(f"{COVER_STATUS}?task_id={task}").status)
        fake.wait(1)

    assert [200, 500, 200] == seen


def test_in_one_state_where_polls_move_tasks() -> None:
    """The state is the one that the answer shows, not the one before the poll."""
    fake = Fake(defect="getCoverStatus-fails@state-IN_PROGRESS", over={"drive": "polls"})
    task = fake.cover()

    assert [200, 500, 200] == [fake.get(f"{COVER_STATUS}?task_id={task}").status for _ in range(3)]


def test_at_the_second_task_only() -> None:
    """The first, third and fourth start are answered."""
    fake = Fake(defect="startUploadCover-fails@second-task")

    assert [200, 500, 200, 200] == [start(fake) for _ in range(4)]


def test_with_one_field_and_with_two() -> None:
    """Only bodies that have the field, or both, meet the defect."""
    one, both = (Fake(defect=f"startUploadCover-fails@{name}") for name in ("with-style", "with-style-and-title"))

    assert [200, 500, 500] == [start(one), start(one, style="x"), start(one, style="x", title="y")]
    assert [200, 200, 500] == [start(both), start(both, style="x"), start(both, style="x", title="y")]


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("astral-text", "\U0001f3b5"),
        ("accented-text", "é"),
        ("lines-in-text", "two\nlines"),
        ("quotes-in-text", 'a "b"'),
        ("long-text", "x" * 1001),
        ("escaped-body", "é"),
    ],
)
def test_one_kind_of_text(condition: str, text: str) -> None:
    """A plain title is fine, one of that kind is not."""
    fake = Fake(defect=f"startUploadCover-fails-on-texts@{condition}")

    assert [200, 500] == [start(fake, title="plain"), start(fake, title=text)]


def test_by_chance_of_the_seed() -> None:
    """Some of many requests are met, the same ones every time, others under another seed."""
    runs = []
    for seed in (1, 1, 2):
        fake = Fake(defect="startUploadCover-fails@one-in-4", over={"seed": seed})
        runs.append([start(fake) for _ in range(40)])

    assert runs[0] == runs[1] != runs[2]
    assert 2 <= runs[0].count(500) <= 20


def test_once_the_end_was_shown() -> None:
    """The end itself is shown well, and whoever looks again finds a failure."""
    fake = Fake(defect="getCoverStatus-fails@after-the-end", over={"stage_seconds": 1})
    task = fake.cover()
    fake.wait(5)

    assert [200, 500, 500] == [fake.get(f"{COVER_STATUS}?task_id={task}").status for _ in range(3)]


def test_for_other_accounts_than_the_first() -> None:
    """The first account is served well."""
    fake = Fake(defect="startUploadCover-fails@second-account")
    body = {"audio_id": AUDIO}

    assert 200 == fake.post(UPLOAD_COVER, body).status
    assert 500 == fake.post(UPLOAD_COVER, body, key="aio_second_key").status


def test_every_condition_can_be_put_behind_a_name() -> None:
    """Each makes a defect whose sentence says when it strikes."""
    catalogue = Catalogue(load(GATEWAY))
    found = [catalogue.find(f"second-cover-served@{name}") for name in catalogue.conditions]

    assert [] == [one.name for one in found if one.sentence == catalogue["second-cover-served"].sentence]


def test_a_contract_of_ones_own_is_broken_over_http(tmp_path: Path) -> None:
    """`serve --spec FILE --defect NAME` knows the names that operators make of that file."""
    spec = tmp_path / "other.yaml"
    text = GATEWAY.read_text(encoding="utf-8").replace("getCoverStatus", "lookAtPictures")
    spec.write_text(text, encoding="utf-8")
    with serving("--spec", str(spec), "--world", "docs", "--defect", "lookAtPictures-unknown-shown") as process:
        headers = {"Authorization": f"Bearer {KEY}"}
        answer = httpx.get(f"{process.url}{COVER_STATUS}?task_id=nobody", headers=headers, timeout=60)

    assert (200, "nobody") == (answer.status_code, answer.json()["data"]["taskId"])
