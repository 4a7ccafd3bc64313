"""What mkdocs needs besides: the README as first page, and links to files beyond docs/ as names."""

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
BEYOND = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?:|#)((?:\.\./)+[^)]*)\)")
FROM_README = re.compile(r"(?<!!)\[((?:!\[[^\]]*\]\([^)]*\)|[^\]])*)\]\((?!https?:|#|docs/)([^)]*)\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the README as the first page; its links into docs/ stay links."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    text = FROM_README.sub(r"\1", text).replace("](docs/decisions)", "](decisions/2026-11-21-packaging.md)")
    files.append(File.generated(config, "index.md", content=text.replace("](docs/", "](")))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Show what a site can't link to, files of the repository, by their names alone."""
    return BEYOND.sub(r"\1", markdown)
