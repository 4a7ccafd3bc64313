"""The verdicts on a client as a report: what each run and each finding says, and in which words."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from ..reports.report import Gap, Headline, Item, Report, Row, RuleText, Table, counts
from ..vocabulary import BROKEN, HELD, UNTRIED
from .finding import ClientFinding
from .rules import RULES
from .scenarios import ONCE, SCENARIOS
from .verdicts import ClientJudgement, RunVerdict

_SHOWN = 4000  # characters of output that a report has of a run
_NAMED = 6  # rules that a headline names
_COLUMNS = ("run", "verdict", "time", "polls", "rules broken, or why it was not exercised")
_MORE = "--scenarios all puts it through failures, delays and lost webhooks"


def report_of(judgement: ClientJudgement) -> Report:
    rows = tuple(_row(judgement, verdict) for verdict in judgement.verdicts)
    return Report(
        "covermock client",
        headline(judgement),
        judgement.about,
        "run",
        _COLUMNS,
        rows,
        tuple(_item(judgement, one) for one in judgement.findings),
        tuple(RuleText(rule.name, rule.says, f"{rule.says} {rule.reason}".strip()) for rule in RULES.values()),
        as_data(judgement),
        tuple(_gaps(judgement)),
        tuple(lane for verdict in judgement.verdicts for lane in verdict.lanes),
        (*_coverage(judgement), *_mutations(judgement)),
        judgement.trouble,
        judgement.warnings,
    )


def headline(judgement: ClientJudgement) -> Headline:
    """Return the verdict in a sentence. That it keeps the contract is never said of what was not tried."""
    states = counts(tuple(_row(judgement, verdict) for verdict in judgement.verdicts))
    alone = [one.name for one in judgement.verdicts] == [ONCE.name] and not judgement.mutations
    remark = f"{_counts(judgement)}." + (f" {_MORE}." if alone else "")
    if judgement.exit_code == 3:
        reasons = "; ".join(dict.fromkeys(one.reason for one in judgement.verdicts if one.reason))
        why = judgement.trouble or f"nothing was exercised{reasons and f': {reasons}'}"
        return Headline(UNTRIED, f"could not test: {why}", "", whole=False, counts=states)
    if judgement.failing:
        rules = list(dict.fromkeys(one.rule for one in judgement.failing))
        more = f" and {len(rules) - _NAMED} more" if len(rules) > _NAMED else ""
        words = f"the client breaks the contract: {', '.join(rules[:_NAMED])}{more}"
        return Headline(BROKEN, words, remark, whole=False, counts=states)
    if judgement.exit_code:
        met = f"{judgement.coverage:.0f} % of the situations, {judgement.cover_min:g} % asked"
        return Headline(BROKEN, f"the client met too little: {met}", remark, whole=False, counts=states)
    whole = SCENARIOS.keys() <= {one.name for one in judgement.verdicts}
    held = "the client keeps the contract"
    return Headline(HELD, held if whole else f"{held} as far as it was tried", remark, whole=whole, counts=states)


def _counts(judgement: ClientJudgement) -> str:
    states = [verdict.state for verdict in judgement.verdicts]
    requests = sum(verdict.requests for verdict in judgement.verdicts)
    warnings = sum(one.warning for one in judgement.findings)
    runs = f"{len(states)} run{'s' * (len(states) != 1)} with {requests} request{'s' * (requests != 1)}"
    untried = f"{states.count(UNTRIED)} not exercised" if UNTRIED in states else ""
    warned = f"{warnings} warning{'s' * (warnings != 1)}" if warnings else ""
    return ", ".join(filter(None, (runs, untried, warned)))


def summary(judgement: ClientJudgement) -> str:
    score = f"; its tests notice {judgement.score:.0f} % of the defects" if judgement.mutations else ""
    return f"{headline(judgement).text}: {_counts(judgement)}{score}"


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
        "pace": verdict.pace,
        "findings": [asdict(one) for one in verdict.findings],
        "output": verdict.output[-_SHOWN:],
    }


def _row(judgement: ClientJudgement, verdict: RunVerdict) -> Row:
    rules = ", ".join(dict.fromkeys(one.rule for one in verdict.findings if not one.warning))
    seconds = verdict.ending.seconds if verdict.ending else None
    took = "" if seconds is None else f"{seconds:.1f} s"
    pauses = sorted(lane.pause for lane in verdict.lanes if lane.pause is not None)
    polls = f"every {pauses[0]:.2g} s" if pauses else ""
    items = tuple(_item(judgement, one) for one in verdict.findings)
    text, output = rules or verdict.reason, verdict.output[-_SHOWN:]
    return Row(verdict.name, verdict.state, (took, polls), text, items, "client", seconds, output)


def _gaps(judgement: ClientJudgement) -> Iterator[Gap]:
    """Yield what was not exercised, by the reason; and the scenarios that were not asked for."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for one in judgement.verdicts if not judgement.trouble else ():
        if one.state == UNTRIED:
            about = SCENARIOS[one.name].about if one.name in SCENARIOS else ONCE.about
            found.setdefault(one.reason, []).append((one.name, "", about))
    yield from (Gap(reason, tuple(rules)) for reason, rules in found.items())


def _item(judgement: ClientJudgement, one: ClientFinding) -> Item:
    times = f"{one.times} time{'s' * (one.times != 1)}"
    seen = (("seen", f"{times} in {one.scenario}"),) if one.scenario != ONCE.name or one.times > 1 else ()
    says = RULES[one.rule].says
    return Item(
        one.rule,
        says,
        "error" if one.counts(judgement.fail_on) else "note" if one.accepted else "warning",
        one.expected,
        one.received,
        one.clause,
        one.level,
        one.exchange,
        one.curl,
        one.remedy,
        more=(("why", one.sentence.removeprefix(says).strip()), *seen),
        note=_note(one),
        where=f"{one.scenario}: {one.exchange}",
    )


def _note(one: ClientFinding) -> str:
    if one.warning:
        return "a warning, which never fails a run"
    return f"accepted: {one.accepted}" if one.accepted else ""


def _coverage(judgement: ClientJudgement) -> Iterator[Table]:
    """Yield what the runs have put before the client, as a list of situations and no mark."""
    if not judgement.cells:
        return
    rows = []
    for name in dict.fromkeys(name for name, _ in judgement.cells):
        met = [what for where, what in judgement.cells if where == name and (name, what) in judgement.met]
        rest = [what for where, what in judgement.cells if where == name and (name, what) not in judgement.met]
        rows.append((name, ", ".join(met), ", ".join(rest)))
    count = sum(cell in judgement.met for cell in judgement.cells)
    remark = f"{count} of {len(judgement.cells)} came up. This tells what was tried, not how good the client is."
    yield Table("what came up", remark, ("operation", "came up", "never came up"), tuple(rows))


def _mutations(judgement: ClientJudgement) -> Iterator[Table]:
    if not judgement.mutations:
        return
    noticed = sum(one.noticed for one in judgement.mutations)
    remark = f"{noticed} of {len(judgement.mutations)} defects of the gateway are noticed by the client's own tests."
    rows = tuple(
        (one.name, "noticed" if one.noticed else "MISSED", f"{one.clause} {one.sentence}")
        for one in sorted(judgement.mutations, key=lambda one: one.noticed)
    )
    yield Table("defects that its tests notice", remark, ("defect", "its tests", "what it breaks"), rows)
