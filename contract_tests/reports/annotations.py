"""The report inside a pull request: workflow commands that GitHub Actions turns into annotations."""

from ..verdicts import Judgement

_FILE = "openapi/gateway.yaml"


def annotations(judgement: Judgement) -> list[str]:
    """Return one workflow command for each finding, and for whatever kept the run from testing."""
    lines = [f"::error title=covermock check::{_escaped(judgement.trouble)}"] if judgement.trouble else []
    for finding in judgement.findings:
        kind = "error" if finding in judgement.failing else "notice"
        line = judgement.contract.clauses[finding.clause].line
        title = _escaped(f"{finding.clause} ({finding.level})").replace(",", "%2C").replace(":", "%3A")
        text = _escaped(f"{finding.title}: expected {finding.expected}, received {finding.received}\n{finding.curl}")
        lines.append(f"::{kind} file={_FILE},line={line},title={title}::{text}")
    return lines + [f"::warning title=covermock check::{_escaped(warning)}" for warning in judgement.warnings]


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
