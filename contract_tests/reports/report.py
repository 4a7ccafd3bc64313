"""What a judge has to say, as one value: the writers lay it out and know nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from covermock.openapi import LEVELS

from ..vocabulary import BROKEN, HELD, UNTRIED
from .timeline import Lane

Severity = Literal["error", "warning", "note"]
"""An error fails the run."""


@dataclass(frozen=True, slots=True)
class Headline:
    """The first thing that a report says. `state` is held, broken or not exercised; `whole`: all was tried that can be.

    `remark` says what it rests on; `counts` are rows by their state.
    """

    state: str
    text: str
    remark: str = ""
    whole: bool = True
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        """Return the verdict in a word or two."""
        return {HELD: "holds" if self.whole else "holds so far", BROKEN: "broken", UNTRIED: "not tested"}[self.state]


@dataclass(frozen=True, slots=True)
class Item:
    """A finding. `rule` is the clause or the rule that is broken, `clause` the clause behind it, if any.

    `story` is the request and why it was sent; `more` are further (name, text). `file` and `line` are where the rule
    stands, or `where` is what it happened in.
    """

    rule: str
    title: str
    severity: Severity
    expected: str
    received: str
    clause: str = ""
    level: str = ""
    story: str = ""
    curl: str = ""
    remedy: str = ""
    more: tuple[tuple[str, str], ...] = ()
    note: str = ""
    fingerprint: str = ""
    file: str = ""
    line: int = 0
    where: str = ""

    @property
    def heading(self) -> str:
        return f"{self.rule} {self.title}"

    @property
    def standing(self) -> str:
        """Return how well it is known, and whether it fails the run."""
        effect = {"error": "fails the run", "warning": "does not fail the run", "note": "does not fail the run"}
        return ", ".join(filter(None, [self.level, effect[self.severity]]))

    @property
    def message(self) -> str:
        known = f" ({self.level})" if self.level else ""
        return f"{self.title.removesuffix('.')}{known}: expected {self.expected}, received {self.received}"

    @property
    def facts(self) -> Iterator[tuple[str, str]]:
        """Yield (name, text) of all there is to say, in the order in which it helps."""
        rows = (
            ("expected", self.expected),
            ("received", self.received),
            ("request", self.story),
            ("do instead", self.remedy),
            *self.more,
            ("repeat", self.curl),
            ("note", self.note),
        )
        return ((name, text) for name, text in rows if text)


@dataclass(frozen=True, slots=True)
class Gap:
    """What could not be tried for one reason: (rule, level, what it says) each. `possible`: something would help."""

    reason: str
    rules: tuple[tuple[str, str, str], ...]
    possible: bool = True

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(rule for rule, _, _ in self.rules))


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table, a clause or a run, with its verdict and its findings; `parts` are its sentences.

    `details` are the cells between the verdict and the text.
    """

    name: str
    state: str
    details: tuple[str, ...]
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

    @property
    def levels(self) -> list[str]:
        """Return the levels of evidence that it is about."""
        rows = (self, *self.parts)
        named = {cell for row in rows for cell in row.details} | {item.level for item in self.items}
        return [level for level in LEVELS if level in named]

    @property
    def clauses(self) -> list[str]:
        """Return the names that it is found under: its own, and those of its findings."""
        own = [name for item in self.items for name in (item.rule, item.clause)]
        return list(dict.fromkeys(name for name in (self.name, *own) if name))


@dataclass(frozen=True, slots=True)
class Table:
    """A table beside the verdicts: its title, what to make of it, and its rows."""

    title: str
    remark: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule for code scanning: its name and its words, short and in full."""

    name: str
    short: str
    full: str
    level: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report. `about` says who was judged, when, by what and at what cost; `unit` is what a row is."""

    tool: str
    headline: Headline
    about: tuple[tuple[str, str], ...]
    unit: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    items: tuple[Item, ...]
    rules: tuple[RuleText, ...]
    data: Mapping[str, Any]
    gaps: tuple[Gap, ...] = ()
    lanes: tuple[Lane, ...] = ()
    tables: tuple[Table, ...] = ()
    trouble: str = ""
    warnings: tuple[str, ...] = ()
    seconds: float | None = None

    @property
    def lines(self) -> Iterator[Row]:
        """Yield the rows, each with its parts after it."""
        for row in self.rows:
            yield from (row, *row.parts)

    @property
    def failing(self) -> list[Item]:
        return [item for item in self.items if item.severity == "error"]

    @property
    def others(self) -> list[Item]:
        """Return the findings that don't fail it."""
        return [item for item in self.items if item.severity != "error"]


def counts(rows: tuple[Row, ...]) -> Mapping[str, int]:
    return {state: sum(row.state == state for row in rows) for state in (HELD, BROKEN, UNTRIED)}
