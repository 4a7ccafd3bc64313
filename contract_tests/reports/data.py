"""The report for programs: JSON with everything in it. It can serve as a baseline, too."""

import json
from dataclasses import asdict
from typing import Any

from ..findings import sentence
from ..verdicts import Judgement, Verdict
from .wording import summary


def as_data(judgement: Judgement) -> dict[str, Any]:
    """Return the judgement as plain data."""
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
        "verdicts": [_verdict(verdict) for verdict in judgement.verdicts],
        "findings": [
            {
                **asdict(finding),
                "fingerprint": finding.fingerprint,
                "fails": finding in judgement.failing,
                "sentence": sentence(judgement.contract, finding.clause, finding.level).text,
            }
            for finding in judgement.findings
        ],
    }


def as_json(judgement: Judgement) -> str:
    """Return the judgement as JSON text."""
    return json.dumps(as_data(judgement), ensure_ascii=False, indent=2) + "\n"


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "clause": verdict.clause.id,
        "verdict": verdict.state,
        "level": verdict.level,
        "text": verdict.clause.text,
        "reason": verdict.reason,
        "times": verdict.times,
        "unseen": list(verdict.unseen),
        "findings": [finding.fingerprint for finding in verdict.findings],
    }
