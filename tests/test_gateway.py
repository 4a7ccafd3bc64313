"""The rules of the contract, G1 to U15, each as a request and its answer."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from support.fakes import (
    AUDIO,
    COVER,
    COVER_STATUS,
    MUSIC,
    UPLOAD_COVER,
    UPLOAD_COVER_STATUS,
    Fake,
    Got,
)

FOUR = [("POST", COVER), ("GET", COVER_STATUS), ("POST", UPLOAD_COVER), ("GET", UPLOAD_COVER_STATUS)]
POOR, SECOND = "aio_poor_key", "aio_second_key"


def data(got: Got) -> Any:
    """Return the data of a 200."""
    assert got.status == 200, got.body
    assert got.headers["content-type"] == "application/json"
    return got.json["data"]


@pytest.mark.parametrize(("method", "path"), FOUR)
def test_g2_g3_a_key_is_needed(fake: Fake, method: str, path: str) -> None:
    """G2, G3: no key, another scheme, an empty or an unknown one gives 401, whatever else is wrong."""
    for authorization in ("", "Bearer", "Bearer ", "Basic YTpi", "aio_your_api_key_here", "Bearer aio_unknown"):
        got = fake.send(method, path, b"{" if method == "POST" else None, authorization=authorization)
        assert (401, "authentication_error") == got.error
    assert (401, "authentication_error") == fake.send(method, path, key=None).error


def test_g3_no_key_is_ever_repeated(fake: Fake) -> None:
    """G3: an answer never shows the key that came."""
    assert b"aio_secret" not in fake.get(COVER_STATUS, key="aio_secret_key").body


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_read_in_any_case(fake: Fake, scheme: str) -> None:
    """Open in the source, our choice: the case of `Bearer` doesn't matter."""
    assert 404 == fake.get(f"{COVER_STATUS}?task_id=x", authorization=f"{scheme} {fake.key}").status


@pytest.mark.parametrize("path", [COVER, UPLOAD_COVER])
@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"{", b"nul", b"\xff", b"[]", b'"x"', b"5", b"null", b"{}", b'{"taskId": 5, "audio_id": 5}',
     b'{"taskId": null, "audio_id": null}', b'{"taskId": "", "audio_id": ""}', b'{"taskId": ["x"], "audio_id": {}}',
     b'{"taskId": "a", "taskId": "b", "audio_id": "a", "audio_id": "b"}', b"[" * 100_000, b'{"a":' * 100_000],
)  # fmt: skip
def test_g7_an_invalid_body_is_400(fake: Fake, path: str, body: bytes) -> None:
    """G7: malformed JSON, wrong types and missing parameters give 400 bad_request."""
    assert (400, "bad_request") == fake.post(path, body, content_type="application/json").error


@pytest.mark.parametrize("path", [COVER_STATUS, UPLOAD_COVER_STATUS])
@pytest.mark.parametrize("query", ["", "?", "?task_id", "?task_id=", "?taskId=x", "?task_id=a&task_id=b", "?TASK_ID=x"])
def test_g7_a_status_needs_one_task_id(fake: Fake, path: str, query: str) -> None:
    """G7, C8, U9: without exactly one task_id the answer is 400."""
    assert (400, "bad_request") == fake.get(path + query).error


def test_g7_another_media_type_is_400(fake: Fake) -> None:
    """Our choice: a body that says it is no JSON is refused, none said is read as JSON, parameters are allowed."""
    body = b'{"taskId": "gen_unknown"}'

    assert (400, "bad_request") == fake.post(COVER, body, content_type="text/plain").error
    assert 404 == fake.post(COVER, body, content_type="application/json; charset=utf-8").status


def test_g8_checks_come_in_the_documented_order(fake: Fake) -> None:
    """G8: 401, then 400 of the request itself, then 404, then 400 of business rules, and 402 last."""
    both_wrong = {"audio_id": "aud_unknown", "custom_mode": "yes"}
    fake.control("POST", "worlds/docs/music-tasks", {"id": "gen_poor", "account": "poor", "state": "pending"})

    assert 401 == fake.post(UPLOAD_COVER, both_wrong, key="aio_x").status
    assert 400 == fake.post(UPLOAD_COVER, both_wrong).status
    assert 404 == fake.post(UPLOAD_COVER, {"audio_id": "aud_unknown"}, key=POOR).status
    assert 400 == fake.post(COVER, {"taskId": "gen_poor"}, key=POOR).status
    assert 400 == fake.post(UPLOAD_COVER, {"audio_id": "aud_5_9s"}, key=POOR).status
    assert 402 == fake.post(UPLOAD_COVER, {"audio_id": AUDIO}, key=POOR).status


def test_g9_tasks_belong_to_the_account_of_the_key(fake: Fake) -> None:
    """G9: to another account a music task, a cover task and an upload-cover task are 404."""
    cover, upload = fake.cover(), fake.upload_cover()

    assert (404, "not_found") == fake.post(COVER, {"taskId": MUSIC}, key=SECOND).error
    assert (404, "not_found") == fake.get(f"{COVER_STATUS}?task_id={cover}", key=SECOND).error
    assert (404, "not_found") == fake.get(f"{UPLOAD_COVER_STATUS}?task_id={upload}", key=SECOND).error
    assert 200 == fake.post(COVER, {"taskId": "gen_second"}, key=SECOND).status


@pytest.mark.parametrize(
    "path", ["/", "/v2/generate", "/v2/cover/generate", COVER + "/", COVER.upper(), "/__mock", "*"]
)
def test_g12_an_unknown_path_is_404_with_the_nearest_known(fake: Fake, path: str) -> None:
    """G1, G12, C14: only the four paths are there; the leftovers of an older version are not."""
    got = fake.get(path)

    assert (404, "not_found") == got.error
    assert COVER in got.message


@pytest.mark.parametrize(("allowed", "path"), FOUR)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_g12_another_method_is_405_with_allow(fake: Fake, allowed: str, path: str, method: str) -> None:
    """G12: a known path with another method gives 405 and says which method it takes."""
    got = fake.send(method, path)

    if method != allowed:
        assert (405, "method_not_allowed") == got.error
        assert allowed == got.headers["allow"]


def test_g13_a_task_can_be_polled_at_once_and_only_moves_forward(fake: Fake) -> None:
    """G13, C9, C10: PENDING, IN_PROGRESS, SUCCESS, in this order, and SUCCESS stays."""
    task, seen = fake.cover(), []
    for _ in range(6):
        seen.append(fake.status(task))
        fake.wait(0.6)

    assert ["PENDING", "PENDING", "IN_PROGRESS", "IN_PROGRESS", "SUCCESS", "SUCCESS"] == seen


def test_g13_an_upload_cover_goes_through_its_stages(fake: Fake) -> None:
    """G13, U9, U10: pending, text, first, complete, in this order, and complete stays."""
    task, seen = fake.upload_cover(), []
    for _ in range(5):
        seen.append(fake.status(task, UPLOAD_COVER_STATUS))
        fake.wait(1)

    assert ["pending", "text", "first", "complete", "complete"] == seen


@pytest.mark.parametrize("source", ["gen_cover_fails", "aud_fails"])
def test_c10_u10_a_failed_task_stays_failed(fake: Fake, source: str) -> None:
    """C10, U10: FAILED and failed are terminal, and show no results."""
    cover = source.startswith("gen")
    path = COVER_STATUS if cover else UPLOAD_COVER_STATUS
    task = fake.cover(source) if cover else fake.upload_cover(source)
    fake.wait(3)
    shown = data(fake.get(f"{path}?task_id={task}"))
    fake.wait(1e6)

    assert ("FAILED" if cover else "failed") == shown["status"]
    assert [] == shown["images" if cover else "clips"]
    assert shown == data(fake.get(f"{path}?task_id={task}"))


def test_g14_ids_are_unique_and_polls_carry_them(fake: Fake) -> None:
    """G14: no two tasks share an id, and a poll answers with the id that was asked for."""
    ids = [fake.upload_cover("aud_30s") for _ in range(50)]

    assert 50 == len(set(ids))
    assert ids == [data(fake.get(f"{UPLOAD_COVER_STATUS}?task_id={task}"))["task_id"] for task in ids]


@pytest.mark.parametrize("body", [{"taskId": "gen_completed"}, {"task_id": "gen_completed"}])
def test_c1_c2_both_spellings_start_a_cover(fake: Fake, body: dict[str, str]) -> None:
    """C1, C2: either spelling is accepted; the answer says `msg` and `taskId`."""
    got = fake.post(COVER, body)

    assert {"taskId"} == set(data(got))
    assert {"code": 200, "msg": "success", "data": data(got)} == got.json


def test_c1_of_both_spellings_at_once_the_documented_one_counts(fake: Fake) -> None:
    """Our choice: with both spellings, `taskId` is believed."""
    assert 200 == fake.post(COVER, {"taskId": "gen_completed", "task_id": "gen_unknown"}).status
    assert 404 == fake.post(COVER, {"taskId": "gen_unknown", "task_id": "gen_completed"}).status


@pytest.mark.parametrize("music", ["gen_pending", "gen_failing"])
def test_c3_the_music_task_must_be_completed(fake: Fake, music: str) -> None:
    """C3: a music task that runs, or has failed, gets no cover."""
    before = fake.post(COVER, {"taskId": music})
    fake.wait(100)

    assert (400, "bad_request") == before.error == fake.post(COVER, {"taskId": music}).error


def test_c4_c12_u3_u12_unknown_ids_are_404(fake: Fake) -> None:
    """C4, C12, U3, U12: ids that nobody knows, and ids of the other kind of task, are not found."""
    cover, upload = fake.cover(), fake.upload_cover()
    asked = [
        fake.post(COVER, {"taskId": "gen_unknown"}),
        fake.post(COVER, {"taskId": cover}),
        fake.get(f"{COVER_STATUS}?task_id=cover_unknown"),
        fake.get(f"{COVER_STATUS}?task_id={upload}"),
        fake.post(UPLOAD_COVER, {"audio_id": "aud_unknown"}),
        fake.post(UPLOAD_COVER, {"audio_id": MUSIC}),
        fake.get(f"{UPLOAD_COVER_STATUS}?task_id=upl_unknown"),
        fake.get(f"{UPLOAD_COVER_STATUS}?task_id={cover}"),
        fake.get(f"{UPLOAD_COVER_STATUS}?task_id={MUSIC}"),
    ]

    assert [(404, "not_found")] * len(asked) == [got.error for got in asked]


def test_c5_a_music_task_gets_one_cover(fake: Fake) -> None:
    """C5: a second cover is 400 while the first runs and after it has succeeded; its text names the first."""
    first = fake.cover()
    while_running = fake.post(COVER, {"taskId": MUSIC})
    fake.wait(10)
    afterwards = fake.post(COVER, {"task_id": MUSIC})

    assert (400, "bad_request") == while_running.error == afterwards.error
    assert first in afterwards.message


def test_c5_after_a_failed_cover_another_may_follow(fake: Fake) -> None:
    """Open in the source, our choice: a cover that failed doesn't count."""
    fake.cover("gen_cover_fails")
    fake.wait(2)

    assert 200 == fake.post(COVER, {"taskId": "gen_cover_fails"}).status


def test_c7_c8_c13_a_finished_cover_shows_two_pictures_that_stay(fake: Fake) -> None:
    """C7, C8, C13: two different URLs, the creation date in UTC, both the same for ever."""
    task = fake.cover("gen_completed")
    fake.wait(2)
    got = fake.get(f"{COVER_STATUS}?task_id={task}")
    shown = data(got)
    fake.wait(1e6)

    assert {"code", "msg", "data"} == set(got.json)
    assert {"taskId", "status", "images", "created_at"} == set(shown)
    assert 2 == len(set(shown["images"])) == len(shown["images"])
    assert all(urlsplit(url).scheme == "http" and urlsplit(url).netloc for url in shown["images"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", shown["created_at"])
    assert shown == data(fake.get(f"{COVER_STATUS}?task_id={task}"))


def test_c11_before_success_there_are_no_images(fake: Fake) -> None:
    """C11: `images` is [] until the task has succeeded."""
    task, seen = fake.cover(), []
    for _ in range(3):
        seen.append(len(data(fake.get(f"{COVER_STATUS}?task_id={task}"))["images"]))
        fake.wait(1)

    assert [0, 0, 2] == seen


@pytest.mark.parametrize(
    ("audio", "status"), [("aud_5_9s", 400), ("aud_6s", 200), ("aud_30s", 200), ("aud_60s", 200), ("aud_60_1s", 400)]
)
def test_u2_audio_is_from_6_to_60_seconds(fake: Fake, audio: str, status: int) -> None:
    """U2: both ends are allowed, beyond them is 400."""
    assert status == fake.post(UPLOAD_COVER, {"audio_id": audio}).status


def test_u3_audio_belongs_to_its_account_where_the_world_says_so(fake: Fake) -> None:
    """Open in the source, our choice: audio with an account is that account's, other audio is everybody's."""
    fake.control("POST", "worlds/docs/audio", {"id": "aud_seconds", "seconds": 10, "account": "second"})

    assert 404 == fake.post(UPLOAD_COVER, {"audio_id": "aud_seconds"}).status
    assert 200 == fake.post(UPLOAD_COVER, {"audio_id": "aud_seconds"}, key=SECOND).status
    assert 200 == fake.post(UPLOAD_COVER, {"audio_id": AUDIO}, key=SECOND).status


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({}, 200),
        ({"custom_mode": False}, 200),
        ({"custom_mode": True, "prompt": "x"}, 200),
        ({"custom_mode": True, "prompt": "x", "style": "s" * 5000, "title": "t" * 500}, 200),
        ({"prompt": "", "style": "", "title": ""}, 200),
        ({"custom_mode": False, "prompt": ""}, 200),
        ({"unknown": [1]}, 200),
        ({"custom_mode": None, "prompt": None, "style": None, "title": None}, 200),
        ({"custom_mode": True}, 400),
        ({"custom_mode": True, "prompt": ""}, 400),
        ({"custom_mode": True, "prompt": None}, 400),
        ({"custom_mode": "true", "prompt": "x"}, 400),
        ({"custom_mode": 1}, 400),
        ({"style": 5}, 400),
        ({"title": []}, 400),
    ],
)
def test_u4_u5_u6_custom_mode_needs_a_prompt_and_the_rest_is_optional(
    fake: Fake, more: dict[str, Any], status: int
) -> None:
    """U4, U5, U6: the kinds of each field; a prompt is needed in custom mode only; no length is enforced."""
    assert status == fake.post(UPLOAD_COVER, {"audio_id": AUDIO, **more}).status


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("http://127.0.0.1:9000/hook", 200),
        ("HTTPS://example.com", 200),
        ("", 200),
        (None, 200),
        (" ", 400),
        ("http://", 400),
        ("http:///path", 400),
        ("ftp://example.com/", 400),
        ("example.com/hook", 400),
        ("javascript:alert(1)", 400),
        (5, 400),
        (False, 400),
    ],
)
def test_u7_a_callback_url_is_http_with_a_host(fake: Fake, url: Any, status: int) -> None:
    """U7: anything but an http(s) URL with a host is 400; null and an empty text are as if it were not there."""
    assert status == fake.post(UPLOAD_COVER, {"audio_id": AUDIO, "callback_url": url}).status


def test_u8_the_answer_says_message_and_task_id(fake: Fake) -> None:
    """U8: here it is `message` and `task_id`."""
    got = fake.post(UPLOAD_COVER, {"audio_id": "aud_30s"})

    assert {"task_id"} == set(data(got))
    assert {"code": 200, "message": "success", "data": data(got)} == got.json


def test_u9_u11_clips_come_one_after_the_other(fake: Fake) -> None:
    """U9, U11: no clip before `first`, one there, two different ones at `complete`, that one among them."""
    task, seen = fake.upload_cover("aud_30s"), []
    for _ in range(4):
        seen.append(data(fake.get(f"{UPLOAD_COVER_STATUS}?task_id={task}")))
        fake.wait(1)
    clips = [shown["clips"] for shown in seen]

    assert all({"task_id", "status", "clips", "created_at"} == set(shown) for shown in seen)
    assert [0, 0, 1, 2] == [len(of) for of in clips]
    assert clips[2][0] == clips[3][0]
    assert 2 == len({clip["id"] for clip in clips[3]})
    assert all({"id", "audio_url", "image_url"} == set(clip) for clip in clips[3])


def test_u13_a_world_may_set_another_price() -> None:
    """U13: the least is charged unless the world says otherwise."""
    fake = Fake(key="aio_dear")
    fake.control("POST", "worlds", {"name": "dear", "from": "docs", "prices": {"startUploadCover": 12}})
    fake.upload_cover()

    assert 988 == fake.control("GET", "worlds/dear").json["accounts"]["main"]["credits"]


def test_u14_a_complete_upload_cover_is_a_music_task(fake: Fake) -> None:
    """U14, C3: its id may be given to cover/generate once it is complete, and not before."""
    task = fake.upload_cover()
    before = fake.post(COVER, {"taskId": task})
    fake.wait(3)

    assert (400, "bad_request") == before.error
    assert 200 == fake.post(COVER, {"taskId": task}).status
    assert 400 == fake.post(COVER, {"taskId": task}).status


@pytest.mark.parametrize("path", ["/api/v1/audio/music/upload", "/api/v1/audio/upload"])
def test_u15_uploading_is_no_operation(fake: Fake, path: str) -> None:
    """U15: how audio is uploaded is not documented, so there is nothing."""
    assert (404, "not_found") == fake.post(path, {}).error


def test_a_stalled_task_never_ends(fake: Fake) -> None:
    """The ids that always stall stay in their last stage, for years."""
    task = fake.cover("gen_cover_stalls")
    fake.wait(1e9)

    assert "IN_PROGRESS" == fake.status(task)


@pytest.mark.parametrize(
    ("path", "body"), [(COVER, {"taskId": "gen_no_credits"}), (UPLOAD_COVER, {"audio_id": "aud_no_credits"})]
)
def test_g6_an_id_can_always_run_out_of_credits(fake: Fake, path: str, body: dict[str, str]) -> None:
    """G6: the ids that always run out of credits do, for a rich account too."""
    assert (402, "insufficient_credits") == fake.post(path, body).error


def test_messages_say_what_was_wrong_and_what_would_be_right(fake: Fake) -> None:
    """A 400 names the place, both sides and the clause."""
    got = fake.post(UPLOAD_COVER, {"audio_id": 5})

    assert "Invalid params: body.audio_id: expected a string, received 5 (U1)." == got.message
