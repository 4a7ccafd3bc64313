"""The contract as a page: every operation with its evidence, tried against the mock that serves it."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from covermock.openapi import LEVELS
from playwright.sync_api import expect
from support.browser import Chromium, Watched, chromium
from support.servers import Process, serving

ROOT = Path(__file__).parents[1]
VENDOR = ROOT / "mock_server" / "dashboard" / "vendor"
PACKAGE = ROOT / "tools" / "pages" / "node_modules" / "swagger-ui-dist"
DOCS = "/__mock/docs"


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """A browser for the tests of this module."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def server() -> Iterator[Process]:
    """A server in the documented world."""
    with serving() as running:
        yield running
        assert running.alive


def operation(watched: Watched, name: str) -> None:
    """Open an operation of the page."""
    watched.page.locator(f"[id$='-{name}'] .opblock-summary-control").click()


def test_an_operation_is_tried_against_this_mock_with_a_key_of_it(browser: Chromium, server: Process) -> None:
    """The documented example goes to this server with the key of the first account, and is answered as documented."""
    httpx.post(f"{server.url}/__mock/worlds/docs/reset", trust_env=False)
    with browser.page(server.url) as watched:
        watched.open(path=DOCS)
        operation(watched, "startCover")
        watched.page.get_by_role("button", name="Execute").click()
        live = watched.page.locator(".live-responses-table")
        expect(live.locator(".response-col_status").last).to_contain_text("200")
        expect(live.locator(".response-col_description").last).to_contain_text("cover123123213213b880d2")
        expect(watched.page.locator(".request-url")).to_contain_text(server.url)

    journal = httpx.get(f"{server.url}/__mock/worlds/docs/journal", trust_env=False).json()
    assert [("startCover", 200)] == [(row["why"]["operation"], row["status"]) for row in journal["entries"]]


def test_evidence_is_on_the_page(browser: Chromium, server: Process) -> None:
    """Operations, parameters and answers say their clause with its level; the levels are explained, clauses linked."""
    with browser.page(server.url) as watched:
        watched.open(path=DOCS)
        for level in LEVELS:
            expect(watched.page.locator(".info")).to_contain_text(level)
        operation(watched, "getUploadCoverStatus")
        block = watched.page.locator("[id$='-getUploadCoverStatus']")
        expect(block.locator(".response[data-code='404']")).to_contain_text("U12 ■■■■ documented")
        expect(block).to_contain_text("Refused, in this order")
        block.get_by_role("link", name="U12").first.click()
        expect(watched.page).to_have_url(re.compile(f"{DOCS}|/clauses/U12$"))


def test_every_clause_has_its_sentences_levels_and_sources(browser: Chromium, server: Process) -> None:
    """What the contract says of each clause is on its page, and all of them are on one."""
    contract = httpx.get(f"{server.url}/__mock/openapi.json", trust_env=False).json()
    with browser.page(server.url) as watched:
        watched.open("/clauses")
        expect(watched.page.locator(".clause-card")).to_have_count(len(contract["x-clauses"]))
        for name, sentences in contract["x-clauses"].items():
            card = watched.page.get_by_label(f"Clause {name}", exact=True)
            for row in sentences:
                line = card.locator("li", has_text=row["sentence"])
                expect(line).to_contain_text(f"Source: {row['source']}")
                expect(line.locator(".level")).to_have_text(row["level"])
        watched.page.get_by_label("Search clauses").fill("webhook url")
        expect(watched.page.locator(".clause-card:visible")).to_have_count(1)


def test_the_control_api_is_a_page_too(browser: Chromium, server: Process) -> None:
    """Its operations can be tried as well."""
    with browser.page(server.url) as watched:
        watched.open(path=f"{DOCS}/control")
        operation(watched, "readClock")
        watched.page.get_by_role("button", name="Execute").click()
        live = watched.page.locator(".live-responses-table")
        expect(live.locator(".response-col_description").last).to_contain_text('"scale"')


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1280)])
def test_the_page_is_accessible_and_fits(browser: Chromium, server: Process, scheme: str, width: int) -> None:
    """Axe finds nothing serious, in light and dark, on a desk and on a phone, where nothing is beside the screen."""
    with browser.page(server.url, viewport={"width": width, "height": 800}, color_scheme=scheme) as watched:
        watched.open(path=DOCS)
        operation(watched, "startCover")
        expect(watched.page.get_by_role("button", name="Execute")).to_be_visible()
        assert [] == watched.faults_of_access()
        assert width == watched.page.evaluate("document.documentElement.scrollWidth")


@pytest.mark.skipif(not PACKAGE.exists(), reason="needs npm: `make vendor` fetches the package")
def test_the_renderer_is_the_one_that_the_lock_file_pins() -> None:
    """What ships is the package's own, byte by byte, with its licence."""
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "swagger-ui-bundle.js.LICENSE.txt"):
        assert (PACKAGE / name).read_bytes() == (VENDOR / name).read_bytes()
    for name in ("LICENSE", "NOTICE"):
        assert (PACKAGE / name).read_bytes() == (VENDOR / f"{name}.txt").read_bytes()
