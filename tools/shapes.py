"""Writes `fixtures/settings.py` and `fixtures/answers.py`: the control API as types, from openapi/admin.yaml."""

import keyword
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
# Where a type is described, and its name for people who import it.
SETTINGS = {
    "components/schemas/World": "WorldSettings",
    "components/schemas/Yields": "Yields",
    "components/schemas/Plan": "Plan",
    "components/schemas/Fault": "FaultSettings",
    "paths//__mock/worlds/{world}/music-tasks/post/requestBody": "MusicTaskSettings",
    "paths//__mock/worlds/{world}/audio/post/requestBody": "AudioSettings",
}
ANSWERS = {
    "components/schemas/WorldView": "WorldView",
    "components/schemas/TaskView": "TaskView",
    "components/schemas/FaultView": "FaultView",
    "components/schemas/CallbackView": "CallbackView",
    "components/schemas/Entry": "JournalRow",
    "components/schemas/Event": "ClockEvent",
    "components/responses/Clock": "ClockView",
}
POSITIONAL = {"AudioSettings": {"seconds"}}  # what Python takes as an argument of its own
ROOTS = {**SETTINGS, **ANSWERS}
MODULES = {"settings": ("takes", SETTINGS), "answers": ("gives", ANSWERS)}
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
HEAD = '''"""What the control API {}, as types. Written by tools/shapes.py from openapi/admin.yaml: edit that."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict
'''


class Writer:
    """Turns schemas into types; each object with named properties becomes a class."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._names: dict[int, str] = {}
        self._outer = ""
        self.classes: list[str] = []

    def add(self, place: str, name: str) -> None:
        """Add the type that is described at a place of the document."""
        self._outer = name
        self._class(_schema(self._at(place)), name)

    def _at(self, place: str) -> Any:
        node: Any = self._document
        first, _, rest = place.partition("//")
        steps = [first, *_path(rest)] if rest else place.split("/")
        for step in steps:
            node = node[step]
        return node

    def _class(self, schema: Mapping[str, Any], name: str) -> str:
        if id(schema) in self._names:
            return self._names[id(schema)]
        self._names[id(schema)] = name
        needed = set(schema.get("required", ()))
        fields = [
            f"    {field}: {_optional(self.type(part, name + _camel(field)), field in needed)}"
            for field, part in schema["properties"].items()
            if not keyword.iskeyword(field) and field not in POSITIONAL.get(name, ())
        ]
        text = " ".join(str(schema.get("description", "")).split()).partition(". ")[0].rstrip(".")
        doc = f"{text}." if text and len(text) < 100 else f"A part of {self._outer}."
        self.classes.append("\n".join([f"class {name}(TypedDict):", f'    """{doc}"""', "", *fields]))
        return name

    def type(self, schema: Mapping[str, Any], name: str) -> str:
        """Return the type of a schema; `name` is for a class that it may need."""
        if "$ref" in schema:
            target = schema["$ref"].removeprefix("#/")
            return self.type(self._at(target), ROOTS.get(target, target.rpartition("/")[2]))
        if "allOf" in schema:
            return self.type(schema["allOf"][0], name)
        if "anyOf" in schema and "properties" not in schema:
            return " | ".join(
                sorted({self.type(one, name) for one in schema["anyOf"]}, key=lambda kind: (kind == "None", kind))
            )
        if "enum" in schema:
            return f"Literal[{', '.join(repr(value).replace(chr(39), chr(34)) for value in schema['enum'])}]"
        kinds = schema.get("type", [])
        return " | ".join(self._plain(kind, schema, name) for kind in _listed(kinds)) or "Any"

    def _plain(self, kind: str, schema: Mapping[str, Any], name: str) -> str:
        if kind == "array":
            return f"Sequence[{self.type(schema.get('items', {}), name)}]"
        if kind != "object":
            return PLAIN[kind]
        if "properties" in schema:
            return self._class(schema, name)
        values = schema.get("additionalProperties", {})
        return f"Mapping[str, {self.type(values, name) if isinstance(values, Mapping) else 'Any'}]"


def _path(rest: str) -> list[str]:
    """Return the steps below `paths`: the path itself, whose slashes are its own, then method and what follows."""
    path, method, what = rest.rsplit("/", 2)
    return [f"/{path}", method, what]


def _schema(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of a body or an answer, or the schema itself."""
    found: Mapping[str, Any] = next(iter(node["content"].values()))["schema"] if "content" in node else node
    return found


def _optional(kind: str, needed: bool) -> str:
    return kind if needed else f"NotRequired[{kind}]"


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _listed(kinds: Any) -> list[str]:
    return kinds if isinstance(kinds, list) else [kinds]


def text(module: str) -> str:
    """Return a module as it has to be."""
    writer = Writer(yaml.safe_load((ROOT / "openapi" / "admin.yaml").read_text(encoding="utf-8")))
    verb, roots = MODULES[module]
    for place, name in roots.items():
        writer.add(place, name)
    names = "".join(f'    "{name}",\n' for name in sorted(roots.values()))
    return "\n\n\n".join([f"{HEAD.format(verb)}\n__all__ = [\n{names}]", *writer.classes]) + "\n"


if __name__ == "__main__":
    for module in MODULES:
        (ROOT / "fixtures" / f"{module}.py").write_text(text(module), encoding="utf-8")
        sys.stdout.write(f"fixtures/{module}.py: written\n")
