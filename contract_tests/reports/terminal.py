"""The report for people at a terminal: a table, the findings, the outcome."""

import textwrap

from ..vocabulary import BROKEN, HELD, UNTRIED
from .report import Report

_MARKS = {HELD: "ok", BROKEN: "BROKEN", UNTRIED: "-"}
_WIDTH = 110


def as_text(report: Report) -> str:
    if report.trouble:
        return "\n".join([f"could not test: {report.trouble}", *filter(None, [report.subject])]) + "\n"
    table = [report.columns, *((row.name, _MARKS[row.state], row.detail, row.told) for row in report.lines)]
    widths = [max(len(cells[column]) for cells in table) + 1 for column in range(3)]
    lines = [_row(cells, widths) for cells in table]
    for item in report.items:
        lines += ["", item.heading, *(f"    {name + ':':<11} {text}" for name, text in item.facts)]
    lines += ["", *(f"warning: {warning}" for warning in report.warnings), *report.appendix]
    return "\n".join([*lines, report.summary, *filter(None, [report.subject])]) + "\n"


def _row(cells: tuple[str, ...], widths: list[int]) -> str:
    head = "".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=False))
    return (head + textwrap.shorten(cells[3], max(_WIDTH - len(head), 30), placeholder=" …")).rstrip()
