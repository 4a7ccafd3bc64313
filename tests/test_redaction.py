"""Keys of other gateways are nowhere to be seen, wherever they came and however they were written; our own stay."""

import json
import re
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from covermock.contract_tests.reports.redaction import redactor
from covermock.mock_server.http.redaction import REDACTED, Keys, redact_fields, redact_headers, redact_text
from covermock.openapi import KeyScheme
from hypothesis import given
from hypothesis import strategies as st
from support.fakes import COVER, COVER_STATUS, KEY, MUSIC, Fake

OURS = "aio_somebodys_real-Key7"
OTHERS = (
    "sk-proj-4fH7abcdefGH",
    "sk_live_51Habcdef",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "AKIAIOSFODNN7EXAMPLE",
    "xoxb-123456789-abcdef",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
)


def base64(text: str, before: str = "") -> str:
    """Return a text in base64, after another one."""
    return b64encode((before + text).encode()).decode()


FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "percent": lambda key: quote(key, safe="").replace("_", "%5F").replace("-", "%2d"),
    "percent twice": lambda key: key.replace("_", "%255F").replace("-", "%252D"),
    "all percent": lambda key: "".join(f"%{ord(char):02x}" for char in key),
    "JSON": lambda key: "".join(f"\\u{ord(char):04x}" for char in key),
    "base64": base64,
    "base64 after one": lambda key: base64(key, "x"),
    "base64 after two": lambda key: base64(key, "xy"),
    "base64 for URLs": lambda key: urlsafe_b64encode(f"\xff\xfe{key}".encode("latin-1")).decode(),
    "Basic": lambda key: f"Basic {base64(key, 'user:')}",
}
POSITIONS: dict[str, Callable[[str], dict[str, Any]]] = {
    "authorization": lambda key: {"target": COVER_STATUS, "authorization": f"Bearer {key}"},
    "authorization without a scheme": lambda key: {"target": COVER_STATUS, "authorization": key},
    "authorization of two words": lambda key: {"target": COVER_STATUS, "authorization": f"{key} more"},
    "x-api-key": lambda key: {"target": COVER_STATUS, "x_api_key": key},
    "a header named like a secret": lambda key: {"target": COVER_STATUS, "x_goog_api_key": key},
    "cookie": lambda key: {"target": COVER_STATUS, "cookie": f"session={key}"},
    "a field of the query": lambda key: {"target": f"{COVER_STATUS}?task_id=x&api_key={quote(key, safe='%')}"},
    "a field of the body": lambda key: {"target": COVER, "body": {"taskId": MUSIC, "access_token": key}},
    "a body that is no text": lambda key: {"target": COVER, "body": b'\xff {"apiKey": "' + key.encode() + b'"}'},
}


def seen(fake: Fake) -> str:
    """Return all that the mock shows of what it was asked."""
    looks = ["worlds/docs/journal", "worlds/docs/journal/last/explain", "worlds/docs/export", "journal"]
    texts = [fake.control("GET", look).body.decode() for look in looks]
    texts.append(fake.control("POST", "worlds/docs/wait", {"requests": {"count": 9}, "timeout": 0}).body.decode())
    return "\n".join(texts) + "\n".join(decoded for text in texts for decoded in _bodies(text))


def _bodies(text: str) -> list[str]:
    """Return the bodies that an export carries in base64."""
    return [str(b64decode(found)) for found in re.findall(r'"base64":\s*"([^"]+)"', text)]


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("secret", [OURS, *OTHERS, "0123456789abcdef"])
def test_a_foreign_key_is_shown_nowhere(position: str, secret: str) -> None:
    """Journal, strays, explanation, export, wait: with our prefix, with another's, with none."""
    fake = Fake()
    request = POSITIONS[position](secret)
    own = {} if "authorization" in request else {"authorization": f"Bearer {KEY}"}
    fake.send("POST" if "body" in request else "GET", **{**own, **request}, key=None)
    shown = seen(fake)

    assert secret not in shown
    assert REDACTED in shown


@pytest.mark.parametrize("form", FORMS)
def test_an_encoded_key_is_no_better(form: str) -> None:
    """In a path, a query, a header of any name and a body: however it is written."""
    fake, key = Fake(), FORMS[form](OURS)
    fake.get(f"{COVER_STATUS}?task_id={quote(key, safe='%+/=')}", x_note=f"look: {key}")
    fake.post(COVER, f'{{"taskId": "{key}"}}'.encode())
    shown = seen(fake)

    assert key.removeprefix("Basic ") not in shown
    assert quote(key, safe="%+/=") not in shown
    assert REDACTED in shown


@pytest.mark.parametrize("form", FORMS)
def test_a_key_of_the_mock_may_be_shown_in_every_form(form: str) -> None:
    """It names a world, and a test may want to see where its client put it."""
    text = f"before {FORMS[form](KEY)} after"

    assert text == redact_text(text, lambda key: key == KEY)
    assert {"x-api-key": KEY} == redact_headers({"x-api-key": KEY}, lambda key: key == KEY)
    assert f"a=1&token={KEY}" == redact_fields(f"a=1&token={KEY}", lambda key: key == KEY)


@pytest.mark.parametrize(
    "text",
    [
        "The bearer of this ring; Bearer authentication; Basic English words",
        "risk-management of a task-force; audio, gh, ask-somebody-else",
        'WWW-Authenticate: Bearer realm="gateway"; expected Authorization: Bearer <key>',
        '{"prompt": "the secret: a key", "task_id": "cover123123213213b880d2", "token": 5}',
        "http://127.0.0.1:8080/hook?task=1 and mail to me@example.com",
    ],
)
def test_what_is_no_key_stays(text: str) -> None:
    """Words, ids, numbers and addresses are shown as they came."""
    assert text == redact_fields(text, lambda _: False)


def test_an_exported_world_can_be_restored_though_an_id_looks_like_a_key() -> None:
    """An id stays what it is; in a request that names nothing here the same word is left out."""
    fake = Fake()
    music = {name: {} for name in ("sk-test-track-1", "sk-test-track-2")}
    fake.control("POST", "worlds", {"name": "mine", "accounts": {"main": {"key": "aio_mine"}}, "music_tasks": music})
    fake.cover("sk-test-track-1", key="aio_mine")
    fake.post(COVER, {"taskId": "sk-test-track-3"}, key="aio_mine")
    document = fake.control("GET", "worlds/mine/export").json
    fake.control("DELETE", "worlds/mine")

    assert 200 == fake.control("PUT", "worlds/mine/export", document).status
    assert (400, "bad_request") == fake.post(COVER, {"taskId": "sk-test-track-1"}, key="aio_mine").error
    assert fake.cover("sk-test-track-2", key="aio_mine")
    assert "sk-test-track-3" not in json.dumps(document)


KNOWN_FORMS: dict[str, Callable[[str], str]] = {
    **FORMS,
    "HTML": lambda key: "".join(f"&#{ord(char)};" for char in key),
    "hexadecimal": lambda key: key.encode().hex(),
    "capitals": str.upper,
    "cut": lambda key: key[:12],
}


@pytest.mark.parametrize("form", KNOWN_FORMS)
def test_a_report_takes_out_the_keys_it_knows_in_every_form(form: str) -> None:
    """Whatever a gateway echoes: neither the key nor the beginning of one that was cut gets into a report."""
    text = KNOWN_FORMS[form](OURS)
    shown = redactor([OURS])(f"400 received '{text}' here")

    assert text.removeprefix("Basic ") not in shown
    assert "[key]" in shown
    assert shown.endswith("' here")


@given(st.text('aio_sk-eyJ%\\u05fYWlvXFpb1haW9f:/@&?="{}key token.Bearer ', max_size=60))
def test_redaction_is_done_with_one_look(text: str) -> None:
    """What was left out stays left out, nothing is left out twice, and no text is too odd."""
    once = redact_fields(text, lambda _: False)

    assert once == redact_fields(once, lambda _: False)


def test_a_foreign_key_in_the_query_is_hidden_whatever_its_name_and_look() -> None:
    """Where the contract has the key in the query, only the mock's own are shown there."""
    known = Keys({"own"}.__contains__, KeyScheme("?k", prefix=""))

    assert "a=1&k=own" == redact_fields("a=1&k=own", known)
    assert "k=<redacted>&a=1" == redact_fields("k=somebodys&a=1", known)
