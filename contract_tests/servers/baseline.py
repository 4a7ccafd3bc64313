"""Known deviations of a gateway, which no longer fail a run."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from ..accepted import Entry, Form, read_accepted, unused
from .verdicts import Judgement

_COMPARED = ("clause", "level", "title")


def with_baseline(judgement: Judgement, entries: list[Entry]) -> Judgement:
    """Return the judgement with the findings that the entries accept; entries that accept nothing are warned of."""
    form = _form(())
    accepted = tuple(one for one in judgement.findings if any(form.accepts(entry, one) for entry in entries))
    warnings = unused(entries, form, judgement.findings)
    return replace(judgement, accepted=accepted, warnings=(*judgement.warnings, *warnings))


def read_baseline(path: Path, clauses: Collection[str]) -> list[Entry]:
    """Return the entries of a baseline file. Raises `InvalidSourceError` for what is not understood."""
    return read_accepted(path, _form(clauses))


def _form(clauses: Collection[str]) -> Form:
    return Form("clause", clauses, _COMPARED, frozenset({*_COMPARED, "why"}))
