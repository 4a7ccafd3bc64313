"""What a client did wrong, as data: the rule, the exchange, expected, received, and what to do instead."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from covermock.openapi import Contract

from ..vocabulary import Finding
from .entries import Entry


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFinding(Finding):
    """A rule that a client broke. `scenario` is where; the first example is shown."""

    rule: str
    sentence: str
    remedy: str
    exchange: str = ""
    scenario: str = ""
    warning: bool = False

    def counts(self, line: str) -> bool:
        """Return True if it fails a run: a warning never does."""
        return not self.warning and Finding.counts(self, line)


def finding(contract: Contract, rule: Rule, expected: str, received: str, at: Entry | None = None) -> ClientFinding:
    """Return the finding that a rule is broken; a clause that the contract has lost leaves the reason."""
    clause = contract.clauses.get(rule.clause)
    return ClientFinding(
        rule=rule.name,
        clause=rule.clause if clause else "",
        level=(rule.level or clause.level) if clause else "",
        sentence=" ".join(text for text in (rule.says, clause.text if clause else "", rule.reason) if text),
        expected=expected,
        received=received,
        remedy=rule.remedy,
        exchange=str(at) if at else "",
        curl=at.curl if at else "",
        warning=rule.warns,
    )


def gather(findings: Iterable[ClientFinding]) -> list[ClientFinding]:
    """Return the findings with repetitions counted: the same rule in the same scenario about the same thing."""
    found: dict[tuple[str, str, str], ClientFinding] = {}
    for one in findings:
        key = (one.rule, one.scenario, one.expected)
        found[key] = replace(found[key], times=found[key].times + one.times) if key in found else one
    return sorted(found.values(), key=lambda one: one.warning)
