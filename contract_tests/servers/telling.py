"""A judgement as a report: what each verdict and finding says, and in which words."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from ..reports import Item, Report, Row, RuleText
from ..vocabulary import BROKEN, HELD, UNTRIED
from .evidence import GatewayFinding, sentence
from .verdicts import Judgement, SentenceVerdict, Verdict

_COLUMNS = ("clause", "verdict", "level", "what it says")
MEANING = {0: "the contract holds", 1: "the contract is broken", 3: "could not test"}


def report_of(judgement: Judgement) -> Report:
    items = {finding.fingerprint: _item(judgement, finding) for finding in judgement.findings}
    rules = (
        RuleText(one.id, one.sentences[0].text, one.text, one.level) for one in judgement.contract.clauses.values()
    )
    return Report(
        "covermock check",
        f"{judgement.url}: {ledger(judgement)}",
        summary(judgement),
        _COLUMNS,
        tuple(_row(verdict, items) for verdict in judgement.verdicts),
        tuple(items.values()),
        tuple(rules),
        as_data(judgement),
        judgement.trouble,
        judgement.warnings,
        seconds=judgement.ledger.seconds,
    )


def summary(judgement: Judgement) -> str:
    counts = {state: sum(v.state == state for v in judgement.verdicts) for state in (HELD, BROKEN, UNTRIED)}
    states = ", ".join(f"{count} {state}" for state, count in counts.items())
    unseen = sum(one.state == UNTRIED for verdict in judgement.verdicts for one in verdict.sentences)
    states += f" ({unseen} sentences)" if unseen else ""
    cut = " (the run was cut short)" if judgement.interrupted else ""
    line = f"what is {judgement.fail_on}" + (" or better known" if judgement.fail_on != "documented" else "")
    return f"{MEANING[judgement.exit_code]} (by {line}): {states}{cut}"


def ledger(judgement: Judgement) -> str:
    """Return what the run used in one line."""
    used = judgement.ledger
    strays = f", {used.strays} more for requests that had to be refused" if used.strays else ""
    return (
        f"at most {used.spent} credits of {used.max_credits} in {used.accepted} paid requests{strays}; "
        f"{used.requests} requests of {used.max_requests}; {used.seconds:.1f} s; seed {judgement.seed}"
    )


def as_data(judgement: Judgement) -> dict[str, Any]:
    """Return the judgement as plain data; it can serve as a baseline, too."""
    return {
        "url": judgement.url,
        "exit_code": judgement.exit_code,
        "summary": summary(judgement),
        "trouble": judgement.trouble,
        "interrupted": judgement.interrupted,
        "fail_on": judgement.fail_on,
        "seed": judgement.seed,
        "ledger": asdict(judgement.ledger),
        "warnings": list(judgement.warnings),
        "verdicts": [_verdict_data(verdict) for verdict in judgement.verdicts],
        "findings": [_finding_data(judgement, finding) for finding in judgement.findings],
    }


def _finding_data(judgement: Judgement, finding: GatewayFinding) -> dict[str, Any]:
    said = sentence(judgement.contract, finding.clause, finding.level)
    more = {"fingerprint": finding.fingerprint, "fails": finding in judgement.failing, "sentence": said.text}
    return asdict(finding) | more


def _verdict_data(verdict: Verdict) -> dict[str, Any]:
    return {
        "clause": verdict.clause.id,
        "verdict": verdict.state,
        "level": verdict.level,
        "text": verdict.clause.text,
        "reason": verdict.reason,
        "times": verdict.times,
        "unseen": list(verdict.unseen),
        "sentences": [
            {"text": one.sentence.text, "level": one.sentence.level, "verdict": one.state, "reason": one.reason}
            for one in verdict.sentences
        ],
        "findings": [finding.fingerprint for finding in verdict.findings],
    }


def _row(verdict: Verdict, items: dict[str, Item]) -> Row:
    own = tuple(items[finding.fingerprint] for finding in verdict.findings)
    group, parts = f"contract.{verdict.level}", tuple(map(_part, verdict.sentences))
    if len(parts) == 1:
        return Row(verdict.clause.id, verdict.state, verdict.level, parts[0].text, own, group)
    text = f"not exercised: {verdict.reason}" if verdict.state == UNTRIED else verdict.clause.text
    return Row(verdict.clause.id, verdict.state, verdict.level, text, own, group, parts=parts)


def _part(one: SentenceVerdict) -> Row:
    reason = f"not exercised: {one.reason}: " if one.state == UNTRIED else f"({one.reason}) " if one.reason else ""
    return Row("", one.state, one.sentence.level, f"{reason}{one.sentence.text}")


def _item(judgement: Judgement, finding: GatewayFinding) -> Item:
    return Item(
        finding.clause,
        f"{finding.clause} {finding.title}",
        "error" if finding in judgement.failing else "note",
        tuple(_facts(judgement, finding)),
        f"{finding.title} ({finding.level}): expected {finding.expected}, received {finding.received}",
        finding.fingerprint,
        judgement.contract.file,
        judgement.contract.clauses[finding.clause].line,
    )


def _facts(judgement: Judgement, finding: GatewayFinding) -> Iterator[tuple[str, str]]:
    said = sentence(judgement.contract, finding.clause, finding.level)
    yield "clause", f"{finding.clause} ({finding.level}): {said.text}"
    yield "source", said.source
    yield "expected", finding.expected
    yield "received", finding.received
    if finding.story:
        yield "request", f"no. {finding.number}, which {finding.story}"
    if finding.curl:
        yield "repeat", finding.curl
    if finding in judgement.accepted:
        yield "baseline", "a known deviation, which does not fail the run"
    elif not finding.counts(judgement.fail_on):
        yield "note", f"{finding.level} is below the line ({judgement.fail_on}): our assumption is refuted"
