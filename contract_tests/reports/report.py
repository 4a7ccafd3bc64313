"""What a judge has to say, as one value: the writers lay it out and know nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..vocabulary import HELD

Severity = Literal["error", "warning", "note"]
"""An error fails the run."""


@dataclass(frozen=True, slots=True)
class Item:
    """A finding as it is shown: heading, facts as (name, text), and `message`, the same in a line.

    `file` and `line` are where its rule stands, or `where` is what it happened in.
    """

    rule: str
    heading: str
    severity: Severity
    facts: tuple[tuple[str, str], ...]
    message: str
    fingerprint: str = ""
    file: str = ""
    line: int = 0
    where: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table, a clause or a run, with its verdict and its findings; `parts` are its sentences."""

    name: str
    state: str
    detail: str
    text: str
    items: tuple[Item, ...] = ()
    group: str = ""
    seconds: float | None = None
    output: str = ""
    parts: tuple["Row", ...] = ()

    @property
    def told(self) -> str:
        """Return what the table says: the text, or how many of the parts were held."""
        held = sum(part.state == HELD for part in self.parts)
        return f"{held} of {len(self.parts)} sentences held" if self.parts else self.text


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule for code scanning: its name and its words, short and in full."""

    name: str
    short: str
    full: str
    level: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report. `subject` is who was judged, and at what cost; `appendix` are further lines of text."""

    tool: str
    subject: str
    summary: str
    columns: tuple[str, str, str, str]
    rows: tuple[Row, ...]
    items: tuple[Item, ...]
    rules: tuple[RuleText, ...]
    data: Mapping[str, Any]
    trouble: str = ""
    warnings: tuple[str, ...] = ()
    appendix: tuple[str, ...] = ()
    seconds: float | None = None

    @property
    def lines(self) -> Iterator[Row]:
        """Yield the rows, each with its parts after it."""
        for row in self.rows:
            yield from (row, *row.parts)
