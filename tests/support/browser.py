"""Chromium, driven by Playwright, and pages that note what no page of ours may do: fail, or ask other hosts."""

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, expect, sync_playwright

from .servers import PATIENCE

CHROMIUM = shutil.which("chromium") or ""
QUIET = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run")
_OWN_SCHEMES = ("data:", "blob:")
# What is cut off: text beyond the edge of its box or of the screen, unless the box can be scrolled to it.
_CUT = """() => {
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    if (!box.width || !box.height || element.closest(".unseen, .skip, option, svg, .stage")) continue;
    const hidden = ["hidden", "clip"].includes(style.overflowX) && element.scrollWidth > element.clientWidth + 1;
    const frame = element.closest(".framed");
    const scrolled = frame && frame.scrollWidth > frame.clientWidth;
    if (hidden || (box.right > innerWidth + 1 && !scrolled)) found.push(`${element.tagName}.${element.className}`);
  }
  return found;
}"""


@dataclass
class Watched:
    """A page of the server at `url`, with its complaints: console errors, crashes, and requests to other hosts."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    allowed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Watch from now on."""
        self.page.set_default_timeout(PATIENCE * 1000)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"crash: {error}"))
        self.page.on("request", self._sent)
        self.page.on("dialog", lambda dialog: (self.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(words in message.text for words in self.allowed):
            self.complaints.append(f"console: {message.text}")

    def _sent(self, request: Request) -> None:
        if not request.url.startswith((f"{self.url}/", *_OWN_SCHEMES)):
            self.complaints.append(f"outside: {request.url}")

    def open(self, route: str = "", path: str = "/__mock/") -> "Watched":
        """Go to a route of the dashboard, or to another page."""
        self.page.goto(f"{self.url}{path}{f'#{route}' if route else ''}")
        return self

    def faults_of_access(self) -> list[str]:
        """Return what axe finds that is serious or critical."""
        found = Axe().run(self.page).response["violations"]
        grave = [one for one in found if one["impact"] in {"serious", "critical"}]
        return [f"{one['id']}: {node['html'][:120]}" for one in grave for node in one["nodes"][:3]]

    def cut(self) -> list[str]:
        """Return what is cut off at the width of the page."""
        found: list[str] = self.page.evaluate(_CUT)
        return found

    def see(self, words: str) -> Locator:
        """Wait until these words are on the page."""
        found = self.page.get_by_text(words).first
        expect(found).to_be_visible()
        return found


class Chromium:
    """A running browser; each page is in a profile of its own."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    @contextlib.contextmanager
    def page(self, url: str, *, allowed: tuple[str, ...] = (), **context: Any) -> Iterator[Watched]:
        """Open an empty page; at the end nothing may have been amiss but what is `allowed` in the console."""
        with contextlib.closing(self._browser.new_context(**context)) as profile:
            watched = Watched(profile.new_page(), url, allowed=allowed)
            yield watched
            assert [] == watched.complaints, "\n".join(watched.complaints)


@contextlib.contextmanager
def chromium(*arguments: str, env: Mapping[str, str] | None = None) -> Iterator[Chromium]:
    """Run Chromium without a screen. Where it is missing, the test is skipped by name."""
    if not CHROMIUM:
        pytest.skip("needs chromium on PATH")
    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *arguments], env=dict(env or {}))
        try:
            yield Chromium(browser)
        finally:
            browser.close()
