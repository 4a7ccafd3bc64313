"""Known deviations of a gateway, which no longer fail a run."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from ..accepted import Entry, Form
from .verdicts import Judgement

_COMPARED = ("clause", "level", "title")


def with_baseline(judgement: Judgement, entries: list[Entry]) -> Judgement:
    """Return the judgement with the findings that the entries accept; entries that accept nothing are warned of."""
    form = _form(judgement.contract.clauses)
    accepted = tuple(one for one in judgement.findings if any(form.accepts(entry, one) for entry in entries))
    warnings = form.unused(entries, judgement.findings)
    return replace(judgement, accepted=accepted, warnings=(*judgement.warnings, *warnings))


def read_baseline(path: Path, clauses: Collection[str]) -> list[Entry]:
    """Return the entries of a baseline file. Raises `InvalidSourceError` for what is not understood."""
    return _form(clauses).read(path)


def _form(clauses: Collection[str]) -> Form:
    return Form("clause", clauses, _COMPARED, frozenset({*_COMPARED, "why"}))
