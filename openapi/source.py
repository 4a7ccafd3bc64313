"""YAML as plain data that remembers its lines, for messages that say where. Reads files, knows no OpenAPI."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Pointer = tuple[str | int, ...]

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TIMESTAMP = "tag:yaml.org,2002:timestamp"


class InvalidSourceError(ValueError):
    """A file of ours (contract, world, configuration) that can't be used; its text says where, why and what to do."""


@dataclass(frozen=True, slots=True)
class Source:
    """A YAML document: its `data` (dict, list, str, int, float, bool, None only) and the line of each node."""

    name: str
    data: Any
    lines: dict[Pointer, int]

    def line(self, pointer: Sequence[str | int]) -> int:
        """Return the 1-based line of the node at `pointer`, or of its nearest parent."""
        path = tuple(pointer)
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]

    def error(self, pointer: Sequence[str | int], problem: str) -> InvalidSourceError:
        """Return the error that says `problem` at the place of `pointer`: `file:line: where: problem`."""
        where = ".".join(str(part) for part in pointer) or "the document"
        return InvalidSourceError(f"{self.name}:{self.line(pointer)}: {where}: {problem}")


def read(path: Path) -> Source:
    """Read the YAML (or JSON) file at `path`. Raises `InvalidSourceError` when it can't be read or understood."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidSourceError(f"{path}: expected a readable YAML file, received: {reason}") from error
    return parse(text, str(path))


def parse(text: str, name: str = "<text>") -> Source:
    """Parse YAML `text`; `name` is what messages call it. Raises `InvalidSourceError`."""
    lines: dict[Pointer, int] = {(): 1}
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        data = None if node is None else _build(loader, node, (), lines)
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidSourceError(_syntax(error, name)) from error
    except _BadNodeError as error:
        raise InvalidSourceError(f"{name}:{error.line}: {error}") from None
    return Source(name, data, lines)


class _BadNodeError(Exception):
    """A node that is legal YAML and still no data of ours."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.line = line


def _syntax(error: Exception, name: str) -> str:
    mark = getattr(error, "problem_mark", None)
    line = f":{mark.line + 1}" if mark else ""
    problem = getattr(error, "problem", None) or "it nests too deeply"
    return f"{name}{line}: expected YAML, received a syntax error: {problem}"


def _build(loader: Any, node: yaml.Node, at: Pointer, lines: dict[Pointer, int], line: int = 0) -> Any:
    lines[at] = line or node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return {key: _build(loader, value, (*at, key), lines, line) for key, value, line in _pairs(node)}
    if isinstance(node, yaml.SequenceNode):
        return [_build(loader, value, (*at, index), lines) for index, value in enumerate(node.value)]
    # A date stays the text that was written: worlds and examples quote it word for word.
    return node.value if node.tag == _TIMESTAMP else loader.construct_object(node)


def _pairs(node: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node, int]]:
    seen: set[str] = set()
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise _BadNodeError("expected a plain name as a key, received a list or mapping", line)
        if key.value in seen:
            raise _BadNodeError(f"{key.value}: expected each key once, received it twice; delete one", line)
        seen.add(key.value)
        yield key.value, value, line


def shown(value: object, limit: int = 60) -> str:
    """Return `value` as it is quoted in messages: JSON, cut at `limit` characters."""
    text = json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, str) else repr(value)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"
