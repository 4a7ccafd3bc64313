"""Marked sections of a page, each written by the tool that measured what it says: `<!-- fuzz -->…<!-- /fuzz -->`."""

import os
import platform
import re
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reliability.md"


def write(name: str, text: str, page: Path = PAGE) -> None:
    """Put the text between the two marks of that name."""
    whole = page.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    if whole.count(begin) != 1 or whole.count(end) != 1:
        raise ValueError(f"{page}: expected {begin} and {end} once each; add them where the figures belong")
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    page.write_text(pattern.sub(lambda _: f"{begin}\n{text.strip()}\n{end}", whole), encoding="utf-8")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first are figures."""
    marks = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, marks, *rows))


def machine() -> str:
    """Say where and when something was measured."""
    processor = Path("/proc/cpuinfo")
    info = processor.read_text(encoding="utf-8") if processor.exists() else ""
    model = info.partition("model name\t: ")[2].partition("\n")[0] or platform.processor()
    return (
        f"{os.cpu_count()} cores ({model}), {platform.system()} {platform.release().partition('-')[0]}, "
        f"Python {platform.python_version()}; {datetime.now(UTC):%Y-%m-%d}, commit {commit()}"
    )


def commit() -> str:
    """Return the short name of the commit that is checked out."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def limits() -> str:
    """Return the table of limits as the code has them."""
    from covermock.mock_server.limits import table as known

    rows = [(f"`{pair.partition('=')[0]}`", pair.partition("=")[2], says) for pair, says in known()]
    return table(("limit", "default", "bounds"), rows)


if __name__ == "__main__":
    write("limits", limits())
