"""The report for browsers: one HTML page that needs nothing else."""

from html import escape

from .report import Item, Report, Row

_STYLE = """
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8884;vertical-align:top}
.held{color:#1a7f37}.broken{color:#cf222e;font-weight:600}.not{color:#777}
details{border:1px solid #8884;border-radius:6px;padding:.5rem 1rem;margin:.5rem 0}summary{cursor:pointer}
dt{font-weight:600}dd{margin:0 0 .5rem;overflow-wrap:anywhere}code{font-size:13px}
"""


def as_page(report: Report) -> str:
    """Return the report as an HTML page, offline: no script, no font, no picture from elsewhere."""
    notes = "".join(f"<p class=broken>{escape(text)}</p>" for text in (report.trouble, *report.warnings) if text)
    more = f"<pre>{escape(chr(10).join(report.appendix))}</pre>" if report.appendix else ""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{report.tool}</title><style>{_STYLE}</style>'
        f"<h1>{escape(report.summary)}</h1><p><code>{escape(report.subject)}</code></p>"
        f"{notes}{''.join(map(_item, report.items))}"
        f"<table><tr>{''.join(f'<th>{name}' for name in report.columns)}</tr>{''.join(map(_row, report.lines))}</table>"
        f"{more}</html>\n"
    )


def _item(item: Item) -> str:
    facts = "".join(f"<dt>{name}<dd><code>{escape(text)}</code>" for name, text in item.facts)
    return f"<details open><summary><b>{escape(item.heading)}</b></summary><dl>{facts}</dl></details>"


def _row(row: Row) -> str:
    cells = (escape(row.name), row.state, escape(row.detail), escape(row.told))
    return f"<tr class='{row.state}'>{''.join(f'<td>{cell}' for cell in cells)}</tr>"
