"""The report for code scanning: SARIF 2.1.0."""

import json
from typing import Any

from .report import Item, Report

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(report: Report) -> str:
    """Return the findings as SARIF: errors where they fail the run, warnings and notes where they don't."""
    rules = [
        {
            "id": rule.name,
            "shortDescription": {"text": rule.short},
            "fullDescription": {"text": rule.full},
            "properties": {"level": rule.level},
        }
        for rule in report.rules
    ]
    untried = (f"{', '.join(gap.names)} not tried: {gap.reason}" for gap in report.gaps)
    said = (report.trouble, report.headline.text, *report.warnings, *untried)
    notes = [{"message": {"text": text}} for text in said if text]
    run = {
        "tool": {"driver": {"name": report.tool, "informationUri": "https://apiin.one", "rules": rules}},
        "invocations": [{"executionSuccessful": not report.trouble, "toolExecutionNotifications": notes}],
        "results": [_result(item) for item in report.items],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


def _result(item: Item) -> dict[str, Any]:
    location: dict[str, Any] = (
        {"physicalLocation": {"artifactLocation": {"uri": item.file}, "region": {"startLine": item.line}}}
        if item.file
        else {"logicalLocations": [{"fullyQualifiedName": item.where}]}
    )
    marks = {"partialFingerprints": {"covermock/v1": item.fingerprint}} if item.fingerprint else {}
    message = {"text": "\n".join([item.message, *(f"{name}: {text}" for name, text in item.facts)])}
    return {"ruleId": item.rule, "level": item.severity, "message": message, "locations": [location], **marks}
