"""The report for job summaries: Markdown."""

from .report import Report


def as_markdown(report: Report) -> str:
    lines = [f"## {report.tool}: {report.summary}", "", *([f"`{report.subject}`", ""] if report.subject else [])]
    if report.trouble:
        return "\n".join([*lines, report.trouble, ""])
    lines += [f"> **Warning:** {warning}\n" for warning in report.warnings]
    for item in report.items:
        lines += [f"### {_plain(item.heading)}", "", *(f"- {name}: {_code(text)}" for name, text in item.facts), ""]
    lines += [f"| {' | '.join(report.columns)} |", "| --- | --- | --- | --- |"]
    lines += [f"| {row.name} | {row.state} | {row.detail} | {_plain(row.told)} |" for row in report.lines]
    lines += ["", "```", *report.appendix, "```"] if report.appendix else []
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _code(text: str) -> str:
    ticks = "``" if "`" in text else "`"
    return f"{ticks}{text.replace(chr(10), ' ')}{ticks}"
