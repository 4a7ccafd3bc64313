"""The four cURL commands of the documentation pages, only the host changed, answer what the pages show."""

from typing import Any

import pytest
from support.fakes import COVER, COVER_STATUS, UPLOAD_COVER, UPLOAD_COVER_STATUS, Fake

# As the pages print them, character by character; the pages' line numbers are left out.
COVER_BODY = b"""{
"taskId": "gen123213213213123bksv"
}"""
COVER_ANSWER = {"code": 200, "msg": "success", "data": {"taskId": "cover123123213213b880d2"}}
COVER_STATUS_ANSWER = {
    "code": 200,
    "msg": "success",
    "data": {
        "taskId": "cover123123213213b880d2",
        "status": "SUCCESS",
        "images": ["https://tempcover.storage.com/s/123.png", "https://tempcover.storage.com/s/456.png"],
        "created_at": "2026-02-24T12:00:30Z",
    },
}
UPLOAD_COVER_BODY = b"""{
"audio_id": "aud123456789",
"custom_mode": true,
"prompt": "Here are some new lyrics for the intro...",
"style": "acoustic pop"
}"""
UPLOAD_COVER_ANSWER = {"code": 200, "message": "success", "data": {"task_id": "upl987654321bksv"}}
UPLOAD_COVER_STATUS_ANSWER = {
    "code": 200,
    "message": "success",
    "data": {
        "task_id": "upl987654321bksv",
        "status": "complete",
        "clips": [
            {
                "id": "song_abc",
                "audio_url": "https://audiopipe.suno.ai/?item_id=song_abc",
                "image_url": "https://cdn2.suno.ai/image_abc.jpeg",
            }
        ],
        "created_at": "2026-02-24T12:00:30Z",
    },
}
ROUND = [
    (COVER, COVER_BODY, COVER_ANSWER, f"{COVER_STATUS}?task_id=cover123123213213b880d2", COVER_STATUS_ANSWER),
    (
        UPLOAD_COVER,
        UPLOAD_COVER_BODY,
        UPLOAD_COVER_ANSWER,
        f"{UPLOAD_COVER_STATUS}?task_id=upl987654321bksv",
        UPLOAD_COVER_STATUS_ANSWER,
    ),
]


@pytest.mark.parametrize(("start", "body", "accepted", "status", "finished"), ROUND)
def test_the_documented_commands_give_the_documented_answers_again_and_again(
    fake: Fake, start: str, body: bytes, accepted: Any, status: str, finished: Any
) -> None:
    """Word for word, fields in the pages' order, once the stages have passed; after a reset the same again."""
    for _ in range(2):
        answers = [fake.post(start, body)]
        fake.wait(3)
        answers.append(fake.get(status))
        fake.control("POST", "worlds/docs/reset")

        assert [200, 200] == [got.status for got in answers]
        assert [repr(accepted), repr(finished)] == [repr(got.json) for got in answers]


def test_before_the_stages_have_passed_the_task_is_under_way(fake: Fake) -> None:
    """At once the status is the first stage, with the documented id and date and no results."""
    fake.post(COVER, COVER_BODY)
    got = fake.get(f"{COVER_STATUS}?task_id=cover123123213213b880d2")
    expected = {**COVER_STATUS_ANSWER, "data": {**COVER_STATUS_ANSWER["data"], "status": "PENDING", "images": []}}  # type: ignore[dict-item]

    assert expected == got.json


def test_the_second_task_from_the_documented_source_is_an_ordinary_one(fake: Fake) -> None:
    """Ids stay unique (G14): only the first task is the documented one, and the next has pictures of our own."""
    first, second = fake.upload_cover(), fake.upload_cover()
    fake.wait(3)
    [clip, _] = fake.get(f"{UPLOAD_COVER_STATUS}?task_id={second}").json["data"]["clips"]

    assert "upl987654321bksv" == first
    assert first != second
    assert clip["image_url"].startswith("http://127.0.0.1:8080/__mock/media/docs/")
