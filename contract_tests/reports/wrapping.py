"""Text in lines of a terminal's width, some of it in colours. Wide characters count as two columns."""

import textwrap
import unicodedata
from collections.abc import Iterator
from typing import Final

BOLD, DIM = "1", "2"
GREEN, RED, YELLOW = "32", "31", "33"
_LEAST: Final = 16  # columns that a text has, however narrow the terminal is


def columns(text: str) -> int:
    """Return how many columns a text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(one) else 1 + (unicodedata.east_asian_width(one) in "WF") for one in text)


def wrap(text: str, width: int) -> list[str]:
    """Return the text in lines of at most `width` columns, cut between words where there are any."""
    return [line for row in text.expandtabs(4).split("\n") for line in _wrapped(row, max(width, _LEAST)) or [""]]


def paint(text: str, *styles: str) -> str:
    """Return the text between the escape sequences of its styles (SGR); as it is where there are none."""
    codes = ";".join(filter(None, styles))
    return f"\x1b[{codes}m{text}\x1b[0m" if codes and text else text


def pad(text: str, width: int) -> str:
    return text + " " * max(width - columns(text), 0)


def _wrapped(row: str, width: int) -> list[str]:
    lines = textwrap.wrap(row, width, break_on_hyphens=False, drop_whitespace=True)
    return lines if row.isascii() else [part for line in lines for part in _cut(line, width)]


def _cut(line: str, width: int) -> Iterator[str]:
    """Yield a line in parts that fit, where wide characters make it longer than it has characters."""
    part, used = "", 0
    for one in line:
        taken = columns(one)
        if used + taken > width:
            yield part
            part, used = "", 0
        part, used = part + one, used + taken
    yield part
