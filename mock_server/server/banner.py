"""What a server says about itself: one ready-to-paste cURL command for each operation of the contract."""

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from covermock.openapi import JSON, Operation

from ..world.world import World


def curls(world: World, url: str) -> Iterator[tuple[str, str]]:
    """Yield (summary, command) for each operation; the ids are the contract's examples, or the world's own."""
    key = next((account.key for account in world.accounts.values()), "aio_your_api_key_here")
    for operation in world.contract.operations:
        yield str(operation.raw.get("summary", operation.id)), _curl(world, operation, url, key)


def _curl(world: World, operation: Operation, url: str, key: str) -> str:
    query = urlencode({parameter["name"]: _example(parameter) for parameter in operation.raw.get("parameters", ())})
    target = f"{url}{operation.path}?{query}" if query else f"{url}{operation.path}"
    words = ["curl", "-s", target, "-H", f"Authorization: Bearer {key}"]
    content = operation.raw.get("requestBody", {}).get("content", {}).get(JSON)
    if content:
        body = _own_ids(world, operation, dict(_example(content)))
        words += ["-H", f"Content-Type: {JSON}", "-d", json.dumps(body)]
    return " ".join(shlex.quote(word) for word in words)


def _example(node: Mapping[str, Any]) -> Any:
    """Return the first example of a parameter or media type."""
    return next((row["value"] for row in node.get("examples", {}).values()), node.get("example", ""))


def _own_ids(world: World, operation: Operation, body: dict[str, Any]) -> dict[str, Any]:
    """Exchange an id that the world doesn't know for one that it does."""
    for rule in operation.raw.get("x-preconditions", ()):
        pool = world.audio if rule["check"] == "audio-known" else world.tasks
        names = [place.removeprefix("body.") for place in rule.get("id", ())]
        for name in names:
            if name in body and body[name] not in pool:
                body[name] = next((known for known in pool if known in world.spec.get("music_tasks", pool)), body[name])
    return body
