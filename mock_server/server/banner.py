"""What a server says about itself: where to look, its keys and ids, and a cURL command for each operation."""

import json
import shlex
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from covermock.openapi import JSON, Operation

from ..log.lines import escape
from ..world.world import World

_WIDTH = 100  # columns
_SHOWN = 12  # ids of a kind
_GLUE = "\0"  # a space at which no line is broken


def sights(world: World, url: str) -> Iterator[str]:
    """Yield the lines that say where to look, and which keys and ids the world has."""
    yield from _row("dashboard", [f"{url}/__mock/"])
    yield from _row("contract", [f"{url}/__mock/docs", f"{url}/__mock/openapi.yaml"])
    yield from _row("world", [world.name])
    keys = (f"{account.key} ({account.name}, {account.granted} credits)" for account in world.accounts.values())
    yield from _row("keys", keys)
    for kind in ("music_tasks", "audio", "tasks"):
        rows = world.spec.get(kind, {})
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
    what = f"{row['seconds']:g} s" if "seconds" in row else str(row.get("state", "completed"))
    whose = [f"of {row['account']}"] if row.get("account") else []
    ends = [f"gives {yields['error']}"] if "error" in yields else []
    ends += [f"ends in {yields['outcome']}"] if "outcome" in yields else []
    return ", ".join([what, *whose, *ends])


def curls(world: World, url: str) -> Iterator[tuple[str, str]]:
    """Yield (summary, command) for each operation; the ids are the contract's examples, or the world's own.

    An example that is answered with documented results, whose hosts are others, is followed by a plain source.
    """
    key = next((account.key for account in world.accounts.values()), "aio_your_api_key_here")
    for operation in world.contract.operations:
        summary = str(operation.raw.get("summary", operation.id))
        ids = _own_ids(world, operation)
        yield summary, _curl(operation, url, key, ids)
        plain = {name: _plain(world, known) for name, known in ids.items()}
        if ids != plain and all(plain.values()):
            yield "The same from another source: its results load from here.", _curl(operation, url, key, plain)


def _curl(operation: Operation, url: str, key: str, ids: Mapping[str, str]) -> str:
    query = urlencode({parameter["name"]: _example(parameter) for parameter in operation.raw.get("parameters", ())})
    target = f"{url}{operation.path}?{query}" if query else f"{url}{operation.path}"
    words = ["curl", "-s", target, "-H", f"Authorization: Bearer {key}"]
    content = operation.raw.get("requestBody", {}).get("content", {}).get(JSON)
    if content:
        words += ["-H", f"Content-Type: {JSON}", "-d", json.dumps({**_example(content), **ids})]
    return " ".join(shlex.quote(word) for word in words)


def _example(node: Mapping[str, Any]) -> Any:
    """Return the first example of a parameter or media type."""
    return next((row["value"] for row in node.get("examples", {}).values()), node.get("example", ""))


def _own_ids(world: World, operation: Operation) -> dict[str, str]:
    """Return the ids in an operation's example body, each exchanged for one that the world knows, if it doesn't."""
    content = operation.raw.get("requestBody", {}).get("content", {}).get(JSON)
    body, ids = _example(content) if content else {}, {}
    for rule in operation.raw.get("x-preconditions", ()):
        pool = world.audio if rule["check"] == "source-known" else world.tasks
        for name in (place.removeprefix("body.") for place in rule.get("id", ())):
            if name in body:
                known = (one for one in pool if one in world.spec.get("music_tasks", pool))
                ids[name] = body[name] if body[name] in pool else next(known, body[name])
    return ids


def _plain(world: World, known: str) -> str:
    """Return the id itself, or if its first results are given in advance, one of its kind that ends well; else none."""
    kinds = (world.spec.get(kind, {}) for kind in ("music_tasks", "audio"))
    rows: Mapping[str, Any] = next((rows for rows in kinds if known in rows), {})
    if "first" not in rows.get(known, {}).get("yields", {}):
        return known
    length = rows[known].get("seconds")
    usable = (
        name
        for name, row in rows.items()
        if not {"yields", "account"} & row.keys()
        and row.get("state", "completed") == "completed"
        and row.get("seconds") == length
    )
    return next(usable, "")
