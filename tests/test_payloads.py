"""The strategies for request bodies: what they make is valid or invalid for the mock, too."""

from typing import Any

import pytest
from covermock.contract_tests.payloads import invalid_bodies, valid_bodies
from covermock.mock_server import Mock, Request, Settings
from covermock.mock_server.http.messages import json_bytes
from hypothesis import given
from hypothesis import strategies as st

MOCK = Mock(Settings("empty", over={"audio": {"aud_1": {"seconds": 30}}}), 0.0)
PATHS = {
    "startCover": "/api/v1/audio/music/cover/generate",
    "startUploadCover": "/api/v1/audio/music/upload-cover/generate",
}
OPERATIONS = st.sampled_from(sorted(PATHS))


def status(operation: str, body: Any) -> int:
    """Send a body to the mock and return the status."""
    headers = {"authorization": "Bearer aio_empty", "content-type": "application/json"}
    return MOCK.answer(Request("POST", PATHS[operation], "", headers, json_bytes(body)), 0.0).status


@given(st.data(), OPERATIONS)
def test_valid_bodies_are_taken(data: st.DataObject, operation: str) -> None:
    """No valid body is a 400; what it names may be unknown."""
    assert 404 == status(operation, data.draw(valid_bodies(operation)))


@given(st.data(), OPERATIONS)
def test_invalid_bodies_are_refused(data: st.DataObject, operation: str) -> None:
    """Every invalid body is a 400."""
    assert 400 == status(operation, data.draw(invalid_bodies(operation)))


@given(valid_bodies("startUploadCover", audio_id="aud_1", custom_mode=True))
def test_fields_can_be_fixed(body: dict[str, Any]) -> None:
    """What is fixed is there, and what it requires comes with it."""
    assert ("aud_1", True) == (body["audio_id"], body["custom_mode"])
    assert body["prompt"]


def test_an_unknown_operation_is_refused_with_the_nearest() -> None:
    """The message names what could have been meant."""
    with pytest.raises(KeyError, match="did you mean 'startCover'"):
        valid_bodies("startCovr")
