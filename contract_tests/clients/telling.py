"""The verdicts on a client as a report: what each run and each finding says, and in which words."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from ..reports import Item, Report, Row, RuleText
from ..vocabulary import UNTRIED
from .finding import ClientFinding
from .rules import RULES
from .verdicts import ClientJudgement, RunVerdict

_SHOWN = 4000  # characters of output that a report has of a run
_COLUMNS = ("run", "verdict", "time", "rules broken, or why it was not exercised")


def report_of(judgement: ClientJudgement) -> Report:
    return Report(
        "covermock client",
        "",  # a command may hold what is no business of a log
        summary(judgement),
        _COLUMNS,
        tuple(_row(judgement, verdict) for verdict in judgement.verdicts),
        tuple(_item(judgement, one) for one in judgement.findings),
        tuple(RuleText(rule.name, rule.says, f"{rule.says} {rule.reason}".strip()) for rule in RULES.values()),
        as_data(judgement),
        judgement.trouble,
        appendix=(*_coverage(judgement), *_mutations(judgement)),
    )


def summary(judgement: ClientJudgement) -> str:
    if judgement.trouble:
        return f"could not test: {judgement.trouble}"
    states = [verdict.state for verdict in judgement.verdicts]
    counts = f"{len(states)} run{'s' * (len(states) != 1)}, {states.count(UNTRIED)} not exercised"
    warnings = sum(one.warning for one in judgement.findings)
    more = f"; {warnings} warning{'s' * (warnings != 1)}" if warnings else ""
    words = {0: "the client keeps the contract", 1: "the client breaks the contract", 3: "nothing was exercised"}
    few = judgement.exit_code == 1 and not judgement.failing
    verdict = f"coverage is below {judgement.cover_min:g} %" if few else words[judgement.exit_code]
    broken = f", {len(judgement.failing)} rules broken" if judgement.failing else ""
    score = f"; its tests notice {judgement.score:.0f} % of the defects" if judgement.mutations else ""
    return f"{verdict}: {counts}{broken}{more}; met {judgement.coverage:.0f} % of what can happen{score}"


def as_data(judgement: ClientJudgement) -> dict[str, Any]:
    return {
        "command": judgement.command,
        "exit_code": judgement.exit_code,
        "summary": summary(judgement),
        "trouble": judgement.trouble,
        "fail_on": judgement.fail_on,
        "runs": [_run_data(verdict) for verdict in judgement.verdicts],
        "findings": [asdict(one) | {"fails": one.counts(judgement.fail_on)} for one in judgement.findings],
        "defects": {"score": round(judgement.score, 1), "mutations": [asdict(one) for one in judgement.mutations]},
        "coverage": {
            "percent": round(judgement.coverage, 1),
            "cells": [{"what": w, "outcome": o, "met": (w, o) in judgement.met} for w, o in judgement.cells],
        },
    }


def _run_data(verdict: RunVerdict) -> dict[str, Any]:
    ending = verdict.ending
    how = {name: getattr(ending, name) for name in ("code", "signal", "late", "flooded", "seconds")} if ending else None
    return {
        "scenario": verdict.name,
        "verdict": verdict.state,
        "reason": verdict.reason,
        "ending": how,
        "requests": verdict.requests,
        "findings": [asdict(one) for one in verdict.findings],
        "output": verdict.output[-_SHOWN:],
    }


def _row(judgement: ClientJudgement, verdict: RunVerdict) -> Row:
    rules = ", ".join(dict.fromkeys(one.rule for one in verdict.findings if not one.warning))
    seconds = verdict.ending.seconds if verdict.ending else None
    took = "" if seconds is None else f"{seconds:.1f} s"
    items = tuple(_item(judgement, one) for one in verdict.findings)
    text = rules or verdict.reason
    return Row(verdict.name, verdict.state, took, text, items, "client", seconds, verdict.output[-_SHOWN:])


def _item(judgement: ClientJudgement, one: ClientFinding) -> Item:
    standing = f" ({one.clause}, {one.level})" if one.clause else ""
    return Item(
        one.rule,
        f"{'warning' if one.warning else 'broken'}: {one.rule}{standing}",
        "error" if one.counts(judgement.fail_on) else "warning",
        tuple((name, text) for name, text in _facts(one) if text),
        f"{one.rule}: expected {one.expected}, received {one.received}",
        where=f"{one.scenario}: {one.exchange}",
    )


def _facts(one: ClientFinding) -> list[tuple[str, str]]:
    return [
        ("rule", one.sentence),
        ("expected", one.expected),
        ("received", one.received),
        ("exchange", one.exchange),
        ("do instead", one.remedy),
        ("curl", one.curl),
        ("seen", f"{one.times} time{'s' * (one.times != 1)} in {one.scenario}" if one.scenario else ""),
    ]


def _coverage(judgement: ClientJudgement) -> Iterator[str]:
    if not judgement.cells:
        return
    yield "what the client has met (x) of what can happen to it (-):"
    for name in dict.fromkeys(name for name, _ in judgement.cells):
        cells = [(what, "-x"[(name, what) in judgement.met]) for where, what in judgement.cells if where == name]
        yield f"  {name}: {', '.join(f'{what} {mark}' for what, mark in cells)}"
    yield ""


def _mutations(judgement: ClientJudgement) -> Iterator[str]:
    if not judgement.mutations:
        return
    noticed = sum(one.noticed for one in judgement.mutations)
    yield f"defects of the gateway that the client's own tests notice: {noticed} of {len(judgement.mutations)}"
    for one in sorted(judgement.mutations, key=lambda one: one.noticed):
        yield f"  {'noticed' if one.noticed else 'MISSED':8}{one.name:30}{one.clause:5}{one.sentence}"
    yield ""
