"""The report for programs: all of it as JSON."""

import json
from dataclasses import asdict

from .report import Report


def as_json(report: Report) -> str:
    """Return the report as JSON: what both judges say alike, and the judge's own data."""
    alike = {
        "tool": report.tool,
        "headline": report.headline.text,
        "remark": report.headline.remark,
        "about": dict(report.about),
        "not_tried": [
            {
                "reason": gap.reason,
                "possible": gap.possible,
                "rules": [{"name": name, "level": level, "text": text} for name, level, text in gap.rules],
            }
            for gap in report.gaps
        ],
        "timelines": [asdict(lane) for lane in report.lanes],
    }
    return json.dumps({**report.data, **alike}, ensure_ascii=False, indent=2) + "\n"
