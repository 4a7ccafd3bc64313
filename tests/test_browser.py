"""What people find when they look: a page at the root, the contract as a file, which keys there are."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from covermock.mock_server import Mock, Settings
from covermock.mock_server.server.banner import sights
from covermock.openapi import GATEWAY
from support.fakes import COVER_STATUS, KEY, NOON, Fake, edited, world_file

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
IMAGES = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"


class Links(HTMLParser):
    """Collects where a page leads, and what it would run or load."""

    def __init__(self) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        given = dict(attrs)
        if tag == "a":
            self.hrefs.append(given["href"] or "")
        self.loads += [tag] if tag in {"script", "img", "iframe", "form"} else []


@pytest.fixture
def mock() -> Fake:
    """A mock of the documented world."""
    return Fake()


def test_a_browser_is_led_on(mock: Fake) -> None:
    """At the root a browser finds a page that leads to dashboard and contract, runs nothing, and can't be framed."""
    got = mock.get("/", key=None, accept=BROWSER)
    page = Links()
    page.feed(got.body.decode())

    assert (200, "text/html; charset=utf-8") == (got.status, got.headers["content-type"])
    assert ["/__mock/", "/__mock/docs", "/__mock/openapi.yaml", "/__mock/openapi.json"] == page.hrefs
    assert [] == page.loads
    assert "frame-ancestors 'none'" in got.headers["content-security-policy"]
    assert "default-src 'none'" in got.headers["content-security-policy"]


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "text/plain"])
def test_a_program_gets_what_is_documented(mock: Fake, accept: str | None) -> None:
    """Whoever asks for no page gets the documented 404, and it is in the journal of strays as ever."""
    headers = {} if accept is None else {"accept": accept}
    got = [mock.get(path, key=None, **headers) for path in ("/", "/favicon.ico")]

    assert [(404, "not_found")] * 2 == [one.error for one in got]
    assert 2 == mock.control("GET", "journal").json["total"]


@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS"])
def test_only_looking_finds_the_page(mock: Fake, method: str) -> None:
    """Another method than GET and HEAD is refused as on any unknown path."""
    assert 404 == mock.send(method, "/", accept=BROWSER).status


def test_the_page_has_an_icon(mock: Fake) -> None:
    """A browser that asks for the icon gets a picture."""
    got = mock.get("/favicon.ico", key=None, accept=IMAGES)

    assert (200, "image/svg+xml") == (got.status, got.headers["content-type"])
    assert b"<svg" in got.body


def test_a_contract_may_have_the_root_for_itself(tmp_path: Path) -> None:
    """Where the contract describes an operation at the root, that is what everybody gets there."""
    mock = Fake(spec=edited(tmp_path, (f"  {COVER_STATUS}:", "  /:")))

    assert 400 == mock.get("/", accept=BROWSER).status


def test_texts_of_a_contract_are_no_markup(tmp_path: Path) -> None:
    """Whatever a contract calls itself shows as text."""
    title, evil = "title: API in One, Suno cover routes", "title: <script>alert(1)</script>"
    got = Fake(spec=edited(tmp_path, (title, evil))).get("/", accept=BROWSER)

    assert b"<script" not in got.body
    assert b"&lt;script&gt;" in got.body


def test_the_contract_is_served_as_it_is(tmp_path: Path, mock: Fake) -> None:
    """The file that the mock follows can be had from it, comments and all, whichever it is."""
    path = edited(tmp_path, ("Poll a cover-image task.", "Another summary."))
    got, other = (one.control("GET", "openapi.yaml") for one in (mock, Fake(spec=path)))

    assert (200, "application/yaml") == (got.status, got.headers["content-type"])
    assert GATEWAY.read_bytes() == got.body
    assert path.read_bytes() == other.body


def test_a_defective_contract_is_shown_with_its_defect() -> None:
    """With --defect the contract that is served is the one that the mock follows."""
    mock = Fake(defect="callback-once")
    told: Any = yaml.safe_load(mock.control("GET", "openapi.yaml").body)

    assert mock.mock.contract.root == told
    assert yaml.safe_load(GATEWAY.read_text(encoding="utf-8")) != told


def test_an_unknown_key_is_told_which_there_are(mock: Fake) -> None:
    """The 401 names keys that would do, and where all of them are; never the one that came."""
    got = mock.get(f"{COVER_STATUS}?task_id=x", key="aio_somebodys_real_key")

    assert (401, "authentication_error") == got.error
    assert KEY in got.message
    assert "GET /__mock/worlds" in got.message
    assert "aio_somebodys_real_key" not in got.body.decode()


def test_only_keys_that_would_do_are_named(mock: Fake) -> None:
    """Once the first world is gone its keys are not named any more."""
    mock.control("DELETE", "worlds/docs")
    got = mock.get(f"{COVER_STATUS}?task_id=x")

    assert (401, "authentication_error") == got.error
    assert KEY not in got.message


def test_the_start_says_what_is_worth_knowing() -> None:
    """Keys with their credits, ids with what becomes of them, and where to look; no line breaks within a value."""
    mock = Mock(Settings(world="demo"), NOON)
    world = mock.store.world("demo")
    assert world is not None
    lines = list(sights(world, "http://127.0.0.1:1"))
    text = "\n".join(lines)

    assert "http://127.0.0.1:1/__mock/" in text
    assert "aio_demo_poor (poor, 0 credits)" in text
    assert "aud_60_1s (60.1 s)" in text
    assert "gen_cover_fails (completed, ends in failure)" in text
    assert "cover_in_progress (IN_PROGRESS)" in text
    assert all(len(line) <= 100 for line in lines)


def test_a_world_of_many_ids_is_told_briefly(tmp_path: Path) -> None:
    """Of two hundred ids the first are shown, and how many more there are; odd ones are escaped."""
    audio = {f"aud{number}": {"seconds": 10} for number in range(200)} | {"\x1b[31m": {"seconds": 1}}
    path = world_file(tmp_path, json.dumps({"audio": dict(reversed(audio.items()))}))
    mock = Mock(Settings(world=str(path)), NOON)
    world = mock.store.world(mock.first)
    assert world is not None
    text = "\n".join(sights(world, "http://x"))

    assert "and 189 more" in text
    assert re.search(r"\\x1b\[31m \(1 s\)", text)
    assert "\x1b" not in text
