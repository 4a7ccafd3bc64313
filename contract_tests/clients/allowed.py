"""What of a client's findings is accepted: rules by their names, and what a baseline lists."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from covermock.openapi import nearest

from ..accepted import Entry, Form
from .finding import ClientFinding
from .rules import RULES

_FORM = Form("rule", RULES, ("rule", "clause", "level"), frozenset({"rule", "clause", "level", "scenario", "why"}))
read_baseline = _FORM.read


class UnknownRuleError(ValueError):
    """A name that is no rule's; the text says which could have been meant."""


def allow(rules: Iterable[str]) -> list[Entry]:
    """Return what accepts all findings of these rules. Raises `UnknownRuleError`."""
    names = list(rules)
    for name in names:
        if name not in RULES:
            raise UnknownRuleError(f"expected the name of a rule, received {name!r} ({nearest(name, RULES)})")
    return [{"rule": name, "why": "allowed"} for name in names]


def accept(findings: Iterable[ClientFinding], entries: Sequence[Entry]) -> list[ClientFinding]:
    """Return the findings; what an entry accepts says why."""
    return [replace(one, accepted=_reason(one, entries)) for one in findings]


def vain(entries: Sequence[Entry], findings: Sequence[ClientFinding]) -> tuple[str, ...]:
    """Return a warning for each entry of a baseline that accepts nothing."""
    return _FORM.unused([entry for entry in entries if entry.get("why") != "allowed"], findings)


def _reason(one: ClientFinding, entries: Sequence[Entry]) -> str:
    where = [entry for entry in entries if entry.get("scenario", one.scenario) == one.scenario]
    found = next((entry for entry in where if _FORM.accepts(entry, one)), None)
    return "" if found is None else str(found.get("why") or "the baseline accepts it")
