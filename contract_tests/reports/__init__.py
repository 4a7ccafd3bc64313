"""Reports: one small module for each form, chosen by a file's suffix. They lay out a `Report`, and judge nothing."""

from collections.abc import Callable, Mapping
from pathlib import Path

from covermock.openapi import nearest

from .annotations import annotations
from .data import as_json
from .junit import as_junit
from .markdown import as_markdown
from .page import as_page
from .report import Item, Report
from .sarif import as_sarif
from .text import Look, as_short_text, as_text

FORMS: Mapping[str, Callable[[Report], str]] = {
    ".json": as_json,
    ".xml": as_junit,
    ".html": as_page,
    ".sarif": as_sarif,
    ".md": as_markdown,
    ".txt": as_text,
}


def problem_with(path: Path) -> str:
    """Return why no report can be written to the path, or an empty text."""
    if path.suffix not in FORMS:
        suffixes = ", ".join(FORMS)
        return f"expected a file that ends in {suffixes}, received {str(path)!r} ({nearest(path.suffix, FORMS)})"
    return "" if path.parent.is_dir() else f"expected a folder that exists, received {str(path.parent)!r}"


def write(report: Report, path: Path) -> None:
    """Write the report in the form that the path's suffix asks for."""
    path.write_text(FORMS[path.suffix](report), encoding="utf-8")


__all__ = [
    "FORMS",
    "Item",
    "Look",
    "Report",
    "annotations",
    "as_json",
    "as_short_text",
    "as_text",
    "problem_with",
    "write",
]
