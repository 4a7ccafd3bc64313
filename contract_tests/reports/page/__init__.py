"""The report for browsers: one HTML file that needs nothing else, and may ask nobody for anything."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from covermock.openapi import LEVELS

from ...vocabulary import BROKEN, HELD, UNTRIED
from ..plain import plain
from ..report import Report
from ..shell import in_lines
from .picture import pictures

_ASSETS = Path(__file__).parent
_COLOURS = {HELD: "good", BROKEN: "bad", UNTRIED: "wait"}
_CURL_COLUMNS = 100


def as_page(report: Report) -> str:
    """Return the report as an HTML page: all text of others is escaped, and its policy allows its own script only."""
    css, js = _asset("page.css"), _asset("page.js")
    headline = report.headline
    page: str = _template().render(
        report=report,
        css=_markup(css),
        js=_markup(js),
        policy=_policy(css, js),
        colour="wait" if headline.state == HELD and not headline.whole else _COLOURS[headline.state],
        colours=_COLOURS,
        shares=list(_shares(headline.counts)),
        levels=[level for level in LEVELS if any(level in row.levels for row in report.rows)],
        names=sorted({name for row in report.rows for name in row.clauses}),
        pictures=pictures(report.lanes),
    )
    return page


@cache
def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        autoescape=True, loader=FileSystemLoader(_ASSETS), trim_blocks=True, undefined=StrictUndefined, finalize=_shown
    )
    environment.filters["lines"] = lambda command: "\n".join(in_lines(command, _CURL_COLUMNS))
    return environment.get_template("page.html")


def _shown(value: Any) -> Any:
    """Return what an expression shows; text of others without what turns the direction of writing."""
    return plain(value) if type(value) is str else value


def _markup(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 - a file of our own


@cache
def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _policy(css: str, js: str) -> str:
    """Return the content security policy: this style, this script, and nothing from anywhere."""
    style, script = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (css, js))
    return (
        f"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _shares(counts: Mapping[str, int]) -> Iterator[Mapping[str, Any]]:
    """Yield the states that there are, each with its part of a bar of 100."""
    total, x = sum(counts.values()), 0.0
    for state, count in counts.items():
        if count:
            width = 100 * count / total
            yield {
                "state": state,
                "count": count,
                "colour": _COLOURS[state],
                "x": round(x, 2),
                "width": round(width, 2),
            }
            x += width
