"""Figures as a page: Markdown tables and a picture, with machine and date."""

import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from .measuring import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
PICTURE = ROOT / "docs" / "benchmarks.svg"
_ROW, _LEFT, _WIDTH = 34, 200, 520  # of the picture, in pixels
_COLOURS = {"differing GET": "#2563eb", "differing POST": "#f59e0b"}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first are figures."""
    marks = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, marks, *rows))


def number(value: float) -> str:
    """Return a figure as people read it: three digits that count, thousands apart."""
    digits = max(0, 3 - len(str(int(value)))) if value < 100 else 0
    rounded = round(value, digits) if value < 1000 else round(value / 100) * 100
    return f"{rounded:,.{digits}f}"


def machine() -> str:
    """Say where and when the figures were measured."""
    processor = Path("/proc/cpuinfo")
    info = processor.read_text(encoding="utf-8") if processor.exists() else ""
    model = info.partition("model name\t: ")[2].partition("\n")[0] or platform.processor()
    command = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    return (
        f"{os.cpu_count()} cores ({model}), {platform.system()} {platform.release().partition('-')[0]}, "
        f"Python {platform.python_version()}; {datetime.now(UTC):%Y-%m-%d}, commit {commit.strip()}"
    )


def bars(rows: Mapping[str, Mapping[str, float]]) -> str:
    """Return an SVG with two bars (GET, POST) for each name, the longest as long as there is room."""
    most = max(row[name] for row in rows.values() for name in _COLOURS)
    drawn = [line for place, (name, row) in enumerate(rows.items()) for line in _bar(place, name, row, most)]
    size = f'width="{_LEFT + _WIDTH + 90}" height="{len(rows) * _ROW + 40}"'
    key = [
        f'<rect x="{_LEFT + place * 130}" y="8" width="12" height="12" fill="{colour}"/>'
        f'<text x="{_LEFT + 18 + place * 130}" y="18">{name.rpartition(" ")[2]} per second</text>'
        for place, (name, colour) in enumerate(_COLOURS.items())
    ]
    style = '<rect width="100%" height="100%" fill="#fff"/>'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">',
            style,
            *key,
            *drawn,
            "</svg>\n",
        ]
    )


def _bar(place: int, name: str, row: Mapping[str, float], most: float) -> Iterable[str]:
    top = place * _ROW + 32
    yield f'<text x="{_LEFT - 8}" y="{top + 18}" text-anchor="end">{escape(name)}</text>'
    for line, (operation, colour) in enumerate(_COLOURS.items()):
        long, y = row[operation] / most * _WIDTH, top + line * 13
        yield f'<rect x="{_LEFT}" y="{y}" width="{long:.1f}" height="11" fill="{colour}"/>'
        yield f'<text x="{_LEFT + long + 6:.1f}" y="{y + 10}" fill="#444">{number(row[operation])}</text>'
