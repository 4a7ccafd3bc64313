"""A judgement as a report: what each verdict and finding says, and in which words."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from covermock.openapi import LEVELS

from ..reports.report import Gap, Headline, Item, Report, Row, RuleText, counts
from ..vocabulary import BROKEN, HELD, UNTRIED
from .evidence import GatewayFinding, sentence
from .verdicts import Judgement, SentenceVerdict, Verdict

_COLUMNS = ("clause", "verdict", "level", "what it says")
_SHOWN = 12  # clauses that a headline names


def report_of(judgement: Judgement) -> Report:
    items = {finding.fingerprint: _item(judgement, finding) for finding in judgement.findings}
    rows = tuple(_row(verdict, items) for verdict in judgement.verdicts)
    rules = (
        RuleText(one.id, one.sentences[0].text, one.text, one.level) for one in judgement.contract.clauses.values()
    )
    return Report(
        "covermock check",
        headline(judgement, counts(rows)),
        judgement.about,
        "clause",
        _COLUMNS,
        rows,
        tuple(items.values()),
        tuple(rules),
        as_data(judgement),
        tuple(_gaps(judgement.verdicts)) if not judgement.trouble else (),
        judgement.lanes,
        trouble=judgement.trouble,
        warnings=judgement.warnings,
        seconds=judgement.ledger.seconds,
    )


def headline(judgement: Judgement, states: Any) -> Headline:
    """Return the verdict in a sentence. That it holds is never said of what was not tried."""
    cut = " (the run was cut short)" if judgement.interrupted else ""
    sentences = [one for verdict in judgement.verdicts for one in verdict.sentences if not _is_invisible(one)]
    tried = sum(one.state != UNTRIED for one in sentences)
    share = f"{tried} of the {len(sentences)} sentences that can be tested from outside were"
    line = f"{judgement.fail_on}" + (" or better known" if judgement.fail_on != LEVELS[0] else "")
    remark = f"{share} tried; what fails the run is {line}.{_refuted(judgement)}"
    if judgement.exit_code == 3:
        why = judgement.trouble or "nothing was exercised"
        return Headline(UNTRIED, f"could not test: {why}{cut}", "", whole=False, counts=states)
    if judgement.exit_code == 1:
        clauses = list(dict.fromkeys(one.clause for one in judgement.failing))
        more = f" and {len(clauses) - _SHOWN} more" if len(clauses) > _SHOWN else ""
        named = f"{', '.join(clauses[:_SHOWN])}{more}"
        return Headline(BROKEN, f"the contract is broken: {named}{cut}", remark, whole=False, counts=states)
    whole = tried == len(sentences)
    words = _so_far(tried, len(sentences)) if not whole else "the contract holds: all that can be tested was"
    return Headline(HELD, f"{words}{cut}", remark, whole=whole, counts=states)


def _so_far(tried: int, of: int) -> str:
    if 2 * tried < of:
        return f"little was tried, and nothing of it is broken: {tried} of {of} sentences"
    return f"the contract holds as far as it was tried: {tried} of {of} sentences"


def _refuted(judgement: Judgement) -> str:
    below = len(judgement.findings) - len(judgement.failing)
    return f" {below} finding{'s' * (below != 1)} below that line, or known." if below else ""


def summary(judgement: Judgement) -> str:
    states = {state: sum(v.state == state for v in judgement.verdicts) for state in (HELD, BROKEN, UNTRIED)}
    counted = ", ".join(f"{count} {state}" for state, count in states.items())
    return f"{headline(judgement, states).text}; {counted}"


def _is_invisible(one: SentenceVerdict) -> bool:
    """Return True if nobody can see from outside whether the sentence holds."""
    return one.state == UNTRIED and bool(one.sentence.unseen)


def _gaps(verdicts: Iterable[Verdict]) -> Iterator[Gap]:
    """Yield what was not tried, by the reason: first what something would help with."""
    found: dict[tuple[bool, str], list[tuple[str, str, str]]] = {}
    for verdict in verdicts:
        for one in verdict.sentences:
            if one.state == UNTRIED:
                told = (verdict.clause.id, one.sentence.level, one.sentence.text)
                found.setdefault((not _is_invisible(one), one.reason or verdict.reason), []).append(told)
    for (possible, reason), rules in sorted(found.items(), key=lambda pair: not pair[0][0]):
        yield Gap(reason, tuple(rules), possible)


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
        return Row(verdict.clause.id, verdict.state, (verdict.level,), parts[0].text, own, group)
    text = f"not exercised: {verdict.reason}" if verdict.state == UNTRIED else verdict.clause.text
    return Row(verdict.clause.id, verdict.state, (verdict.level,), text, own, group, parts=parts)


def _part(one: SentenceVerdict) -> Row:
    reason = f"not exercised: {one.reason}: " if one.state == UNTRIED else f"({one.reason}) " if one.reason else ""
    return Row("", one.state, (one.sentence.level,), f"{reason}{one.sentence.text}")


def _item(judgement: Judgement, finding: GatewayFinding) -> Item:
    said = sentence(judgement.contract, finding.clause, finding.level)
    return Item(
        finding.clause,
        finding.title,
        "error" if finding in judgement.failing else "note",
        finding.expected,
        finding.received,
        finding.clause,
        finding.level,
        f"no. {finding.number}, which {finding.story}" if finding.story else "",
        finding.curl,
        more=(("sentence", said.text), ("source", said.source)),
        note=_note(judgement, finding),
        fingerprint=finding.fingerprint,
        file=judgement.contract.file,
        line=judgement.contract.clauses[finding.clause].line,
    )


def _note(judgement: Judgement, finding: GatewayFinding) -> str:
    if finding in judgement.accepted:
        return "a known deviation by the baseline, which does not fail the run"
    if not finding.counts(judgement.fail_on):
        return f"{finding.level} is below the line ({judgement.fail_on}): our assumption is refuted"
    return ""
