"""The report inside a pull request: workflow commands that GitHub Actions turns into annotations."""

from .report import Report

_KINDS = {"error": "error", "warning": "warning", "note": "notice"}


def annotations(report: Report) -> list[str]:
    """Return one workflow command for each finding and warning, and for whatever kept the run from testing."""
    lines = [f"::error title={report.tool}::{_escape(report.trouble)}"] if report.trouble else []
    for item in report.items:
        title = _escape(item.rule).replace(",", "%2C").replace(":", "%3A")
        place = f"file={item.file},line={item.line}," if item.file else ""
        lines.append(f"::{_KINDS[item.severity]} {place}title={title}::{_escape(item.message)}")
    return lines + [f"::warning title={report.tool}::{_escape(warning)}" for warning in report.warnings]


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
