"""The report for CI servers: JUnit XML, one test case for each clause."""

import re
from xml.sax.saxutils import escape, quoteattr

from ..verdicts import BROKEN, UNTRIED, Judgement, Verdict
from .wording import words

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(judgement: Judgement) -> str:
    """Return the judgement as JUnit XML: broken at the line or above is a failure, not exercised is skipped."""
    cases = [_case(judgement, verdict) for verdict in judgement.verdicts]
    failed = sum("<failure" in case for case in cases)
    skipped = sum("<skipped" in case for case in cases)
    errors = 1 if judgement.trouble else 0
    counts = f'tests="{len(cases)}" failures="{failed}" errors="{errors}" skipped="{skipped}"'
    trouble = f"<system-err>{_text(judgement.trouble)}</system-err>" if judgement.trouble else ""
    suite = f'<testsuite name="covermock check" {counts} time="{judgement.ledger.seconds:.3f}">'
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<testsuites>{suite}\n'
        + "\n".join(cases)
        + f"\n{trouble}</testsuite></testsuites>\n"
    )


def _case(judgement: Judgement, verdict: Verdict) -> str:
    head = (
        f'<testcase classname="contract.{verdict.level}" name={quoteattr(f"{verdict.clause.id} {verdict.clause.text}")}'
    )
    return f"{head}>{_outcome(judgement, verdict)}</testcase>"


def _outcome(judgement: Judgement, verdict: Verdict) -> str:
    if verdict.state == UNTRIED:
        return f"<skipped message={quoteattr(_clean(verdict.reason))}/>"
    if verdict.state != BROKEN:
        return ""
    texts = "\n\n".join("\n".join(f"{n}: {t}" for n, t in words(judgement, finding)) for finding in verdict.findings)
    if any(finding in judgement.failing for finding in verdict.findings):
        return f"<failure message={quoteattr(_clean(verdict.findings[0].title))}>{_text(texts)}</failure>"
    return f"<system-out>{_text(texts)}</system-out>"


def _clean(text: str) -> str:
    return _NOT_XML.sub("�", text)


def _text(text: str) -> str:
    return escape(_clean(text))
