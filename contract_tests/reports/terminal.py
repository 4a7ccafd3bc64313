"""The report for people at a terminal: a table by clause, the findings, the ledger."""

import textwrap

from ..verdicts import BROKEN, Judgement, Verdict
from .wording import ledger, summary, words

_MARKS = {"held": "ok", "broken": "BROKEN", "not exercised": "-"}
_WIDTH = 110


def as_text(judgement: Judgement) -> str:
    """Return the whole report as plain text."""
    if judgement.trouble:
        return f"could not test: {judgement.trouble}\n{ledger(judgement)}\n"
    lines = [f"{'clause':<7}{'verdict':<9}{'level':<14}what it says", *map(_row, judgement.verdicts), ""]
    for finding in judgement.findings:
        lines += [
            f"{finding.clause} {finding.title}",
            *(_item(name, text) for name, text in words(judgement, finding)),
            "",
        ]
    lines += [f"warning: {warning}" for warning in judgement.warnings]
    lines += [summary(judgement), ledger(judgement)]
    return "\n".join(lines) + "\n"


def _row(verdict: Verdict) -> str:
    text = verdict.clause.text if verdict.state in {BROKEN, "held"} else f"not exercised: {verdict.reason}"
    if verdict.state == "held" and verdict.unseen:
        text = f"(not seen: what is {', '.join(verdict.unseen)}) {text}"
    head = f"{verdict.clause.id:<7}{_MARKS[verdict.state]:<9}{verdict.level:<14}"
    return head + textwrap.shorten(text, _WIDTH - len(head), placeholder=" …")


def _item(name: str, text: str) -> str:
    return f"    {name + ':':<10}{text}"
