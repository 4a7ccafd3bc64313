"""The control API: calls of every operation of admin.yaml on a world, among requests of its clients."""

import json
from typing import Any

from covermock.openapi import Operation

from ..choices import Choices
from ..sessions import Player, Session
from ..values import TEXTS, Values, body_of
from .gateway import WORDS, WORLDS, GatewayPaths

_WORDS = (
    *WORDS,
    "fz",
    "first",
    "docs",
    "w1",
    "f1",
    "d1",
    "last",
    "1",
    "2",
    "http://127.0.0.1:9/hook",
    "time",
    "polls",
    "manual",
)
_NAMES = {
    "world": ("fz",) * 12 + ("w1", "nope", "docs", "%66z", "a"),
    "task": ("{id0}", "{id1}", "gen_a", "gen_pending", "gen_failing", "nope", "%7Bid0%7D"),
    "fault": ("f1", "f2", "nope"),
    "callback": ("d1", "d2", "nope"),
    "entry": ("last", "1", "2", "0", "9" * 30, "x"),
    "file": ("1.png", "9.png", "1.gif", "0.png"),
}
_ODD_HEADERS = (
    {"host": "example.org"}, {"origin": "http://["}, {"origin": "http://127.0.0.1:8080"}, {"origin": "null"},
    {"sec-fetch-site": "cross-site"}, {"host": "[::1"}, {"host": ""}, {"content-type": "text/plain"},
    {"content-type": "audio/wav"}, {"authorization": "Bearer é"},
    {"last-event-id": "0,0,0,1780000000.000000000,0.000000000,ab"},
    {"last-event-id": "1,1,1,-9.000000000,9.000000000,a"},
)  # fmt: skip


class ControlApi:
    """Calls of the control API."""

    longest = 300
    steps = 5

    def __init__(self) -> None:
        self.player = Player("ledger", "export")
        admin = self.player.admin
        self._operations = [one for one in admin.operations if one.id != "readMedia"]  # its drawing is another matter
        self._values = Values(admin.root, _WORDS)
        self._world = admin.root["components"]["schemas"]["World"]
        self._gateway = GatewayPaths()

    def case(self, data: bytes) -> Session:
        """Return a session."""
        choices = Choices(data)
        world = self._values.near(self._world, choices) if choices.one_in(3) else choices.pick(WORLDS)
        steps = [self._step(choices)]
        while choices.more and len(steps) < self.steps:
            steps.append(self._step(choices))
        named = {**world, "name": "fz"} if isinstance(world, dict) and not choices.one_in(8) else world
        return {"world": json.dumps(named), "steps": steps}

    def play(self, case: Session) -> None:
        """Play the session."""
        self.player.play(case)

    def seeds(self) -> list[bytes]:
        """Return a few inputs of each length."""
        return [bytes((first * 53 + at * at * 7) % 256 for at in range(18 * first)) for first in range(1, 16)]

    def _step(self, choices: Choices) -> list[Any]:
        if choices.one_in(4):
            return self._gateway.request(choices)
        if choices.one_in(12):
            return ["pass", choices.pick((0.5, 10.0, 3600.0, -5.0, 1e7, 1e9))]
        return self._call(choices.pick(self._operations), choices)

    def _call(self, operation: Operation, choices: Choices) -> list[Any]:
        path = operation.path
        for parameter in operation.places["path"]:
            options = _NAMES.get(parameter.name) or parameter.schema.get("enum", ("x",))
            name = choices.pick(TEXTS) if choices.one_in(24) else choices.pick(options)
            path = path.replace(f"{{{parameter.name}}}", name.encode("utf-8", "surrogatepass").decode("latin-1"))
        content = operation.raw.get("requestBody", {}).get("content", {}).get("application/json", {})
        headers = {
            "content-type": "application/json",
            **(choices.pick(_ODD_HEADERS) if choices.one_in(2) else {"host": "127.0.0.1:8080"}),
        }
        body = b""
        if content:
            body = body_of(self._values.near(content["schema"], choices), choices)
        elif choices.one_in(16):
            body = choices.rest()[:40]
        if "audio" in headers["content-type"]:
            body = b"RIFF$\x00\x00\x00WAVEfmt " + choices.take(choices.below(60))
        method = operation.method if not choices.one_in(30) else choices.pick(("HEAD", "OPTIONS", "TRACE", "PUT"))
        return ["request", method, path, self._query(operation, choices), headers, body.decode("latin-1")]

    def _query(self, operation: Operation, choices: Choices) -> str:
        pairs = []
        for parameter in operation.places["query"]:
            if choices.one_in(3):
                value = self._values.near(parameter.schema, choices)
                pairs.append(f"{parameter.name}={value if isinstance(value, str) else json.dumps(value)}")
        if choices.one_in(30):
            pairs.append(choices.text())
        return "&".join(pairs).encode("utf-8", "surrogatepass").decode("latin-1")
