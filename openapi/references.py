"""Local references of a document, as JSON pointers (RFC 6901): where they lead, and all that a schema refers to."""

from collections.abc import Iterator, Mapping
from typing import Any

_DEPTHS = {"components": 2, "$defs": 1}  # how many names below these lead to a schema


def resolve(root: Mapping[str, Any], reference: str) -> Any:
    """Return the node that the local `reference` (`#/a/b`) names. Raises `KeyError` when there is none."""
    node: Any = root
    try:
        for name in _names(reference):
            node = node[int(name)] if isinstance(node, list) else node[name]
    except (LookupError, TypeError, ValueError):
        raise KeyError(reference) from None
    return node


def _names(reference: str) -> list[str]:
    """Return the names in a local reference, which is a JSON pointer (RFC 6901)."""
    return [part.replace("~1", "/").replace("~0", "~") for part in reference.removeprefix("#/").split("/")]


def scope(root: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of `root` that the schema refers to, in their places; a validator keeps all it is given."""
    parts: dict[str, Any] = {}
    coming, known = [schema], set[str]()
    while coming:
        fresh = set(_references(coming.pop())) - known
        known |= fresh
        for reference in fresh:
            place, *names = _names(reference)
            if place not in _DEPTHS or place not in root:
                continue  # it is within the schema itself, or nowhere, which the validator says
            *parents, name = names[: _DEPTHS[place]]
            here, node = parts.setdefault(place, {}), root[place]
            for parent in parents:
                here, node = here.setdefault(parent, {}), node.get(parent, {})
            if name in node:
                here[name] = node[name]
                coming.append(node[name])
    return parts


def _references(node: Any) -> Iterator[str]:
    """Yield every local reference within a schema, examples and all."""
    inner = node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ()
    reference = node.get("$ref") if isinstance(node, Mapping) else None
    if isinstance(reference, str) and reference.startswith("#/"):
        yield reference
    for one in inner:
        yield from _references(one)
