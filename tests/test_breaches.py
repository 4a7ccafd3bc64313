"""Where an exchange breaks the contract: the place in the request or the answer, for everything that goes wrong."""

from typing import Any

import pytest
from support.fakes import COVER, COVER_STATUS, MUSIC, UPLOAD_COVER, Fake


def places(fake: Fake, entry: str = "last") -> list[tuple[str, str | None]]:
    """Return the place and clause of each violation of an exchange."""
    told = fake.control("GET", f"worlds/docs/journal/{entry}/explain").json
    return [(row["where"], row["clause"]) for row in told["violations"]]


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        (COVER, {"taskId": 5}, [("body.taskId", "C1")]),
        (COVER, {}, [("body.taskId", "C1")]),
        (COVER, [], [("body", "C1")]),
        (COVER, {"taskId": "nobody"}, [("body.taskId", "C4")]),
        (COVER, {"task_id": "nobody"}, [("body.task_id", "C4")]),
        (UPLOAD_COVER, {"audio_id": "aud_5s", "prompt": 1}, [("body.prompt", "U5")]),
        (UPLOAD_COVER, {"audio_id": 1, "custom_mode": "x"}, [("body.audio_id", "U1"), ("body.custom_mode", "U4")]),
        (COVER, b"{", [("body", "G7")]),
        ("/nowhere", {}, [("path", "G12")]),
        (COVER_STATUS, {}, [("method", "G12")]),
        (COVER, {"taskId": MUSIC}, []),
    ],
)
def test_a_violation_has_its_place(fake: Fake, path: str, body: Any, expected: list[tuple[str, str]]) -> None:
    """Schema, preconditions, path, method and syntax: each names the place, and the clause that it rests on."""
    fake.post(path, body)

    assert expected == sorted(places(fake))


def test_places_in_query_and_headers(fake: Fake) -> None:
    """A missing parameter, an id that names nothing, a type that is no JSON."""
    fake.get(COVER_STATUS)
    assert [("query.task_id", "C8")] == places(fake)
    fake.get(f"{COVER_STATUS}?task_id=nobody")
    assert [("query.task_id", "C12")] == places(fake)
    fake.post(COVER, b"<a/>", content_type="text/xml")
    assert ["header.Content-Type"] == [place for place, _ in places(fake)]


def test_an_answer_that_a_fault_has_spoiled_is_judged_too(fake: Fake) -> None:
    """A missing field, another type, a status that nobody documented, a body that is no JSON."""
    task = fake.cover()
    spoiled = {
        "field_missing": ({"field": "data.status"}, "answer.body.data.status"),
        "wrong_type": ({}, "answer.header.content-type"),
        "status": ({"code": 418}, "answer.status"),
        "malformed_json": ({}, "answer.body"),
    }
    for word, (settings, where) in spoiled.items():
        fault = fake.control("POST", "worlds/docs/faults", {word: settings}).json["id"]
        fake.get(f"{COVER_STATUS}?task_id={task}")
        fake.control("DELETE", f"worlds/docs/faults/{fault}")

        assert where in [place for place, _ in places(fake)]


def test_no_key_of_another_gateway_is_told(fake: Fake) -> None:
    """What was received is shown without keys that are not this mock's."""
    fake.post(COVER, {"taskId": ["aio_somebody_elses_key"]})

    assert "aio_somebody" not in fake.control("GET", "worlds/docs/journal/last/explain").body.decode()


def test_a_body_that_was_cut_is_not_judged_again(fake: Fake) -> None:
    """The journal keeps its first 64 KiB, which say nothing of the rest."""
    fake.post(UPLOAD_COVER, {"audio_id": 5, "prompt": "x" * 70_000})

    assert [("body", "G7")] == places(fake)
