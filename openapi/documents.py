"""One YAML document as plain data, built from the parser's events: no recursion, and bounds on what may be repeated."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

Pointer = tuple[str | int, ...]

LEVELS = 100  # of mappings and lists within each other
REPEATED = 100_000  # values that aliases stand for, in a whole document
_LONG = 60  # characters; a longer word is a text, since numbers cost the square of their digits
_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_TEXTS = frozenset({"!", "tag:yaml.org,2002:str"})
_QUOTED = (False, True)  # what the parser says of a text that was not written plainly


class BadNodeError(Exception):
    """A node that is legal YAML and still no data of ours."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.line = line


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read: its place and anchor, the key whose value comes next, its size so far."""

    value: dict[str, Any] | list[Any]
    at: Pointer
    anchor: str | None
    key: str | None = None
    line: int = 0
    size: int = 1


class Builder:
    """Reads one document. `lines` is filled, if there is one, with the line of each node."""

    def __init__(self, text: str, lines: dict[Pointer, int] | None = None) -> None:
        self._loader = _Loader(text)
        self._lines = lines
        self._open: list[_Open] = []
        self._done: Any = None
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._words: dict[str, Any] = {}
        self._repeated = self._documents = 0

    def document(self) -> Any:
        """Return the data of the document. Raises `yaml.YAMLError` and `BadNodeError`."""
        if self._lines is not None:
            self._lines[()] = 1
        take: dict[type, Callable[[Any], None]] = {
            yaml.DocumentStartEvent: self._start,
            yaml.ScalarEvent: self._node,
            yaml.AliasEvent: self._node,
            yaml.MappingStartEvent: self._node,
            yaml.SequenceStartEvent: self._node,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
        }
        while self._loader.check_event():
            event = self._loader.get_event()
            if event.__class__ in take:
                take[event.__class__](event)
        return self._done

    def _start(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            raise BadNodeError("expected one document, received another one; delete it", _line(event))

    def _end(self, _: Any) -> None:
        done = self._open.pop()
        self._put(done.value, done.size, done.anchor)

    def _node(self, event: Any) -> None:
        inside = self._open[-1] if self._open else None
        if inside is not None and inside.key is None and isinstance(inside.value, dict):
            inside.key, inside.line = self._key(event, inside.value), _line(event)
        elif isinstance(event, yaml.ScalarEvent):
            self._note(event)
            self._put(self._scalar(event), 1, event.anchor)
        elif isinstance(event, yaml.AliasEvent):
            self._note(event)
            self._put(*self._alias(event), None)
        else:
            self._begin(event)

    def _begin(self, event: Any) -> None:
        if len(self._open) >= LEVELS:
            raise BadNodeError(f"expected at most {LEVELS} levels, received one more; nest less deeply", _line(event))
        at = self._note(event)
        self._open.append(_Open({} if isinstance(event, yaml.MappingStartEvent) else [], at, event.anchor))

    def _put(self, value: Any, size: int, anchor: str | None) -> None:
        """Put a value where it belongs; its size is the number of values in it, aliases counted as what they repeat."""
        if anchor is not None:
            self._anchors[anchor] = value, size
        if not self._open:
            self._done = value
            return
        inside = self._open[-1]
        inside.size += size
        if isinstance(inside.value, list):
            inside.value.append(value)
        else:
            assert inside.key is not None
            inside.value[inside.key] = value
            inside.key = None

    def _note(self, event: Any) -> Pointer:
        """Return the place of the node that begins, having noted its line: of a mapping's value, that of its key."""
        if self._lines is None or not self._open:
            return ()
        inside = self._open[-1]
        at = (*inside.at, len(inside.value) if inside.key is None else inside.key)
        self._lines[at] = inside.line if inside.key is not None else _line(event)
        return at

    def _key(self, event: Any, known: dict[str, Any]) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise BadNodeError("expected a plain name as a key, received a list, a mapping or an alias", _line(event))
        key: str = event.value
        if key in known:
            raise BadNodeError(f"{key}: expected each key once, received it twice; delete one", _line(event))
        return key

    def _alias(self, event: Any) -> tuple[Any, int]:
        """Return what the alias repeats, and its size. A few bytes can stand for any number of values: not here."""
        if event.anchor not in self._anchors:
            problem = f"expected the alias of an anchor that is complete above, received *{event.anchor}"
            raise BadNodeError(problem, _line(event))
        value, size = self._anchors[event.anchor]
        self._repeated += size
        if self._repeated > REPEATED:
            problem = f"expected aliases that repeat at most {REPEATED} values, received more; write them out"
            raise BadNodeError(problem, _line(event))
        return value, size

    def _scalar(self, event: Any) -> Any:
        """Return the value of a word: what was quoted, or called a text, is a text."""
        text = event.value
        if event.tag in _TEXTS or (event.tag is None and (event.implicit == _QUOTED or len(text) > _LONG)):
            return text
        if event.tag is not None:
            return self._word(event)
        if text not in self._words:
            self._words[text] = self._word(event)
        return self._words[text]

    def _word(self, event: Any) -> Any:
        """Return what a word that is not quoted, or has a tag, stands for: a number, true, null, or a text."""
        tag = event.tag or self._loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        if tag == _TIMESTAMP:  # a date stays the text that was written: worlds and examples quote it word for word
            return event.value
        try:
            word = yaml.ScalarNode(tag, event.value[:_LONG], event.start_mark, event.end_mark)
            value = self._loader.construct_object(word)
        except (ValueError, LookupError, TypeError):  # such as `0b_`, `!!int x`
            value = NotImplemented
        if not isinstance(value, str | int | float | bool | None) or len(event.value) > _LONG:
            expected = f"a text, a number, true, false or null of at most {_LONG} characters"
            raise BadNodeError(f"expected {expected}, received {event.value[:_LONG]!r} as {tag}", _line(event))
        return value


def _line(event: Any) -> int:
    line: int = event.start_mark.line + 1
    return line


__all__ = ["LEVELS", "REPEATED", "BadNodeError", "Builder", "Pointer"]
