"""What a server says about itself: where to look, its keys and ids, and a cURL command for each operation."""

import json
import re
import shlex
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from covermock.openapi import JSON, Operation, Parameter, in_place

from ..log.lines import escape
from ..world.world import World, source_key

_WIDTH = 100  # columns
_SHOWN = 12  # ids of a kind
_UNITS = {"seconds": "s"}
_GLUE = "\0"  # a space at which no line is broken


def sights(world: World, url: str) -> Iterator[str]:
    """Yield the lines that say where to look, and which keys and ids the world has."""
    yield from _row("dashboard", [f"{url}/__mock/"])
    yield from _row("contract", [f"{url}/__mock/docs", f"{url}/__mock/openapi.yaml"])
    yield from _row("world", [world.name])
    paid = any(world.price(operation.id) for operation in world.contract.operations)
    keys = (f"{one.key} ({one.name}{f', {one.granted} credits' * paid})" for one in world.accounts.values())
    yield from _row("keys", keys)
    spec = world.spec
    of_kinds = {kind: spec.get(kind, {}) for kind in ("music_tasks", "audio")} | dict(spec.get("sources", {}))
    for kind, rows in (*of_kinds.items(), ("tasks", spec.get("tasks", {}))):
        yield from _row(kind.replace("_", " "), (f"{name} ({_fate(row)})" for name, row in rows.items()))


def _row(name: str, values: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a row, none of which breaks within a value; of many values only the first ones are shown."""
    every = [escape(value).replace(" ", _GLUE) for value in values]
    more = [f"and {len(every) - _SHOWN} more"] if len(every) > _SHOWN else []
    head = f"  {name:<13}"
    lines = textwrap.wrap(
        ", ".join([*every[:_SHOWN], *more]),
        _WIDTH,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )
    yield from (line.replace(_GLUE, " ") for line in lines)


def _fate(row: Mapping[str, Any]) -> str:
    """Say what an id stands for, and what becomes of tasks that are started from it."""
    yields = row.get("yields", {})
    numbers = [f"{value:g} {_UNITS.get(name, name)}" for name, value in row.items() if isinstance(value, int | float)]
    what = " ".join(numbers) or str(row.get("state", "completed"))
    whose = [f"of {row['account']}"] if row.get("account") else []
    ends = [f"gives {yields['error']}"] if "error" in yields else []
    ends += [f"ends in {yields['outcome']}"] if "outcome" in yields else []
    return ", ".join([what, *whose, *ends])


def curls(world: World, url: str) -> Iterator[tuple[str, str]]:
    """Yield (summary, command) for each operation; the ids are the contract's examples, or the world's own.

    An example that is answered with documented results, whose hosts are others, is followed by a plain source.
    """
    key = next((account.key for account in world.accounts.values()), "<key>")
    for operation in world.contract.operations:
        summary = str(operation.raw.get("summary", operation.id))
        ids = _own_ids(world, operation)
        yield summary, _curl(world, operation, url, key, ids)
        plain = {place: _plain(world, operation, place, known) for place, known in ids.items()}
        if ids != plain and all(plain.values()):
            yield "The same from another source: its results load from here.", _curl(world, operation, url, key, plain)


def _curl(world: World, operation: Operation, url: str, key: str, ids: Mapping[str, str]) -> str:
    asked = [one for one in operation.places["query"] if one.required or one.examples or f"query.{one.name}" in ids]
    query = urlencode({one.name: ids.get(f"query.{one.name}", _example(one)) for one in asked})
    named = {one.name: ids.get(f"path.{one.name}", _example(one)) for one in operation.places["path"]}
    path = re.sub(r"\{([^{}/]+)\}", lambda found: quote(str(named[found[1]]), safe=""), operation.path)
    scheme = world.contract.scheme
    headers, query = in_place([scheme.carry(key)] if scheme else [], query)
    target = f"{url}{path}?{query}" if query else f"{url}{path}"
    body = _example_body(operation)
    method = ["-X", operation.method] if operation.method != ("GET" if body is None else "POST") else []
    needed = [(one.name, str(_example(one))) for one in operation.places["header"] if one.required]
    words = ["curl", "-s", *method, target, *(word for row in (*headers, *needed) for word in ("-H", ": ".join(row)))]
    if body is not None:
        own = {place.removeprefix("body."): value for place, value in ids.items() if place.startswith("body.")}
        words += ["-H", f"Content-Type: {JSON}", "-d", json.dumps({**body, **own})]
    return " ".join(shlex.quote(word) for word in words)


def _example(parameter: Parameter) -> Any:
    """Return an example of a parameter, else what its schema names, else its name for the reader to replace."""
    schema = parameter.schema
    named = [schema[word] for word in ("const", "default", "minimum") if word in schema]
    return next(iter((*parameter.examples, *named, *schema.get("enum", ()), parameter.name.upper())))


def _example_body(operation: Operation) -> Any:
    """Return the first example of the request's body, None where it takes none."""
    return next((row["value"] for row in operation.examples.values()), {}) if operation.body else None


def _own_ids(world: World, operation: Operation) -> dict[str, str]:
    """Return the ids in an operation's examples by place, each exchanged for one that the world knows, if it doesn't.

    The id of a task that a poll names may come to be known.
    """
    ids: dict[str, str] = {}
    for rule in operation.rules:
        pool = _pool(world, rule)
        for place in rule.get("id", ()):
            example = _example_at(operation, place)
            if example is not None:
                ids[place] = example if operation.polls or example in pool else next(iter(pool), example)
        if pool and not ids.keys() & {*rule.get("id", ())}:
            ids[rule["id"][0]] = pool[0]
    return ids


def _example_at(operation: Operation, place: str) -> Any:
    """Return the example of what stands at a place such as `body.taskId`, or None."""
    part, _, name = place.partition(".")
    if part == "body":
        return (_example_body(operation) or {}).get(name)
    return next((_example(one) for one in operation.places[part] if one.name == name), None)


def _pool(world: World, rule: Mapping[str, Any]) -> list[str]:
    """Return the ids that a rule would find: sources of its kind, or tasks of its lifecycle, those made elsewhere."""
    if "kind" in rule:
        keys = (key.partition("/") for key in world.sources)
        return [name for kind, _, name in keys if kind == rule["kind"]]
    known = [task for task in world.tasks.values() if task.lifecycle == rule.get("lifecycle")]
    return [task.id for task in known if not task.started_by] or [task.id for task in known]


def _plain(world: World, operation: Operation, place: str, known: str) -> str:
    """Return the id itself, or if its first results are given in advance, one of its kind that ends well; else none."""
    if "first" not in world.yields_of(known, operation.id):
        return known
    rule = next(rule for rule in operation.rules if place in rule.get("id", ()))
    like = _facts(world, rule, known)
    usable = (name for name in _pool(world, rule) if name not in world.yields and like == _facts(world, rule, name))
    return next(usable, "")


def _facts(world: World, rule: Mapping[str, Any], name: str) -> Any:
    """Return what makes two ids alike for a rule: numbers and account of a source, account and state of a task."""
    if "kind" in rule:
        source = world.sources[source_key(rule["kind"], name)]
        return source.numbers, source.account
    task = world.tasks[name]
    return task.account, task.plan
