"""What refuses a request follows from the contract: the same statuses and sentences as a table written by hand."""

from typing import Any

import pytest
from covermock.contract_tests import settings_for
from covermock.contract_tests.exchange import MAIN_KEY, Sent
from covermock.contract_tests.servers.session import Session
from support.judging import blames

COVER, COVERS, MUSIC, MUSICS = "startCover", "getCoverStatus", "startUploadCover", "getUploadCoverStatus"
KNOWN = {"music_task": ("gen",), "pending_music_task": "gen_running", "audio": "aud", "short_audio": "aud_short"}
BASIC = (("Authorization", f"Basic {MAIN_KEY}"),)
NOBODY = (("Authorization", "Bearer aio_nobody"),)
CUSTOM = {"audio_id": "aud", "custom_mode": True}
# operation, what is sent, the status, what an acceptance breaks, what another refusal breaks
TABLE: list[tuple[str, dict[str, Any], int, str, str]] = [
    (COVER, {"body": {"taskId": "x"}, "who": ""}, 401, "G3", "G3"),
    (MUSIC, {"body": {"audio_id": "x"}, "who": ""}, 401, "G3", "G3:corroborated"),
    (COVERS, {"task_id": "x", "who": "", "headers": NOBODY}, 401, "G3", "G3"),
    (MUSICS, {"task_id": "x", "who": "", "headers": BASIC}, 401, "G2:inferred", "G2:inferred"),
    (COVER, {"body": b"{"}, 400, "G7:inferred", "G7:inferred"),
    (COVER, {"body": []}, 400, "G7:inferred", "G7:inferred"),
    (COVER, {"body": {}}, 400, "C1 G7:inferred", "G7:inferred"),
    (MUSIC, {"body": {}}, 400, "U1 G7:inferred", "U1:corroborated G7:inferred"),
    (COVERS, {}, 400, "C8 G7:inferred", "G7:inferred"),
    (MUSICS, {}, 400, "U9 G7:inferred", "G7:inferred"),
    (COVER, {"body": {"taskId": 5}}, 400, "G7:inferred", "G7:inferred"),
    (COVER, {"body": {"task_id": 5}}, 400, "G7:inferred", "G7:inferred"),
    (MUSIC, {"body": {"audio_id": 5}}, 400, "G7:inferred", "G7:inferred"),
    (MUSIC, {"body": {"audio_id": "aud", "custom_mode": "true"}}, 400, "G7:inferred", "G7:inferred"),
    (MUSIC, {"body": {**CUSTOM, "prompt": 5}}, 400, "G7:inferred", "G7:inferred"),
    (MUSIC, {"body": {**CUSTOM, "prompt": "x", "style": 5}}, 400, "G7:inferred", "G7:inferred"),
    (MUSIC, {"body": {**CUSTOM, "prompt": "x", "title": 5}}, 400, "G7:inferred", "G7:inferred"),
    (MUSIC, {"body": {"audio_id": "aud", "callback_url": 5}}, 400, "G7:inferred", "G7:inferred"),
    (MUSIC, {"body": {"audio_id": "aud", "callback_url": "ftp://x"}}, 400, "U7:inferred", "U7:inferred"),
    (MUSIC, {"body": CUSTOM}, 400, "U5 G7:inferred", "U5:inferred G7:inferred"),
    (MUSIC, {"body": {**CUSTOM, "prompt": None}}, 400, "U5 G7:inferred", "U5:inferred G7:inferred"),
    (MUSIC, {"body": {**CUSTOM, "prompt": ""}}, 400, "U5:assumed", "U5:assumed"),
    (COVER, {"body": {"taskId": "x"}}, 404, "C4", "C4"),
    (COVERS, {"task_id": "x"}, 404, "C12", "C12"),
    (MUSIC, {"body": {"audio_id": "x"}}, 404, "U3", "U3:corroborated"),
    (MUSICS, {"task_id": "x"}, 404, "U12", "U12:corroborated"),
    (COVER, {"body": {"taskId": "gen"}, "who": "second"}, 404, "G9:assumed", "G9:assumed"),
    (COVER, {"body": {"taskId": "gen_running"}}, 400, "C3", "C3:inferred"),
    (MUSIC, {"body": {"audio_id": "aud_short"}}, 400, "U2", "U2:corroborated"),
    (MUSIC, {"body": {"audio_id": "aud"}, "who": "poor"}, 402, "G6", "G6:assumed"),
]


@pytest.fixture(scope="module")
def session() -> Session:
    """A run that has not asked anything yet."""
    return Session(settings_for("http://127.0.0.1:9", {"main": "a", "second": "b", "poor": "c"}, KNOWN))


def request(session: Session, operation: str, what: dict[str, Any]) -> Sent:
    """Return the request that a row describes."""
    who, headers = what.get("who", "main"), what.get("headers", ())
    named = {name: text for name, text in what.items() if name == "task_id"}
    sent = session.plain(session.operations[operation], named, story="", who=who).with_headers(headers)
    return sent.with_body(what["body"]) if "body" in what else sent


@pytest.mark.parametrize(("operation", "what", "status", "accepted", "other"), TABLE)
def test_a_refusal_follows_from_the_contract(
    session: Session, operation: str, what: dict[str, Any], status: int, accepted: str, other: str
) -> None:
    """Its status is due, an acceptance breaks the rule, and another status the sentence that fixes it."""
    expected = session.expectations.of(request(session, operation, what))

    assert expected.due, expected
    assert status == expected.due.status
    assert set(blames(accepted)) == set(expected.due.accepted)
    assert set(blames(other)) == set(expected.due.other)


@pytest.mark.parametrize(
    "body",
    [
        {"audio_id": ""},
        {"audio_id": "x\x00"},
        {"audio_id": "x", "model": "V5"},
        {"audio_id": "x", "style": None},
        {"audio_id": "x", "prompt": 5},
        {"audio_id": "x", "callback_url": ""},
        {"audio_id": "x", "callback_url": "HTTP://[::1]:9/"},
    ],
)
def test_what_nobody_documented_is_open(session: Session, body: dict[str, Any]) -> None:
    """Values that x-open names, unknown fields and null where nothing is needed are never judged."""
    assert session.expectations.of(request(session, MUSIC, {"body": body})).open


def test_a_definite_fault_beside_an_open_value_stays_due(session: Session) -> None:
    """A request without its id is refused, whatever else is odd about it."""
    expected = session.expectations.of(request(session, MUSIC, {"body": {"style": "\x00"}}))

    assert (400, True) == (expected.due and expected.due.status, expected.open)
