"""The report for job summaries: Markdown."""

import re
from collections.abc import Iterable, Iterator

from .plain import plain
from .report import Item, Report


def as_markdown(report: Report) -> str:
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield from (f"## {_plain(report.headline.text)}", "")
    yield from (f"{_plain(report.headline.remark)}\n",) if report.headline.remark else ()
    yield from (f"> **Warning:** {_plain(warning)}\n" for warning in report.warnings)
    for item in (*report.failing, *report.others):
        yield from _item(item)
    if report.gaps:
        yield from ("### Not tried", "")
        yield from (f"- {', '.join(gap.names)}: {_plain(gap.reason)}" for gap in report.gaps)
        yield ""
    yield from ("<details><summary>Every " + report.unit + "</summary>", "")
    yield from (_cells(report.columns), _cells("---" for _ in report.columns))
    yield from (_cells(_plain(cell) for cell in (row.name, row.state, *row.details, row.told)) for row in report.lines)
    yield from ("", "</details>", "")
    for table in report.tables:
        yield from (f"### {_plain(table.title)}", "", _plain(table.remark), "", _cells(table.columns))
        yield from (_cells("---" for _ in table.columns), *(_cells(map(_plain, row)) for row in table.rows), "")
    yield from (f"- {name}: {_code(text)}" for name, text in report.about)


def _item(item: Item) -> Iterator[str]:
    yield from (f"### {_plain(item.heading)}", "", f"{item.standing}", "")
    yield from (f"- {name}: {_code(text)}" for name, text in item.facts)
    yield ""


def _cells(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Return the text as it is: nothing in it is markup."""
    return re.sub(r"([\\`*_\[\]|])", r"\\\1", plain(text).replace("<", "&lt;").replace("\n", " "))


def _code(text: str) -> str:
    """Return the text as code: nothing in it is markup, whatever backticks it has."""
    ticks = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    space = " " if "`" in text else ""
    return f"{ticks}{space}{plain(text).replace(chr(10), ' ')}{space}{ticks}"
