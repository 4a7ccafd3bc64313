"""What a client did wrong, as data: the rule, the exchange, expected, received, and what to do instead."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from covermock.openapi import LEVELS, Contract

from .exchanges import Exchange


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule for clients. It stands on a `clause` of the contract, or on the `reason` it gives; `remedy` is its cure.

    `level` is that of the clause's sentence which is meant; without it the clause's own. `warns`: it never fails.
    """

    name: str
    says: str
    clause: str = ""
    reason: str = ""
    remedy: str = ""
    level: str = ""
    warns: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that was broken. `scenario` is where; `times` counts how often, the first time is shown."""

    rule: str
    clause: str
    level: str
    sentence: str
    expected: str
    received: str
    remedy: str
    exchange: str = ""
    curl: str = ""
    scenario: str = ""
    times: int = 1
    warning: bool = False

    def counts(self, line: str) -> bool:
        """Tell whether it fails a run: no warning, and without a clause or known at least as well as `line`."""
        return not self.warning and (not self.level or LEVELS.index(self.level) <= LEVELS.index(line))

    def as_row(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


def broken(contract: Contract, rule: Rule, expected: str, received: str, at: Exchange | None = None) -> Finding:
    """Return the finding that a rule is broken; a clause that the contract has lost leaves the reason."""
    clause = contract.clauses.get(rule.clause)
    return Finding(
        rule.name,
        rule.clause if clause else "",
        (rule.level or clause.level) if clause else "",
        " ".join(text for text in (rule.says, clause.text if clause else "", rule.reason) if text),
        expected,
        received,
        rule.remedy,
        str(at) if at else "",
        at.curl if at else "",
        warning=rule.warns,
    )


def gathered(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings with repetitions counted: the same rule in the same scenario about the same thing."""
    found: dict[tuple[str, str, str], Finding] = {}
    for one in findings:
        key = (one.rule, one.scenario, one.expected)
        found[key] = replace(found[key], times=found[key].times + one.times) if key in found else one
    return sorted(found.values(), key=lambda one: one.warning)
