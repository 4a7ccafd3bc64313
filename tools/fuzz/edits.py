"""Changes of a tree of JSON values: what somebody's hand, disk or program makes of a document that was valid."""

from collections.abc import Callable, Iterator
from typing import Any

from .choices import Choices
from .values import Values

Path = tuple[str | int, ...]
GONE = object()


def edited(tree: Any, choices: Choices, values: Values, most: int = 4) -> Any:
    """Return the tree with one to `most` changes; what doesn't change is shared with the old one."""
    for _ in range(1 + choices.below(most)):
        path = place(tree, choices)
        tree = at(tree, path, _change(choices, values, tree))
    return tree


def place(tree: Any, choices: Choices) -> Path:
    """Return the path of some node."""
    path: list[str | int] = []
    while isinstance(tree, dict | list) and tree and not (path and choices.one_in(6)):
        step: Any = choices.pick(list(tree)) if isinstance(tree, dict) else choices.below(len(tree))
        path.append(step)
        tree = tree[step]
    return tuple(path)


def at(tree: Any, path: Path, change: Callable[[Any], Any]) -> Any:
    """Return the tree with the node at `path` changed, or left out where `change` returns GONE."""
    if not path:
        new = change(tree)
        return None if new is GONE else [new.node, new.node] if isinstance(new, Twice) else new
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    new = at(tree[path[0]], path[1:], change) if len(path) > 1 else change(tree[path[0]])
    if new is GONE:
        del copy[path[0]]
    elif isinstance(new, Twice):
        _double(copy, path[0], new)
    else:
        copy[path[0]] = new
    return copy


class Twice:
    """A node that is to be there twice, in an object under another name, too."""

    def __init__(self, node: Any, name: str) -> None:
        self.node, self.name = node, name


def _double(copy: Any, step: Any, new: Twice) -> None:
    if isinstance(copy, dict):
        copy[new.name] = new.node
    else:
        copy.insert(step, new.node)


def difference(old: Any, new: Any, path: Path = ()) -> Iterator[list[Any]]:
    """Yield what turns one tree into the other: `[path, value]` for a node that is new, `[path]` for one that went."""
    if old is new:
        return
    names = _common(old, new)
    if names is None:
        yield [list(path), new]
        return
    for name in names:
        yield from difference(old[name], new[name], (*path, name))
    if isinstance(old, dict):
        yield from ([[*path, name]] for name in old if name not in new)
        yield from ([[*path, name], value] for name, value in new.items() if name not in old)


def _common(old: Any, new: Any) -> list[Any] | None:
    """Return the names that both have, in one order, or the indices of lists as long as each other; else None."""
    if isinstance(old, list) and isinstance(new, list):
        return list(range(len(old))) if len(old) == len(new) else None
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return None
    names = [name for name in new if name in old]
    return names if names == [name for name in old if name in new] else None


def applied(tree: Any, edits: list[list[Any]]) -> Any:
    """Return the tree with such a difference."""
    for path, *value in edits:
        tree = _with(tree, path, value[0] if value else GONE)
    return tree


def _with(tree: Any, path: list[Any], value: Any) -> Any:
    if not path:
        return value
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    if len(path) > 1:
        copy[path[0]] = _with(copy[path[0]], path[1:], value)
    elif value is GONE:
        del copy[path[0]]
    else:
        copy[path[0]] = value
    return copy


def _change(choices: Choices, values: Values, tree: Any) -> Callable[[Any], Any]:
    kind = choices.below(8)
    if kind == 0:
        return lambda _: GONE
    if kind == 1:
        name = choices.pick((*values.words, *values.texts))
        return lambda node: Twice(node, str(name))
    if kind in {2, 3}:
        other = tree
        for step in place(tree, choices):
            other = other[step]
        return lambda _: other
    if kind in {4, 5}:
        return lambda node: _near(node, choices, values)
    odd = values.odd(choices)
    return lambda _: odd


def _near(node: Any, choices: Choices, values: Values) -> Any:
    """Return a value of the same kind, a little off."""
    if isinstance(node, bool):
        return not node
    if isinstance(node, int | float) and -1e300 < node < 1e300:
        return choices.pick((node + 1, node - 1, -node, node * 1000, node + 0.5, str(node), float(node), int(node)))
    if isinstance(node, str):
        more = choices.text(6)
        return choices.pick(
            (node + more, more + node, node[:-1], node.upper(), node * 3, [node], choices.pick(values.texts))
        )
    if isinstance(node, list):
        return choices.pick((node[::-1], node + node, node[1:], node[:1], []))
    if isinstance(node, dict):
        return choices.pick((dict(reversed(node.items())), {}, [node], {choices.pick(values.texts): 0, **node}))
    return values.odd(choices)
