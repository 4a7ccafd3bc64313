"""The report for job summaries: Markdown."""

from ..verdicts import Judgement
from .wording import ledger, summary, words


def as_markdown(judgement: Judgement) -> str:
    """Return the judgement as Markdown."""
    lines = [f"## covermock check: {summary(judgement)}", "", f"`{judgement.url}`: {ledger(judgement)}", ""]
    if judgement.trouble:
        return "\n".join([*lines, judgement.trouble, ""])
    lines += [f"> **Warning:** {warning}\n" for warning in judgement.warnings]
    for finding in judgement.findings:
        lines += [f"### {finding.clause}: {_plain(finding.title)}", ""]
        lines += [f"- {name}: {_code(text)}" for name, text in words(judgement, finding)]
        lines += [""]
    lines += ["| clause | verdict | level | what it says |", "| --- | --- | --- | --- |"]
    for verdict in judgement.verdicts:
        text = _plain(verdict.clause.text) + (f" ({_plain(verdict.reason)})" if verdict.reason else "")
        lines.append(f"| {verdict.clause.id} | {verdict.state} | {verdict.level} | {text} |")
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _code(text: str) -> str:
    ticks = "``" if "`" in text else "`"
    return f"{ticks}{text.replace(chr(10), ' ')}{ticks}"
