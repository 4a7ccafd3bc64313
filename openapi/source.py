"""YAML as plain data that remembers its lines, for messages that say where. Reads files, knows no OpenAPI."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from .documents import BadNodeError, Builder, Pointer

_PAIR = re.compile(r"((?<!\\)(?:\\\\)*)\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)
LONGEST = 16_777_216  # bytes of a file, unless somebody says otherwise


class InvalidSourceError(ValueError):
    """A file of ours (contract, world, configuration) that can't be used; its text says where, why and what to do.

    The text is one line, whatever names and values of the file it quotes.
    """

    def __init__(self, problem: str) -> None:
        text = problem.partition("\n\n")[0]  # beyond it a validator quotes the whole schema
        super().__init__("".join(one if one.isprintable() else repr(one)[1:-1] for one in text))


@dataclass(frozen=True)
class Source:
    """A YAML document: its `data` (dict, list, str, int, float, bool, None only) and its text.

    `edited` says that the data are not those of the text any more.
    """

    name: str
    data: Any
    text: str
    edited: bool = False

    @cached_property
    def lines(self) -> dict[Pointer, int]:
        """Return the line of each node. They are looked for when somebody asks: most files have no mistake."""
        lines: dict[Pointer, int] = {}
        Builder(self.text, lines).document()
        return lines

    def line(self, pointer: Sequence[str | int]) -> int:
        """Return the 1-based line of the node at `pointer`, or of its nearest parent."""
        path = tuple(pointer)
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def error(self, pointer: Sequence[str | int], problem: str) -> InvalidSourceError:
        """Return the error that says `problem` at the place of `pointer`: `file:line: where: problem`."""
        where = ".".join(str(part) for part in pointer) or "the document"
        return InvalidSourceError(f"{self.name}:{self.line(pointer)}: {where}: {problem}")

    def with_data(self, data: Any) -> "Source":
        return replace(self, data=data, edited=True)


def read(path: Path, longest: int = LONGEST) -> Source:
    """Read the YAML (or JSON) file at `path`. Raises `InvalidSourceError` when it can't be read or understood."""
    return parse(read_text(path, longest), str(path))


def read_text(path: Path, longest: int = LONGEST) -> str:
    """Return the text of the file at `path`. Raises `InvalidSourceError` when it can't be read, or is too long."""
    try:
        with path.open("rb") as file:
            raw = file.read(longest + 1)  # and not its size: a pipe or a device has none
        text = raw[:longest].decode()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidSourceError(f"{path}: expected a readable YAML file, received: {reason}") from error
    if len(raw) > longest:
        raise InvalidSourceError(f"{path}: expected at most {longest} bytes of YAML, received more; split the file")
    return text


def parse(text: str, name: str = "<text>") -> Source:
    """Parse YAML `text`; `name` is what messages call it. Raises `InvalidSourceError`."""
    try:
        text = _PAIR.sub(_one_character, text) if text.lstrip()[:1] == "{" else text
        return Source(name, Builder(text).document(), text)
    except yaml.YAMLError as error:
        raise InvalidSourceError(_syntax(error, name)) from error
    except BadNodeError as error:
        raise InvalidSourceError(f"{name}:{error.line}: {error}") from None


def _one_character(pair: re.Match[str]) -> str:
    """Return two halves of a character, as JSON escapes those beyond 16 bits, in the way of YAML."""
    high, low = int(pair[2], 16), int(pair[3], 16)
    return f"{pair[1]}\\U{0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF):08x}"


def _syntax(error: Exception, name: str) -> str:
    mark = getattr(error, "problem_mark", None)
    line = f":{mark.line + 1}" if mark else ""
    problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
    return f"{name}{line}: expected YAML, received a syntax error: {problem}"


def excerpt(value: object, limit: int = 60) -> str:
    """Return `value` as it is quoted in messages: JSON, cut at `limit` characters."""
    text = json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, str) else repr(value)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"
