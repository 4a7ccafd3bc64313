"""Names in a contract that name nothing: clauses, sentences, errors, lifecycles, operations. Reads plain data."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from .clauses import clause_pointer
from .documents import Pointer
from .names import nearest
from .references import resolve
from .source import excerpt

_POINTERS = frozenset({"x-constant", "x-unique", "inclusive"})  # keys beside which a sentence is named
_KINDS = {
    "for": "an operationId of this file",
    "started_by": "an operationId of this file",
    "operationId": "an operationId of this file",
    "error": "an error of this file",
    "x-value": "a known x-value",
}


def strangers(
    data: Any, known: Mapping[str, Collection[str]], sentences: Mapping[str, int]
) -> Iterator[tuple[Pointer, str]]:
    """Yield (place, problem) of each name that isn't known; `known` are the names by the key that they stand at."""
    for at, key, name in _texts_under(data, ()):
        pointers = at[0] == "x-rules" or key in _POINTERS
        word = "x-clause" if pointers else "for" if at[0] == "x-clauses" and "for" in at else key
        valid = known.get(word, ())
        clause, number = clause_pointer(name) if word in {"x-clause", "clause"} else (name, 1)
        if number > sentences.get(clause, number):
            yield at, f"expected a sentence of {clause}, received {name!r}; it has fewer"
        if word in known and clause not in valid and not ("callbacks" in at and key == "operationId"):
            kind = _KINDS.get(word, f"a {word.removeprefix('x-')} of this file")
            yield at, f"expected {kind}, received {name!r} ({nearest(name, valid)})"


def _texts_under(node: Any, at: Pointer) -> Iterator[tuple[Pointer, str, str]]:
    """Yield (place, key, value) of every text under a key, outside examples' values and the clauses' own prose."""
    entries: Iterable[tuple[str | int, Any]] = ()
    if isinstance(node, dict):
        entries = ((key, value) for key, value in node.items() if key not in {"example", "examples", "properties"})
        named = node["examples"].items() if isinstance(node.get("examples"), dict) else ()
        yield from (((*at, "examples", k), "x-clause", v["x-clause"]) for k, v in named if "x-clause" in v)
        for name, schema in node.get("properties", {}).items() if isinstance(node.get("properties"), dict) else ():
            yield from _texts_under(schema, (*at, "properties", name))
    elif isinstance(node, list):
        entries = enumerate(node)
    for key, value in entries:
        if isinstance(value, str):
            yield (*at, key), str(key), value
        else:
            yield from _texts_under(value, (*at, key))


def lost_references(data: Any) -> Iterator[tuple[Pointer, str]]:
    """Yield (place, problem) of each reference that leads nowhere."""
    for at, key, name in _texts_under(data, ()):
        if key == "$ref":
            try:
                resolve(data, name)
            except KeyError:
                yield at, f"expected a reference to what is in this file, received {excerpt(name)}"
