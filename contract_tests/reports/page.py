"""The report for browsers: one HTML page that needs nothing else."""

from html import escape

from ..verdicts import Judgement, Verdict
from .wording import ledger, summary, words

_STYLE = """
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8884;vertical-align:top}
.held{color:#1a7f37}.broken{color:#cf222e;font-weight:600}.untried{color:#777}
details{border:1px solid #8884;border-radius:6px;padding:.5rem 1rem;margin:.5rem 0}summary{cursor:pointer}
dt{font-weight:600}dd{margin:0 0 .5rem;overflow-wrap:anywhere}code{font-size:13px}
"""


def as_page(judgement: Judgement) -> str:
    """Return the judgement as an HTML page, offline: no script, no font, no picture from elsewhere."""
    details = "".join(
        f"<details open><summary><b>{escape(one.clause)}</b> {escape(one.title)}</summary><dl>"
        + "".join(f"<dt>{name}</dt><dd><code>{escape(text)}</code></dd>" for name, text in words(judgement, one))
        + "</dl></details>"
        for one in judgement.findings
    )
    notes = "".join(f"<p class=broken>{escape(text)}</p>" for text in (judgement.trouble, *judgement.warnings) if text)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>covermock check</title><style>{_STYLE}</style>'
        f"<h1>{escape(summary(judgement))}</h1><p><code>{escape(judgement.url)}</code>: {escape(ledger(judgement))}</p>"
        f"{notes}{details}<table><tr><th>clause<th>verdict<th>level<th>what it says</tr>"
        + "".join(map(_row, judgement.verdicts))
        + "</table></html>\n"
    )


def _row(verdict: Verdict) -> str:
    kind = {"held": "held", "broken": "broken"}.get(verdict.state, "untried")
    reason = f"<br><small>{escape(verdict.reason)}</small>" if verdict.reason else ""
    return (
        f"<tr><td>{verdict.clause.id}<td class={kind}>{verdict.state}<td>{verdict.level}"
        f"<td>{escape(verdict.clause.text)}{reason}</tr>"
    )
