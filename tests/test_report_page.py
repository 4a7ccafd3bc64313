"""The HTML report as people use it: in a browser, from a file, offline, by keyboard, on a phone, in the dark."""

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from covermock.contract_tests.reports import FORMS, Item, Report
from playwright.sync_api import Locator, expect
from support.browser import Chromium, Watched, chromium
from support.reference_gateway import Served
from support.servers import run

from .test_check import ENVIRONMENT, FAST, FLAGS
from .test_reports import EVIL, report

CLIENT = str(Path(__file__).parent / "clients" / "job.py")
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """A browser for the tests of this module."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of a broken gateway and of a client that pays twice, from real runs; and one of hostile texts."""
    place = tmp_path_factory.mktemp("reports")
    with Served(FAST, "one-image") as served:
        run("check", served.url, *FLAGS, "--report", str(place / "check.html"), **ENVIRONMENT)
    job = (sys.executable, "-S", "-E", CLIENT, "upload", "starts-twice")
    flags = ("--scenarios", "happy,task-fails", "--report", str(place / "client.html"))
    done = run("client", *flags, "--", *job, PAUSE="0.1")
    assert 1 == done.returncode, done.stderr
    (place / "evil.html").write_text(FORMS[".html"](report()), encoding="utf-8")
    return place


def opened(watched: Watched, name: str) -> Watched:
    """Open a report; nothing but files may be asked for, and the page's policy allows none but itself."""
    watched.page.goto(f"file://{name}")
    return watched


@pytest.fixture
def desk(browser: Chromium) -> Iterator[Watched]:
    """A page on a desk, on which nothing is amiss."""
    with browser.page("file://", viewport=DESK) as page:
        yield page


def rows(watched: Watched) -> Locator:
    """Return the rows of the table that are to be seen."""
    return watched.page.locator("tbody tr[data-verdict]:visible")


@pytest.mark.parametrize("name", ["check", "client", "evil"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_grave_is_in_the_way_of_anybody(browser: Chromium, folder: Path, name: str, scheme: Any) -> None:
    """Axe finds nothing serious, folded away or not; no console error, no request elsewhere."""
    with browser.page("file://", viewport=DESK, color_scheme=scheme) as watched:
        opened(watched, f"{folder}/{name}.html")
        watched.page.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)")

        assert [] == watched.faults_of_access()


@pytest.mark.parametrize("name", ["check", "client", "evil"])
def test_nothing_is_cut_on_a_phone(browser: Chromium, folder: Path, name: str) -> None:
    """At 360 pixels all is there, the folded parts too; timelines scroll in their frame."""
    with browser.page("file://", viewport=PHONE) as watched:
        opened(watched, f"{folder}/{name}.html")
        watched.page.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)")

        assert [] == watched.cut()
        assert watched.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_verdict_is_seen_first_and_the_rest_on_demand(desk: Watched, folder: Path) -> None:
    """Headline, both sides of what is broken; the table is folded until somebody opens it, by keyboard, too."""
    opened(desk, f"{folder}/check.html")
    page = desk.page

    expect(page.locator("h1")).to_have_text("the contract is broken: C7")
    card = page.locator("article.broken")
    expect(card.locator(".side").nth(0)).to_contain_text("at least 2 items")
    expect(card.locator(".side").nth(1)).to_contain_text('"images":')
    expect(card.locator("dl")).to_contain_text("curl -sS")
    assert 0 == rows(desk).count()
    page.locator("details.rest > summary").focus()
    page.keyboard.press("Enter")
    expect(rows(desk).first).to_be_visible()
    assert 44 == rows(desk).count()


def test_filters_show_what_matches(desk: Watched, folder: Path) -> None:
    """By verdict, level and clause, alone and together; "Show all" takes them back."""
    opened(desk, f"{folder}/check.html")
    page = desk.page

    page.get_by_role("checkbox", name="broken").check()
    expect(rows(desk)).to_have_count(1)
    expect(page.locator("#shown")).to_have_text("1 of 44 clauses")
    expect(page.locator("article.broken")).to_be_visible()
    page.get_by_role("checkbox", name="held").check()
    page.get_by_role("checkbox", name="assumed").check()
    found = rows(desk).locator("th[scope=row]").all_text_contents()
    assert "G8" in found
    assert not {"C2", "C4"} & set(found)
    expect(page.locator("article.broken")).to_be_hidden()
    page.get_by_label("Clause").fill("u1")
    assert {"U11"} == {one for one in rows(desk).locator("th[scope=row]").all_text_contents() if one != "U10"}
    page.get_by_role("button", name="Show all").click()
    expect(rows(desk)).to_have_count(44)
    expect(page.locator("article.broken")).to_be_visible()


def test_each_task_has_its_picture(desk: Watched, folder: Path) -> None:
    """With its states as bars, its polls and webhooks, and the same in words."""
    opened(desk, f"{folder}/check.html")
    picture = desk.page.locator("figure svg")

    assert re.fullmatch(r"\d+ tasks over [\d.]+ seconds", picture.get_attribute("aria-label") or "")
    assert picture.locator("rect.track").count() > 1
    assert {True} == {picture.locator(f".{name}").count() > 0 for name in ("success", "poll", "start", "webhook")}
    desk.page.get_by_text("In words").click()
    expect(desk.page.locator("figure li").first).to_contain_text("polls")


def test_a_client_has_the_same_page(desk: Watched, folder: Path) -> None:
    """With the command, its scenarios, its pace, the output of each run, and what came up."""
    opened(desk, f"{folder}/client.html")
    page = desk.page

    expect(page.locator("h1")).to_have_text(re.compile("the client breaks the contract: pays-once"))
    run_ = page.locator("section", has=page.get_by_role("heading", name="The run"))
    expect(run_).to_contain_text("job.py upload starts-twice")
    expect(run_).to_contain_text("happy,task-fails")
    expect(run_).to_contain_text("polls at least")
    expect(page.get_by_role("heading", name="What came up")).to_be_visible()
    assert ["happy", "task-fails"] == page.locator("figcaption").all_text_contents()
    page.get_by_label("Clause or rule").fill("pays-once")
    expect(rows(desk)).to_have_count(2)
    rows(desk).last.locator("summary").click()
    expect(rows(desk).last.locator("pre")).to_contain_text("failed")


def test_script_in_a_text_is_text_and_the_policy_would_stop_it(desk: Watched, folder: Path) -> None:
    """A hostile gateway is quoted; were there a mistake, the policy would still let nothing run, load or be sent."""
    opened(desk, f"{folder}/evil.html")
    tries = desk.page.evaluate(
        """async () => {
          const found = [];
          document.addEventListener("securitypolicyviolation", (event) => found.push(event.effectiveDirective));
          try { document.body.innerHTML = "<img src=x onerror=window.hacked=1>"; } catch { found.push("innerHTML"); }
          const script = document.createElement("script");
          try { script.textContent = "window.hacked = 1"; document.head.append(script); } catch { found.push("text"); }
          const image = new Image();
          image.src = "file:///picture.png";
          document.body.append(image);
          try { await fetch("file:///etc/hostname"); } catch { found.push("fetch"); }
          await new Promise((done) => setTimeout(done));
          return [found, window.hacked];
        }"""
    )

    assert {"innerHTML", "text", "fetch", "img-src"} <= set(tries[0])
    assert tries[1] is None
    desk.complaints.clear()  # what the policy has refused
    expect(desk.page.locator("article").first).to_contain_text("<script>alert(1)</script>")


def test_without_script_all_is_shown(browser: Chromium, folder: Path) -> None:
    """Whoever allows no script at all has everything but the filters."""
    with browser.page("file://", viewport=DESK, java_script_enabled=False) as watched:
        opened(watched, f"{folder}/check.html")

        expect(watched.page.locator("#filters")).to_be_hidden()
        expect(watched.page.locator("article.broken")).to_be_visible()
        watched.page.locator("details.rest > summary").click()
        expect(rows(watched)).to_have_count(44)


def test_a_thousand_findings_are_shown(desk: Watched, tmp_path: Path) -> None:
    """A gateway that breaks everything in many ways makes a long page, and a usable one."""
    many = tuple(
        Item(f"C{number % 14}", f"no. {number} {EVIL}", "error", EVIL * 9, EVIL * 9, level="assumed")
        for number in range(1000)
    )
    large: Report = replace(report(), items=many)
    (tmp_path / "many.html").write_text(FORMS[".html"](large), encoding="utf-8")
    opened(desk, f"{tmp_path}/many.html")

    expect(desk.page.locator("article.broken")).to_have_count(1000)
    desk.page.get_by_label("Clause").fill("c13")
    expect(desk.page.locator("article.broken:visible")).to_have_count(71)
