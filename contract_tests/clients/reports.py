"""A report on a client as text, JSON, JUnit XML, Markdown, HTML or SARIF. Layout only: every fact is in the report."""

import json
from collections.abc import Callable, Iterator
from html import escape
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from .findings import Finding
from .rules import RULES
from .verdicts import BROKEN, UNTRIED, Report, Verdict

_SHOWN = 4000  # characters of output that a report has of a run


def as_text(report: Report) -> str:
    """Return the report for a terminal."""
    parts = (_runs(report), _found(report), _table(report), _mutations(report))
    return "\n".join([*(line for part in parts for line in part), "", summary(report)])


def summary(report: Report) -> str:
    """Return the verdict in one line."""
    if report.trouble:
        return f"could not test: {report.trouble}"
    states = [verdict.state for verdict in report.verdicts]
    counts = f"{len(states)} run{'s' * (len(states) != 1)}, {states.count(UNTRIED)} not exercised"
    warnings = sum(one.warning for one in report.findings)
    more = f"; {warnings} warning{'s' * (warnings != 1)}" if warnings else ""
    words = {0: "the client keeps the contract", 1: "the client breaks the contract", 3: "nothing was exercised"}
    few = report.exit_code == 1 and not report.failing
    verdict = f"coverage is below {report.cover_min:g} %" if few else words[report.exit_code]
    broken = f", {len(report.failing)} rules broken" if report.failing else ""
    score = f"; its tests notice {report.score:.0f} % of the defects" if report.mutations else ""
    return f"{verdict}: {counts}{broken}{more}; met {report.coverage:.0f} % of what can happen{score}"


def _runs(report: Report) -> Iterator[str]:
    width = max((len(verdict.name) for verdict in report.verdicts), default=0)
    for verdict in report.verdicts:
        took = f"{verdict.ending.seconds:5.1f} s" if verdict.ending else "       "
        rules = ", ".join(dict.fromkeys(one.rule for one in verdict.findings if not one.warning))
        yield f"{verdict.state:13} {verdict.name:{width}} {took}  {rules or verdict.reason}".rstrip()


def _found(report: Report) -> Iterator[str]:
    for one in report.findings:
        yield ""
        yield f"{'warning' if one.warning else 'broken'}: {one.rule}{_standing(one)}"
        yield from (f"  {name}: {text}" for name, text in _facts(one) if text)


def _facts(one: Finding) -> list[tuple[str, str]]:
    return [
        ("rule", one.sentence),
        ("expected", one.expected),
        ("received", one.received),
        ("exchange", one.exchange),
        ("do instead", one.remedy),
        ("curl", one.curl),
        ("seen", f"{one.times} time{'s' * (one.times != 1)} in {one.scenario}" if one.scenario else ""),
    ]


def _standing(one: Finding) -> str:
    return f" ({one.clause}, {one.level})" if one.clause else ""


def _table(report: Report) -> Iterator[str]:
    if not report.cells:
        return
    yield "\nwhat the client has met (x) of what can happen to it (-):"
    for name in dict.fromkeys(name for name, _ in report.cells):
        row = [f"{what} {'x' if (name, what) in report.met else '-'}" for where, what in report.cells if where == name]
        yield f"  {name}: {', '.join(row)}"


def _mutations(report: Report) -> Iterator[str]:
    if not report.mutations:
        return
    noticed = sum(one.noticed for one in report.mutations)
    yield f"\ndefects of the gateway that the client's own tests notice: {noticed} of {len(report.mutations)}"
    for one in sorted(report.mutations, key=lambda one: one.noticed):
        yield f"  {'noticed' if one.noticed else 'MISSED':8}{one.name:30}{one.clause:5}{one.sentence}"


def as_value(report: Report) -> dict[str, Any]:
    """Return the report as JSON value."""
    return {
        "command": report.command,
        "exit_code": report.exit_code,
        "summary": summary(report),
        "trouble": report.trouble,
        "fail_on": report.fail_on,
        "runs": [_run_value(verdict) for verdict in report.verdicts],
        "findings": [one.as_row() | {"fails": one.counts(report.fail_on)} for one in report.findings],
        "defects": {
            "score": round(report.score, 1),
            "mutations": [
                {"name": one.name, "clause": one.clause, "sentence": one.sentence, "noticed": one.noticed}
                for one in report.mutations
            ],
        },
        "coverage": {
            "percent": round(report.coverage, 1),
            "cells": [{"what": w, "outcome": o, "met": (w, o) in report.met} for w, o in report.cells],
        },
    }


def _run_value(verdict: Verdict) -> dict[str, Any]:
    ending = verdict.ending
    how = {name: getattr(ending, name) for name in ("code", "signal", "late", "flooded", "seconds")} if ending else None
    return {
        "scenario": verdict.name,
        "verdict": verdict.state,
        "reason": verdict.reason,
        "ending": how,
        "requests": verdict.requests,
        "findings": [one.as_row() for one in verdict.findings],
        "output": verdict.output[-_SHOWN:],
    }


def as_json(report: Report) -> str:
    """Return the report as JSON text."""
    return json.dumps(as_value(report), indent=2, ensure_ascii=False) + "\n"


def as_junit(report: Report) -> str:
    """Return the report as JUnit XML: a test case for each run."""
    failed = sum(verdict.state == BROKEN for verdict in report.verdicts)
    skipped = sum(verdict.state == UNTRIED for verdict in report.verdicts)
    head = f'<testsuite name="covermock client" tests="{len(report.verdicts)}" failures="{failed}" skipped="{skipped}">'
    cases = [_case(report, verdict) for verdict in report.verdicts]
    return "\n".join(['<?xml version="1.0" encoding="utf-8"?>', head, *cases, "</testsuite>", ""])


def _case(report: Report, verdict: Verdict) -> str:
    took = verdict.ending.seconds if verdict.ending else 0.0
    inner = [
        f"<failure message={quoteattr(_xml(f'{one.rule}: expected {one.expected}, received {one.received}'))}>"
        f"{escape(_xml(_block(one)))}</failure>"
        for one in verdict.findings
        if one.counts(report.fail_on)
    ]
    if verdict.state == UNTRIED:
        inner.append(f"<skipped message={quoteattr(_xml(verdict.reason))}/>")
    inner.append(f"<system-out>{escape(_xml(verdict.output[-_SHOWN:]))}</system-out>")
    return f'<testcase classname="client" name={quoteattr(verdict.name)} time="{took:.3f}">{"".join(inner)}</testcase>'


def _xml(text: str) -> str:
    """Leave out what XML can't carry."""
    return "".join(
        c for c in text if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
    )


def _block(one: Finding) -> str:
    return "\n".join(f"{name}: {text}" for name, text in _facts(one) if text)


def as_markdown(report: Report) -> str:
    """Return the report as Markdown, for a pull request."""
    rows = [
        f"| {v.name} | {v.state} | {_cell(', '.join(o.rule for o in v.findings) or v.reason)} |"
        for v in report.verdicts
    ]
    found = [
        f"### {one.rule}{_standing(one)}{' — warning' if one.warning else ''}\n\n"
        + "\n".join(f"- **{name}**: {_cell(text)}" for name, text in _facts(one) if text)
        for one in report.findings
    ]
    head = f"# covermock client\n\n{summary(report)}\n\n| scenario | verdict | why |\n| --- | --- | --- |"
    return "\n".join([head, *rows, "", "\n\n".join(found), "", "```", *_table(report), *_mutations(report), "```", ""])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def as_html(report: Report) -> str:
    """Return the report as one HTML page without anything from elsewhere."""
    rows = "".join(
        f"<tr><td>{escape(v.name)}<td>{v.state}<td>{escape(', '.join(o.rule for o in v.findings) or v.reason)}"
        for v in report.verdicts
    )
    found = "".join(
        f"<h2>{escape(one.rule + _standing(one))}</h2><dl>"
        + "".join(f"<dt>{name}<dd>{escape(text)}" for name, text in _facts(one) if text)
        + "</dl>"
        for one in report.findings
    )
    style = (
        "body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto}td{padding:.2em 1em .2em 0}dt{font-weight:bold}"
    )
    table = escape("\n".join([*_table(report), *_mutations(report)]))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>covermock client</title><style>{style}</style>'
        f"<h1>covermock client</h1><p>{escape(summary(report))}<table><tr><th>scenario<th>verdict<th>why{rows}</table>"
        f"{found}<pre>{table}</pre></html>\n"
    )


def as_sarif(report: Report) -> str:
    """Return the report as SARIF 2.1.0."""
    results = [
        {
            "ruleId": one.rule,
            "level": "warning" if not one.counts(report.fail_on) else "error",
            "message": {"text": _block(one)},
            "locations": [{"logicalLocations": [{"fullyQualifiedName": f"{one.scenario}: {one.exchange}"}]}],
        }
        for one in report.findings
    ]
    rules = [{"id": rule.name, "shortDescription": {"text": rule.says}} for rule in RULES.values()]
    run = {"tool": {"driver": {"name": "covermock client", "rules": rules}}, "results": results}
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


WRITERS: Final[dict[str, Callable[[Report], str]]] = {
    ".json": as_json,
    ".xml": as_junit,
    ".md": as_markdown,
    ".html": as_html,
    ".sarif": as_sarif,
}
