"""A story that follows from any contract: starts, polls and refusals of all kinds, told to a mock in this process.

Two mocks that differ in anything a client can see give two records that differ.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from covermock.mock_server import Mock, Request, Settings
from covermock.mock_server.defects.sources import ids_of
from covermock.mock_server.world.fault import Fault
from covermock.mock_server.world.webhook import policy
from covermock.mock_server.world.world import World
from covermock.openapi import Operation, in_place, load

NOON = 1_780_000_000.0
MANY = 24  # ids that are asked for
STEPS = 9  # polls of each task, half a second apart: to its end and beyond
HOOK = "http://127.0.0.1:9/hook"
TEXTS = ("plain", "\U0001f3b5 \u00e9t\u00e9", 'two\nlines "quoted"', "long " * 1200)
WRONG: tuple[Any, ...] = (None, 5, "", [], {}, True, "nonsense")


@cache
def _operations(spec: Path) -> Mapping[str, Operation]:
    """Return the operations as the contract has them, whatever a defect makes of it."""
    return load(spec).by_id


@cache
def _polls(spec: Path) -> Mapping[str, str]:
    return {one: poll.id for one, poll in load(spec).polled_by.items()}


class Story:
    """A mock, and all that it has answered."""

    def __init__(self, spec: Path, defect: str = "") -> None:
        self.operations = _operations(spec)
        self.polls = {one: self.operations[poll] for one, poll in _polls(spec).items()}
        self.mock = Mock(Settings(spec=spec, defect=defect, over={"stage_seconds": 1}), NOON)
        self.wall = NOON
        self.record: list[Any] = []
        scheme = self.mock.contract.scheme
        assert scheme is not None
        self.scheme = scheme
        world = self.mock.store.world(self.mock.first)
        assert world is not None
        self.world: World = world
        self.keys = [account.key for account in self.world.accounts.values()]

    def ask(self, method: str, path: str, query: str = "", body: Any = None, **given: Any) -> None:
        """Send one request and record what comes; `key=None` sends none, `headers` are more of them."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"} if raw else {}
        value = given.get("value", self.scheme.value(given.get("key") or self.keys[0]))
        if value is not None and not ("key" in given and given["key"] is None):
            headers[self.scheme.header.lower()] = value
        inside, query = in_place({**headers, **given.get("headers", {})}.items(), query)
        request = Request(method, path, query, dict(inside), raw)
        answer = self.mock.answer(request, self.wall)
        wire = answer.wire and (answer.wire.kind, answer.wire.bytes, answer.wire.seconds)
        self.record.append((method, path, query, answer.status, answer.headers, answer.body, wire))

    def about(self, operation: Operation, name: Any, extra: Mapping[str, Any] | None = None, **given: Any) -> None:
        """Ask an operation for the thing of that id, with a body that its contract shows."""
        path, query, body = operation.path, "", {**_example(operation), **(extra or {})}
        places = operation.id_places
        for number, (place, key) in enumerate(places):
            body.pop(key, None)
            if number and place == "body" and not given.get("last"):
                continue
            if place == "path":
                path = path.replace("{" + key + "}", str(name))
            elif place == "query":
                query = f"{key}={name}"
            else:
                body = {**{k: v for k, v in body.items() if (place, k) not in places}, key: name}
        given.pop("last", None)
        self.ask(operation.method, path, query, body if operation.body is not None else None, **given)


def _example(operation: Operation) -> dict[str, Any]:
    """Return the smallest body that the contract shows."""
    content = operation.raw.get("requestBody", {}).get("content", {})
    examples = [one["value"] for kind in content.values() for one in kind.get("examples", {}).values()]
    return dict(min(examples, key=len)) if examples else {}


def tell(spec: Path, defect: str = "") -> list[Any]:
    """Return all that a mock says and does, with a defect or without."""
    story = Story(spec, defect)
    operations = story.operations.values()
    for operation in operations:
        story.about(operation, "nobody")
        _keys(story, operation)
        _bytes(story, operation)
        _paths(story, operation)
    for operation in operations:
        if operation.starts:
            _tasks(story, operation)
            _starts(story, operation)
            _twice(story, operation)
            _money(story, operation)
    _webhooks(story)
    return story.record


def _keys(story: Story, operation: Operation) -> None:
    key, scheme = story.keys[0], story.scheme
    changed = key[:-1] + ("x" if key[-1] != "x" else "y")
    for other in ("nobody", f"{key[:4]}_nobody", key[:-2], f"{key}s", key.upper(), changed):
        story.about(operation, "nobody", key=other)
    for value in (scheme.word, f"{scheme.word} ", "", key, f"Basic {key}", scheme.value(key.split("_")[0] + "_x")):
        story.about(operation, "nobody", value=value)
    for headers in ({"x-api-key": key}, {"x-auth-token": key}):
        story.about(operation, "nobody", key=None, headers=headers)
    story.about(operation, "nobody", key=None)
    story.ask(operation.method, operation.path, f"key={key}", b"{", key=None)


def _bytes(story: Story, operation: Operation) -> None:
    if operation.body is None:
        for query in ("", "other=x", "%00", "%FF"):
            story.ask(operation.method, operation.path, query)
        return
    marks = (b"{", b"", b"\xff", b'"\\u0000"', b'"\\ud800"', b"[" * 200, b'{"a": ' * 150, b'"%b"' % (b"x" * 200_000))
    for raw in (*marks, b"[]", b"null", b"{}"):
        story.ask(operation.method, operation.path, "", raw)


def _paths(story: Story, operation: Operation) -> None:
    for method, path in (("PUT", ""), ("DELETE", ""), (operation.method, "/"), (operation.method, "x")):
        story.ask(method, operation.path + path, "", {})
    for path in (operation.path.upper(), "/nowhere", *story.mock.contract.root["paths"]):
        story.ask(operation.method, path, "", {})


def _sources(story: Story, operation: Operation) -> list[str]:
    """Return what the operation may be asked for: what it takes first."""
    known = ids_of(story.world)
    tasks = {name for name, task in story.world.tasks.items() if task.started_by not in {operation.id, ""}}
    found = sorted(known, key=lambda name: (name in tasks, known.index(name)))
    return found if len(found) <= MANY else [*found[: MANY - 4], *found[-4:]]


def _near(name: str) -> Iterator[str]:
    yield from (name[:-2], f"{name}x", name.swapcase(), f" {name}", f"{name[:-1]}~", name.replace("_", "-"))
    yield name.replace("-", "_")
    yield f"%{ord(name[0]):x}{name[1:]}"


def _starts(story: Story, operation: Operation) -> None:
    """Ask for everything that is known, for what is nearly known, and with every body that a client could think of."""
    for name in (*_sources(story, operation), 5, "nobody"):
        story.about(operation, name)
        story.about(operation, name, last=True)
        story.about(operation, name, key=story.keys[-1])
        story.about(operation, name, key=story.keys[min(1, len(story.keys) - 1)])
    for name in _sources(story, operation)[:12]:
        for near in _near(name):
            story.about(operation, near)
    usable = _usable(story, operation)
    for extra in _bodies(operation):
        story.wall += 10
        story.about(operation, next(usable), extra)


def _usable(story: Story, operation: Operation) -> Iterator[str]:
    """Yield ids that the operation takes, for ever; what was used up is fresh again."""
    names = _taken(story.mock.settings.spec, operation.id)
    while True:
        for name in names or ("nobody",):
            story.world.uses.clear()
            yield name


@cache
def _taken(spec: Path, operation: str) -> tuple[str, ...]:
    """Return the ids from which a mock without a defect starts tasks."""
    story = Story(spec)
    found = []
    for name in ids_of(story.world):
        story.about(story.operations[operation], name)
        found += [name] if story.record[-1][3] < 300 else []
    return tuple(found)


def _fields(operation: Operation) -> Mapping[str, Any]:
    content = operation.raw.get("requestBody", {}).get("content", {})
    schemas = [kind["schema"] for kind in content.values()]
    ids = {name for _, name in operation.id_places}
    found: Mapping[str, Any] = {k: v for schema in schemas for k, v in schema["properties"].items() if k not in ids}
    return found


def _values(schema: Mapping[str, Any]) -> Iterator[Any]:
    if "enum" in schema:
        yield schema["enum"][-1]
    elif "pattern" in schema:
        yield HOOK
    elif schema.get("type") == "boolean":
        yield from (True, False)
    elif schema.get("type") in {"integer", "number"}:
        yield from (schema.get("minimum", 1), schema.get("minimum", 1) - 1, schema.get("maximum", 1) + 1)
    else:
        yield from TEXTS


def _bodies(operation: Operation) -> Iterator[dict[str, Any]]:
    """Yield what a body may have beside its id: each field alone, two together, and wrong values of each."""
    fields = _fields(operation)
    yield {}
    for name, schema in fields.items():
        yield from ({name: value} for value in (*_values(schema), *WRONG))
        for other, second in fields.items():
            yield from ({name: value, other: next(_values(second))} for value in (next(_values(schema)), None, ""))
    yield {name: next(_values(schema)) for name, schema in fields.items()}
    every = dict.fromkeys(fields)
    yield {**every, **_example(operation)}


def _told(operation: Operation) -> dict[str, Any]:
    callback = operation.callback
    return {callback[0]: HOOK} if callback else {}


def _tasks(story: Story, operation: Operation) -> None:
    """Start some tasks and poll each to its end and beyond, as every account, with near ids and without a key."""
    poll = story.polls[operation.id]
    usable = _usable(story, operation)
    for number in range(4):
        story.wall += 20
        story.about(operation, "nobody")
        story.about(operation, next(usable), key=None)
        _start_and_poll(story, poll, operation, next(usable), number)
        taken = _taken(story.mock.settings.spec, operation.id)
        for name in _sources(story, operation):
            if number == 3 or name not in taken:
                story.about(operation, name)
    own = [name for name in _sources(story, operation) if "second" in name]
    for name in (*own, *_taken(story.mock.settings.spec, operation.id))[:3]:
        story.wall += 20
        _start_and_poll(story, poll, operation, name, 4, key=story.keys[min(1, len(story.keys) - 1)])


def _start_and_poll(story: Story, poll: Operation, operation: Operation, name: str, number: int, **given: Any) -> None:
    before = set(story.world.tasks)
    story.about(operation, name, _told(operation), **given)
    for task in [task for task in story.world.tasks if task not in before]:
        if number in {2, 4}:  # the webhook of a task that nobody polls, and another account's task
            _ended(story)
        _poll(story, poll, task, number)
        _follow(story, operation, task)


def _ended(story: Story) -> None:
    """Look at the webhooks as they are now."""
    now = story.world.clock.now(story.wall + 100)
    for delivery in story.world.outbox:
        story.record.append(
            (delivery.task, dict(delivery.mode), story.mock.gateway.callback(story.world, delivery, now))
        )


def _poll(story: Story, poll: Operation, name: str, number: int) -> None:
    for _ in range(STEPS):
        for key in story.keys[:2]:
            story.about(poll, name, key=key)
        if number in {0, 1}:
            story.about(poll, name, key=None)
            story.about(poll, name, key="nobody")
        for near in _near(name) if number == 0 else ():
            story.about(poll, near)
        if number == 1:
            story.world.uses.clear()
            _follow(story, poll, name)
        story.wall += 0.5


def _follow(story: Story, operation: Operation, name: str) -> None:
    """Give a task to each operation that its start leads to."""
    for other in story.operations.values():
        if other.starts and other is not operation:
            story.about(other, name, key=story.keys[0])
            story.about(other, name, key=story.keys[min(1, len(story.keys) - 1)])


def _twice(story: Story, operation: Operation) -> None:
    """Ask for the same twice at once, and again later."""
    for name in _taken(story.mock.settings.spec, operation.id)[:3]:
        for pause in (10.0, 0.01, 0.01, 1.5, 10.0):
            story.wall += pause
            story.about(operation, name)
    story.wall += 10
    for name in (*_sources(story, operation)[-12:], "nobody"):
        story.about(operation, name)
        story.about(operation, name)
        story.wall += 1


def _money(story: Story, operation: Operation) -> None:
    """Spend the last credits, twice at once, with one too few, and on a task that fails."""
    story.record.append([one.balance for one in story.world.accounts.values()])
    account = next(iter(story.world.accounts.values()))
    price = story.world.price(operation.id)
    usable = _usable(story, operation)
    for balance in (price, price - 1, 0) if price else ():
        account.balance = balance
        story.wall += 10
        story.about(operation, next(usable))
        story.about(operation, next(usable))
        story.about(operation, "nobody")
        for poll in story.operations.values():
            if poll.polls:
                story.about(poll, "nobody")
    account.balance = 10 * price
    story.world.faults.append(Fault("fails", {"match": {"operation": operation.id}, "plan": {"outcome": "failure"}}))
    for _ in range(3):
        story.wall += 10
        before = set(story.world.tasks)
        story.about(operation, next(usable))
        for name in set(story.world.tasks) - before:
            story.wall += 60
            story.about(story.polls[operation.id], name)
    story.world.faults.clear()
    account.balance += 1000
    now = story.world.clock.now(story.wall)
    story.record.append([(one.balance, story.world.available(one, now)) for one in story.world.accounts.values()])


def _webhooks(story: Story) -> None:
    """Look at what is sent when tasks end, and how often."""
    _ended(story)
    contract = story.mock.contract
    story.record.append([dict(policy(contract, one.id)) for one in contract.operations if one.starts])
