"""The reports that docs/reports.md shows, from real runs: `python tools/reports.py`. Its pictures need Chromium.

The same `covermock check`, of a mock that makes one image instead of two, runs on a dumb terminal, in a CI log and on a
colour terminal of 80 columns; as in a base install, so that nothing in it depends on what is generated.
"""

import contextlib
import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE, IMAGES = ROOT / "docs" / "reports.md", ROOT / "docs" / "images"
COVERMOCK = (sys.executable, "-m", "covermock.cli")
HOST = "http://127.0.0.1:8080"
COLUMNS = 80
CHECK = ("--music-task", "gen_completed", "--max-credits", "1")
KEY = "aio_your_api_key_here"
TERMINALS = {  # what each place says of itself
    "dumb": {"TERM": "dumb"},
    "ci": {"CI": "true", "GITHUB_ACTIONS": "true", "TERM": "xterm"},
    "colour": {"TERM": "xterm-256color"},
}
EXTRAS = "import sys; sys.modules.update(hypothesis=None, schemathesis=None)"  # as if they were not installed
SAYS_OF_ITSELF = ("CI", "GITHUB_ACTIONS", "NO_COLOR", "TERM", "COLUMNS", "LINES")
_SGR = re.compile(r"\x1b\[([0-9;]*)m")
_COLOURS = {"31": "#ff9a92", "32": "#6fd69a", "33": "#e8c063"}


@contextlib.contextmanager
def serving(*flags: str) -> Iterator[str]:
    """Serve on a free port; yield the URL."""
    command = [*COVERMOCK, "serve", "--port", "0", "--log", "none", *flags]
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERMOCK_")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split()[-1]
        finally:
            server.kill()


def environment(place: str) -> dict[str, str]:
    """Return the environment of a command in one of the places, with the key of the mock."""
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("COVERMOCK_") and name not in SAYS_OF_ITSELF
    }
    return {**own, **TERMINALS[place], "COVERMOCK_API_KEY": KEY}


def outputs() -> dict[str, str]:
    """Return what the same check prints in each place, as if the mock had listened on the documented port."""
    found = {}
    with tempfile.TemporaryDirectory() as base:
        (Path(base) / "sitecustomize.py").write_text(EXTRAS, encoding="utf-8")
        for place in TERMINALS:
            run = in_pipe if place == "ci" else on_terminal
            with serving("--defect", "one-image") as url:
                text = run([*COVERMOCK, "check", url, *CHECK], {**environment(place), "PYTHONPATH": base})
            found[place] = text.replace(url, HOST)
    return found


def in_pipe(command: list[str], env: Mapping[str, str]) -> str:
    """Run a command as CI does; return its standard output."""
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env, check=False
    ).stdout


def on_terminal(command: list[str], env: Mapping[str, str]) -> str:
    """Run a command on a terminal of 80 columns; return what it shows on standard output."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL, env=env):
        os.close(theirs)
        text = b"".join(_read(ours)).decode().replace("\r\n", "\n")
    os.close(ours)
    return text


def _read(terminal: int) -> Iterator[bytes]:
    """Yield what comes until the other side is closed, or nothing has come for ten minutes."""
    while select.select([terminal], [], [], 600)[0]:
        try:
            yield os.read(terminal, 65536)
        except OSError:
            return


def as_svg(text: str) -> str:
    """Return what a terminal shows as a picture, colours and bold included."""
    lines = text.rstrip("\n").split("\n")
    width, height = COLUMNS * 8.43 + 24, len(lines) * 19 + 24
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}">'
    style = "<style>text{font:14px/19px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:#e6e9ee}</style>"
    rows = [
        f'<text x="12" y="{26 + 19 * at}" xml:space="preserve">{_spans(line)}</text>' for at, line in enumerate(lines)
    ]
    return "\n".join([head, style, '<rect width="100%" height="100%" rx="8" fill="#161b22"/>', *rows, "</svg>", ""])


def _spans(line: str) -> str:
    parts = _SGR.split(line)
    texts, codes = parts[::2], ["", *parts[1::2]]
    return "".join(_span(text, code.split(";")) for text, code in zip(texts, codes, strict=True) if text)


def _span(text: str, codes: list[str]) -> str:
    colour = next((_COLOURS[code] for code in codes if code in _COLOURS), "")
    given = {"fill": colour or ("#9da8b7" if "2" in codes else ""), "font-weight": "700" if "1" in codes else ""}
    said = "".join(f' {name}="{value}"' for name, value in given.items() if value)
    return f"<tspan{said}>{escape(text)}</tspan>"


def plain(text: str) -> str:
    return _SGR.sub("", text)


def with_outputs(page: str, found: Mapping[str, str]) -> str:
    """Return the page of the docs with what was printed in the blocks that are marked with the places."""
    for place in ("dumb", "ci"):
        block = f"<!-- {place} -->\n```text\n{found[place]}```\n<!-- /{place} -->"
        page, count = re.subn(
            rf"<!-- {place} -->.*?<!-- /{place} -->", lambda _, block=block: block, page, flags=re.DOTALL
        )
        if count != 1:
            raise LookupError(f"expected one place marked {place!r} in {PAGE.name}, found {count}")
    return page


def take_pictures() -> None:
    """Write pictures of the HTML reports on a gateway and on a client."""
    with tempfile.TemporaryDirectory() as place, serving("--defect", "one-image", "--world", "demo") as url:
        check, client = Path(place) / "check.html", Path(place) / "client.html"
        flags = ("--music-task", "gen_sunrise", "--audio", "aud_30s", "--report", str(check))
        env = {
            **environment("ci"),
            "COVERMOCK_API_KEY": "aio_demo_alice",
            "GATEWAY_POLL_SECONDS": "0.1",
            "PAUSE": "0.1",
        }
        in_pipe([*COVERMOCK, "check", url, *flags], env)
        job = (sys.executable, "-S", str(ROOT / "tests" / "clients" / "job.py"), "webhook", "starts-twice")
        scenarios = ("--scenarios", "happy,task-fails,poll-breaks", "--report", str(client))
        in_pipe([*COVERMOCK, "client", *scenarios, "--", *job], env)
        for path in (check, client):
            path.write_text(
                path.read_text(encoding="utf-8").replace(url, HOST).replace(f"{ROOT}/", ""), encoding="utf-8"
            )
        photograph(check, client)


def photograph(check: Path, client: Path) -> None:
    """Take the pictures of the two pages."""
    from playwright.sync_api import sync_playwright
    from screenshots import picture

    rows = (
        ("report", check, "light", (1100, 760), "body"),
        ("report-timeline", check, "light", (1100, 640), "#timeline"),
        ("report-client", client, "dark", (1100, 760), "body"),
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, path, scheme, (width, height), place in rows:
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
            page.goto(path.as_uri())
            page.locator(place).evaluate("(place) => place.scrollIntoView()")
            picture(page, name)
        browser.close()


def main() -> None:
    """Run the checks and write the page; take the pictures unless there is no Chromium."""
    found = outputs()
    PAGE.write_text(with_outputs(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")
    (IMAGES / "check-terminal.svg").write_text(as_svg(found["colour"]), encoding="utf-8")
    if shutil.which("chromium"):
        take_pictures()


if __name__ == "__main__":
    main()
