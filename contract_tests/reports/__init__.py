"""Reports of a judgement: one small module for each form, chosen by a file's suffix. They read, and judge nothing."""

from collections.abc import Callable, Mapping
from pathlib import Path

from covermock.openapi import nearest

from ..verdicts import Judgement
from .annotations import annotations
from .data import as_data, as_json
from .junit import as_junit
from .markdown import as_markdown
from .page import as_page
from .sarif import as_sarif
from .terminal import as_text

FORMS: Mapping[str, Callable[[Judgement], str]] = {
    ".json": as_json,
    ".xml": as_junit,
    ".html": as_page,
    ".sarif": as_sarif,
    ".md": as_markdown,
    ".txt": as_text,
}


def refused(path: Path) -> str:
    """Say why no report can be written to the path, or nothing."""
    if path.suffix not in FORMS:
        return (
            f"expected a file that ends in {', '.join(FORMS)}, received {str(path)!r} ({nearest(path.suffix, FORMS)})"
        )
    if not path.parent.is_dir():
        return f"expected a folder that exists, received {str(path.parent)!r}"
    return ""


def write(judgement: Judgement, path: Path) -> None:
    """Write the report that the path's suffix asks for."""
    path.write_text(FORMS[path.suffix](judgement), encoding="utf-8")


__all__ = ["FORMS", "annotations", "as_data", "as_text", "refused", "write"]
