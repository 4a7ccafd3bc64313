"""The report for CI servers: JUnit XML, one test case for each row."""

import re
from xml.sax.saxutils import escape, quoteattr

from ..vocabulary import UNTRIED
from .report import Item, Report, Row

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(report: Report) -> str:
    """Return the report as JUnit XML: a row with an error is a failure, one that was not exercised is skipped."""
    cases = [_case(row) for row in report.rows]
    failed, skipped = sum("<failure" in case for case in cases), sum("<skipped" in case for case in cases)
    counts = f'tests="{len(cases)}" failures="{failed}" errors="{int(bool(report.trouble))}" skipped="{skipped}"'
    trouble = f"<system-err>{_text(report.trouble)}</system-err>" if report.trouble else ""
    suite = f'<testsuite name="{report.tool}" {counts}{_time(report.seconds)}>'
    facts = "".join(f"<property name={_attribute(name)} value={_attribute(text)}/>" for name, text in report.about)
    about = f"<properties>{facts}</properties>" if facts else ""
    lines = ['<?xml version="1.0" encoding="utf-8"?>', f"<testsuites>{suite}", about, *cases, trouble]
    return "\n".join([*filter(None, lines), "</testsuite></testsuites>", ""])


def _case(row: Row) -> str:
    errors = [item for item in row.items if item.severity == "error"]
    others = [_block(item) for item in row.items if item.severity != "error"]
    inner = "".join(f"<failure message={_attribute(one.message)}>{_text(_block(one))}</failure>" for one in errors[:1])
    inner += f"<skipped message={_attribute(row.text)}/>" if row.state == UNTRIED and not errors else ""
    output = "\n\n".join([*map(_block, errors[1:]), *others, *([row.output] if row.output else [])])
    inner += f"<system-out>{_text(output)}</system-out>" if output else ""
    head = f'<testcase classname="{row.group}" name={_attribute(f"{row.name} {row.text}")}{_time(row.seconds)}>'
    return f"{head}{inner}</testcase>"


def _block(item: Item) -> str:
    return "\n".join([f"{item.heading} ({item.standing})", *(f"{name}: {text}" for name, text in item.facts)])


def _time(seconds: float | None) -> str:
    return "" if seconds is None else f' time="{seconds:.3f}"'


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("�", text))


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("�", text))
