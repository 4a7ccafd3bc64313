"""KnownTask deviations that no longer fail a run: a list of clauses written by hand, or an earlier JSON report."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from covermock.openapi import InvalidSourceError, Source, nearest, read

from .evidence import GatewayFinding
from .verdicts import Judgement

_FIELDS = {"clause", "level", "title", "why"}


def with_baseline(judgement: Judgement, entries: list[dict[str, Any]]) -> Judgement:
    """Return the judgement with the findings that the entries accept; entries that accept nothing are warned of."""
    accepted = tuple(one for one in judgement.findings if any(_accepts(entry, one) for entry in entries))
    unused = [entry for entry in entries if not any(_accepts(entry, one) for one in judgement.findings)]
    warnings = tuple(f"the baseline accepts what was not found: {_words(entry)}; delete it" for entry in unused)
    return replace(judgement, accepted=accepted, warnings=(*judgement.warnings, *warnings))


def read_baseline(path: Path, judgement_clauses: Any) -> list[dict[str, Any]]:
    """Return the entries of a baseline file. Raises `InvalidSourceError` for what is not understood.

    The file is a JSON report of an earlier run (its `findings`), or YAML: `accept: [{clause, level, title, why}]`, of
    which only `clause` is required.
    """
    source = read(path)
    data = source.data
    if not isinstance(data, dict) or not ({"accept", "findings"} & data.keys()):
        raise source.error((), "expected `accept: [{clause: …}]` or the JSON report of a run, received something else")
    if "accept" not in data:
        return [{name: row[name] for name in ("clause", "level", "title")} for row in data["findings"]]
    return list(_entries(source, data["accept"], judgement_clauses))


def _entries(source: Source, rows: Any, clauses: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(rows, list):
        raise source.error(("accept",), "expected a list")
    for number, row in enumerate(rows):
        yield _entry(source, ("accept", number), row, clauses)


def _entry(source: Source, at: tuple[str | int, ...], row: Any, clauses: Any) -> dict[str, Any]:
    problem: str | None = None
    if not isinstance(row, dict) or "clause" not in row:
        problem = "expected a mapping with `clause`"
    elif row.keys() - _FIELDS:
        odd = min(row.keys() - _FIELDS)
        problem = f"expected a known field, received {odd!r} ({nearest(odd, _FIELDS)})"
    elif row["clause"] not in clauses:
        problem = f"expected a clause, received {row['clause']!r} ({nearest(str(row['clause']), clauses)})"
    if problem:
        raise source.error(at, problem)
    return dict(row)


def _accepts(entry: dict[str, Any], finding: GatewayFinding) -> bool:
    return all(getattr(finding, name) == entry[name] for name in ("clause", "level", "title") if name in entry)


def _words(entry: dict[str, Any]) -> str:
    return " ".join(str(entry[name]) for name in ("clause", "title") if name in entry)


__all__ = ["InvalidSourceError", "read_baseline", "with_baseline"]
