"""A mock of any contract, asked in that contract's words: whatever it calls things, a play of tasks is the same."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import yaml
from covermock.mock_server import Answer, Mock, Request, Settings
from covermock.mock_server.gateway.first import first_spec
from covermock.mock_server.mock import MakeStore, in_memory
from covermock.openapi import JSON, Contract, Operation, Validator, facts, load

from .fakes import NOON

HOST = "127.0.0.1:8080"


def first_world(folder: Path, contract: Contract) -> str:
    """Write the world that follows from a contract as a world file; return its path."""
    path = folder / "worlds" / f"{Path(contract.file).stem}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(dict(first_spec(contract)), sort_keys=False), encoding="utf-8")
    return str(path)


def play_of(spec: Path, folder: Path, store: MakeStore = in_memory, **settings: Any) -> "Play":
    """Return a mock of a contract in the world that follows from it, with a clock of its own."""
    mock = Mock(Settings(first_world(folder, load(spec)), spec, **settings), NOON, store)
    world = mock.store.world(mock.first)
    assert world is not None
    return Play(mock, {name: account.key for name, account in world.accounts.items()}, NOON)


class Play:
    """Asks a mock at the wall instant `wall`; `keys` are those of the accounts, of which `main` is used."""

    def __init__(self, mock: Mock, keys: Mapping[str, str], wall: float) -> None:
        self.mock = mock
        self.contract = mock.contract
        self.keys = keys
        self.wall = wall

    def send(
        self, method: str, target: str, body: Any = None, key: str | None = "", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request; `body` is bytes or a JSON value, `key=None` sends none."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = {"host": HOST, **({"content-type": JSON} if raw else {}), **(headers or {})}
        scheme = self.contract.scheme
        if key is not None and scheme and not target.startswith("/__mock/"):
            name, value = scheme.carry(key or self.keys["main"])
            sent[name.lower()] = value
        path, _, query = target.partition("?")
        return self.mock.answer(Request(method, path, query, sent, raw), self.wall)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control API and return its JSON."""
        answer = self.send(method, f"/__mock/{path}", body)
        assert answer.status < 300, answer.body
        return json.loads(answer.body or b"null")

    def ask(self, operation: Operation, name: str = "", body: Any = None, **given: Any) -> Answer:
        """Do an operation, as its first example does it, with another id where the contract has ids."""
        content = operation.raw.get("requestBody", {}).get("content", {}).get(JSON, {})
        examples = [row["value"] for row in content.get("examples", {}).values()]
        whole = {**examples[0], **(body or {})} if examples else None
        values = {(one.place, one.name): next(iter(one.examples), "") for one in operation.parameters}
        for place, field in operation.id_places[:1]:
            if place == "body" and name:
                whole = {**(whole or {}), field: name}
            elif name:
                values[place, field] = name
        path = re.sub(r"\{(\w+)\}", lambda found: quote(str(values["path", found[1]]), safe=""), operation.path)
        asked = {field: value for (place, field), value in values.items() if place == "query"}
        query = urlencode(asked, quote_via=quote)
        return self.send(operation.method, f"{path}?{query}" if query else path, whole, **given)

    def start(self, operation: Operation, source: str = "", **given: Any) -> str:
        """Start a task and return its id."""
        answer = self.ask(operation, source, **given)
        assert operation.success == answer.status, answer.body
        return str(self.fact(operation, answer, "task.id"))

    def poll(self, started_by: Operation, task: str, **given: Any) -> Answer:
        """Poll a task of the operation that started it."""
        return self.ask(self.contract.polled_by[started_by.id], task, **given)

    def state(self, started_by: Operation, task: str) -> str:
        """Return what a poll says of a task."""
        poll = self.contract.polled_by[started_by.id]
        return str(self.fact(poll, self.poll(started_by, task), "task.status"))

    def fact(self, operation: Operation, answer: Answer, name: str) -> Any:
        """Return what an answer says of an x-value."""
        found = facts(self.contract.root, operation.schema(answer.status), json.loads(answer.body), name)
        return next(found)

    def is_documented(self, operation: Operation, answer: Answer) -> bool:
        """Return True if an answer is as the operation documents it: status, media type, schema."""
        kind = dict(answer.headers)["Content-Type"]
        valid = Validator(operation.schema(answer.status), self.contract.root).is_valid(json.loads(answer.body))
        return valid and kind == operation.media_type(answer.status)

    @property
    def starts(self) -> list[Operation]:
        """Return the operations that start tasks."""
        return [operation for operation in self.contract.operations if operation.starts]

    def source(self, operation: Operation, word: str) -> str:
        """Return the id of the source with this word that the first world has for an operation."""
        rule = next(rule for rule in operation.rules if "id" in rule)
        return f"{rule.get('kind') or rule['lifecycle']}_{word}"

    def run(self, operation: Operation, task: str, seconds: Iterable[float]) -> list[str]:
        """Return the states that polls see, one after each wait."""
        seen = []
        for wait in seconds:
            seen.append(self.state(operation, task))
            self.wall += wait
        return seen
