"""The files of the dashboard, as the control API serves them; and what their scripts may not contain."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from covermock.mock_server.app import create_app
from covermock.openapi import ADMIN, GATEWAY, load
from support.fakes import Fake

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "mock_server" / "dashboard"
OURS = sorted(path for path in FOLDER.rglob("*.js") if path.parent.name != "vendor")
PAGES = sorted(FOLDER.glob("*.html"))
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}


@pytest.fixture
def fake() -> Fake:
    """A mock; files are the same over every store."""
    return Fake()


def test_every_file_is_served_with_its_type(fake: Fake) -> None:
    """What is in the folder is there, byte by byte, and can't be taken for anything else."""
    for path in (path for path in FOLDER.rglob("*") if path.is_file()):
        got = fake.control("GET", f"dashboard/{path.relative_to(FOLDER).as_posix()}")

        assert (200, path.read_bytes()) == (got.status, got.body)
        assert TYPES[path.suffix] == got.headers["content-type"].partition(";")[0]
        assert "nosniff" == got.headers["x-content-type-options"]


def test_a_known_file_is_304_and_a_head_has_no_other_answer(fake: Fake) -> None:
    """A browser that has the file is told so; with another tag it gets the file."""
    whole = fake.control("GET", "dashboard/main.js")
    same = fake.control("GET", "dashboard/main.js", if_none_match=whole.headers["etag"])
    other = fake.control("GET", "dashboard/main.js", if_none_match='"other"')

    assert (304, b"") == (same.status, same.body)
    assert whole.headers["etag"] == same.headers["etag"] == other.headers["etag"]
    assert (200, whole.body) == (other.status, other.body)
    assert 200 == fake.control("HEAD", "dashboard/main.js").status


@pytest.mark.parametrize(
    "path", ["main.jss", "..%2Fmock.py", "views/..%2F..%2Fmock.py", "views/%2e%2e", "__init__.py", "vendor/nothing"]
)
def test_nothing_else_is_served(fake: Fake, path: str) -> None:
    """A name that is no file of the dashboard is refused, whatever it climbs to."""
    got = fake.control("GET", f"dashboard/{path}")

    assert 404 == got.status
    assert "expected a file of the dashboard" in got.json["detail"]
    assert "main.js" in got.json["detail"] or path != "main.jss"


def test_flask_serves_the_same_pages(fake: Fake) -> None:
    """The WSGI application answers as the server does, 304 included."""
    client = create_app(fake.mock).test_client()
    page = client.get("/__mock/")
    same = client.get("/__mock/", headers={"If-None-Match": page.headers["ETag"]})

    assert (200, (FOLDER / "index.html").read_bytes()) == (page.status_code, page.data)
    assert (304, b"") == (same.status_code, same.data)
    assert page.headers["Content-Security-Policy"] == same.headers["Content-Security-Policy"]


def test_a_page_needs_no_flask() -> None:
    """Neither the start nor the pages import it: only pictures and sound do."""
    code = (
        "import sys, time; from covermock.mock_server import Mock, Request, Settings; mock = Mock(Settings(), 0.0);"
        "paths = ['/__mock/', '/__mock/docs', '/__mock/dashboard/main.js'];"
        "requests = [Request('GET', path, '', {'host': '127.0.0.1'}) for path in paths];"
        "assert all(mock.short(one) and mock.answer(one, 0.0).status == 200 for one in requests);"
        "sys.exit('flask' in sys.modules)"
    )
    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode


def test_the_documents_are_the_ones_that_are_followed(fake: Fake) -> None:
    """Both descriptions are given as JSON."""
    assert load(GATEWAY).root == fake.control("GET", "openapi.json").json
    assert load(ADMIN).root == fake.control("GET", "admin.json").json


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_a_script_is_short_and_sets_text_as_text_only(path: Path) -> None:
    """At most 300 lines; nothing that turns text into markup or code; no word of any contract."""
    source = path.read_text(encoding="utf-8")
    markup = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|DOMParser|createContextualFragment"
    )
    words = {operation.id for operation in load(GATEWAY).operations}
    words |= {
        state.name for cycle in load(GATEWAY).lifecycles.values() for state in cycle.states if len(state.name) > 5
    }

    assert source.count("\n") <= 300
    assert [] == re.findall(markup, source)
    assert source.startswith("// ")
    assert [] == [word for word in words - {"failed", "pending"} if re.search(rf"\b{word}\b", source)]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_a_page_has_no_script_or_style_of_its_own_and_names_files_that_exist(page: Path) -> None:
    """What the policy would refuse is not there; what is linked is."""
    source = page.read_text(encoding="utf-8")
    names = re.findall(r'(?:src|href)="/__mock/dashboard/([^"]+)"', source)

    assert [] == re.findall(r"<script>|<style|style=|\son\w+=", source)
    assert names
    assert [] == [name for name in names if not (FOLDER / name).is_file()]
