"""Deviations that a run is to accept: a list written by hand, or an earlier JSON report."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from covermock.openapi import Source, nearest, read

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Form:
    """What an entry is like: `key` names it and is one of the `known`, `fields` are all that it may say.

    `compared` are those which a finding has, too; a report's findings bring them.
    """

    key: str
    known: Collection[str]
    compared: tuple[str, ...]
    fields: frozenset[str]

    def accepts(self, entry: Entry, finding: Any) -> bool:
        return all(getattr(finding, name) == entry[name] for name in self.compared if name in entry)

    def unused(self, entries: Collection[Entry], findings: Collection[Any]) -> tuple[str, ...]:
        """Return a warning for each entry that accepts nothing."""
        vain = [entry for entry in entries if not any(self.accepts(entry, one) for one in findings)]
        told = ([str(entry[name]) for name in self.compared if name in entry and name != "level"] for entry in vain)
        return tuple(f"the baseline accepts what was not found: {' '.join(words)}; delete it" for words in told)

    def read(self, path: Path) -> list[Entry]:
        """Return the entries of a baseline file. Raises `InvalidSourceError` for what is not understood.

        The file is a JSON report of an earlier run (its `findings`), or YAML: `accept: [{<key>, …, why}]`, of which
        only the key is required.
        """
        source = read(path)
        data = source.data
        if not isinstance(data, dict) or not ({"accept", "findings"} & data.keys()):
            wanted = f"`accept: [{{{self.key}: …}}]` or the JSON report of a run"
            raise source.error((), f"expected {wanted}, received something else")
        if "accept" in data:
            return list(_entries(source, data["accept"], self))
        rows = data["findings"]
        if not isinstance(rows, list) or not all(isinstance(row, dict) and self.key in row for row in rows):
            raise source.error(("findings",), f"expected findings with `{self.key}`, received those of another command")
        return [{name: row[name] for name in self.compared if name in row} for row in rows]


def _entries(source: Source, rows: Any, form: Form) -> Iterator[Entry]:
    if not isinstance(rows, list):
        raise source.error(("accept",), "expected a list")
    for number, row in enumerate(rows):
        problem = _problem(row, form)
        if problem:
            raise source.error(("accept", number), problem)
        yield dict(row)


def _problem(row: Any, form: Form) -> str:
    if not isinstance(row, dict) or form.key not in row:
        return f"expected a mapping with `{form.key}`"
    odd = min((str(name) for name in row.keys() - form.fields), default=None)
    if odd is not None:
        return f"expected a known field, received {odd!r} ({nearest(odd, form.fields)})"
    if row[form.key] not in form.known:
        return f"expected a {form.key}, received {row[form.key]!r} ({nearest(str(row[form.key]), form.known)})"
    return ""
