"""The report for code scanning: SARIF 2.1.0, pointing at the lines of the clauses in the contract file."""

import json
from typing import Any

from ..findings import Finding, sentence
from ..verdicts import Judgement

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_FILE = "openapi/gateway.yaml"


def as_sarif(judgement: Judgement) -> str:
    """Return the findings as SARIF: errors where they fail the run, notes where they don't."""
    clauses = judgement.contract.clauses
    rules = [
        {
            "id": clause.id,
            "shortDescription": {"text": clause.sentences[0].text},
            "fullDescription": {"text": clause.text},
            "properties": {"level": clause.level},
        }
        for clause in clauses.values()
    ]
    driver = {"name": "covermock", "informationUri": "https://apiin.one", "rules": rules}
    invocation = {
        "executionSuccessful": not judgement.trouble,
        "toolExecutionNotifications": [{"message": {"text": t}} for t in (judgement.trouble, *judgement.warnings) if t],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "results": [_result(judgement, finding) for finding in judgement.findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


def _result(judgement: Judgement, finding: Finding) -> dict[str, Any]:
    clause = judgement.contract.clauses[finding.clause]
    text = f"{finding.title}: expected {finding.expected}, received {finding.received}. {finding.curl}"
    place = {"artifactLocation": {"uri": _FILE}, "region": {"startLine": clause.line}}
    return {
        "ruleId": finding.clause,
        "level": "error" if finding in judgement.failing else "note",
        "message": {"text": f"{text} ({sentence(judgement.contract, finding.clause, finding.level).text})"},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"covermock/v1": finding.fingerprint},
    }
