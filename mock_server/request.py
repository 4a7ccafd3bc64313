"""A request and its answer as plain values: what every edge (Flask, the server, tests) translates to and from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from covermock.openapi import JSON


@dataclass(slots=True)
class Request:
    """One HTTP request. `path` is as it was sent, without the query; header names are in lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def host(self) -> str:
        """Return the Host header, or an empty text."""
        return self.headers.get("host", "")


@dataclass(slots=True)
class Answer:
    """One HTTP answer. `why` says what it rests on: operation, clause, error, task, world."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = (("Content-Type", JSON),)
    why: Mapping[str, Any] = field(default_factory=dict)


def json_answer(status: int, value: object, why: Mapping[str, Any], *headers: tuple[str, str]) -> Answer:
    """Return an answer with a JSON body. Text that UTF-8 can't carry is shown with question marks."""
    try:
        body = orjson.dumps(value)
    except TypeError:
        import json

        body = json.dumps(value).encode()
    return Answer(status, body, (("Content-Type", JSON), *headers), why)
