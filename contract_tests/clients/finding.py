"""What a client did wrong, as data: the rule, the exchange, expected, received, and what to do instead."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from covermock.openapi import Contract, clause_pointer

from ..vocabulary import Finding
from .entries import Entry


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule for clients. It stands on a sentence of the contract, or on a `reason` of its own; `remedy` is its cure.

    `stands_on` says where the contract names that sentence: a word of x-rules, a row of x-errors, `no operation` or
    `delivery`; or it is the reason, which begins with `No clause`. `warns`: it never fails. `first`: nothing is worse.
    """

    name: str
    says: str
    stands_on: str
    remedy: str
    warns: bool = False
    first: bool = False

    @property
    def reason(self) -> str:
        return self.stands_on if self.stands_on.startswith("No clause") else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFinding(Finding):
    """A rule that a client broke. `scenario` is where; the first example is shown."""

    rule: str
    sentence: str
    remedy: str
    exchange: str = ""
    scenario: str = ""
    warning: bool = False
    accepted: str = ""

    def counts(self, line: str) -> bool:
        """Return True if it fails a run: a warning never does, nor does what was `accepted`, for the reason given."""
        return not self.warning and not self.accepted and Finding.counts(self, line)


def pointer_of(contract: Contract, rule: Rule) -> str:
    """Return the sentence that a rule stands on, as the contract points to it, or an empty text."""
    if rule.stands_on == "no operation":
        return next((item["x-clause"] for item in contract.root["paths"].values() if "x-clause" in item), "")
    if rule.stands_on == "delivery":
        told = (one.callback[1] for one in contract.operations if one.callback)
        found = (one.get("x-delivery", {}).get("clause") or one.get("x-clause", "") for one in told)
        return next(found, "")
    row = contract.errors.get(rule.stands_on)
    return (row.clause if row else contract.rules.get(rule.stands_on)) or ""


def finding(
    contract: Contract, rule: Rule, expected: str, received: str, at: Entry | None = None, clause_id: str = ""
) -> ClientFinding:
    """Return the finding that a rule is broken; `clause_id` instead of the one that it stands on.

    Where the contract has no such clause, the reason is left.
    """
    name, number = clause_pointer(clause_id or pointer_of(contract, rule))
    clause = contract.clauses.get(name)
    return ClientFinding(
        rule=rule.name,
        clause=name if clause else "",
        level=clause.sentences[max(number - 1, 0)].level if clause else "",
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
    found: dict[tuple[str, str, str, bool], ClientFinding] = {}
    for one in findings:
        key = (one.rule, one.scenario, one.expected, one.warning)
        found[key] = replace(found[key], times=found[key].times + one.times) if key in found else one
    return list(found.values())
