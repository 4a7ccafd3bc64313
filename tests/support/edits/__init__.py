"""Edits of gateway.yaml, each in a file beside this: texts to replace, and what is called otherwise thereby."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from covermock.openapi import GATEWAY, read

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Edit:
    """`names` are new names of operations, fields and states, `clauses` those of clauses, by the old ones."""

    replace: tuple[tuple[str, str], ...]
    names: Mapping[str, str]
    clauses: Mapping[str, str]

    def apply(self, text: str) -> str:
        """Return a contract's text with the edit, wherever what it replaces stands."""
        for old, new in self.replace:
            assert old in text, old
            text = text.replace(old, new)
        return text

    def translate(self, value: Any) -> Any:
        """Return the settings of a defect under the new names."""
        if isinstance(value, Mapping):
            return {name: self.translate(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.translate(inner) for inner in value]
        if not isinstance(value, str):
            return value
        return ".".join(self.names.get(part, part) for part in value.split("."))


def _read(path: Path) -> Edit:
    data = read(path).data
    return Edit(tuple((old, new) for old, new in data["replace"]), data.get("names", {}), data.get("clauses", {}))


def _together(edits: list[Edit]) -> Edit:
    """Return several edits as one."""
    rows = tuple(row for one in edits for row in one.replace)
    names = {old: new for one in edits for old, new in one.names.items()}
    return Edit(rows, names, {old: new for one in edits for old, new in one.clauses.items()})


_ALL = {path.stem: _read(path) for path in sorted(_FOLDER.glob("*.yaml"))}
EDITS = {name: edit for name, edit in _ALL.items() if not name.startswith("more-")}
EDITS["all"] = _together(list(EDITS.values()))
MORE = {name: edit for name, edit in _ALL.items() if name.startswith("more-")}


def edited(folder: Path, edit: Edit) -> Path:
    """Write gateway.yaml with an edit into a folder; return the file."""
    path = folder / "edited.yaml"
    path.write_text(edit.apply(GATEWAY.read_text(encoding="utf-8")), encoding="utf-8")
    return path
