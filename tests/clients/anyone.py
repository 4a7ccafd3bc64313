"""A client of any contract: where keys, ids and states stand it reads in the file. It does well, or has a bad habit."""

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import repeat
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from covermock.openapi import JSON, Contract, Operation, facts, flat, in_place, sample_text
from covermock.openapi.needs import need_of
from support.virtual import Ask, Reply, Steps

Values = Mapping[str, str]
PAUSE, POLLS = 0.1, 80


@dataclass
class Draft:
    """A request before it is sent, which a habit may change."""

    operation: Operation
    key: tuple[str, str] | None
    method: str
    path: dict[str, str] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None

    def ask(self) -> Ask:
        """Return the request, each part of its path and query encoded once."""
        path = self.operation.path
        for name, value in self.path.items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        headers = {**self.headers, **({"content-type": JSON} if self.body is not None else {}), **self.headers}
        rows = [*headers.items(), *([self.key] if self.key else [])]
        given, query = in_place(rows, urlencode(self.query, quote_via=quote))
        return Ask(self.method, f"{path}?{query}" if query else path, dict(given), self.body)


Change = Callable[["Anyone", Draft], None]


@dataclass(frozen=True)
class Anyone:
    """A client that starts a task by one operation and polls it where the contract says.

    `to_start` and `to_poll` change what it sends, `again` is how often it starts, `looks` how often it polls after
    the end, `takes` turns an id into the one that it polls; `code` is what it says in the end, whatever came.
    """

    contract: Contract
    start: Operation
    values: Values
    to_start: Change = lambda *_: None
    to_poll: Change = lambda *_: None
    again: int = 0
    looks: int = 0
    pause: float = PAUSE
    polls: int = POLLS
    takes: Callable[[str], str] = str
    patient: bool = True
    fetches: bool = False
    repeats: bool = False
    astray: bool = False
    code: int | None = None

    @cached_property
    def source(self) -> str:
        """Return the id that it was given for its operation, or an empty text."""
        need = need_of(self.start)
        return self.values[f"{need.kind}_task" if need.is_task else need.kind] if need else ""

    def draft(self, operation: Operation, name: str) -> Draft:
        """Return a request for an operation as its examples have it, about an id."""
        scheme = self.contract.scheme
        carried = scheme.carry(self.values["api_key"]) if scheme else None
        made = Draft(operation, carried, operation.method, body=example_of(operation))
        places = {"path": made.path, "query": made.query, "header": made.headers, "body": made.body}
        for parameter in operation.parameters:
            if parameter.required:
                places[parameter.place][parameter.name] = sample_text(self.contract.root, parameter)
        for place, key in operation.id_places[:1] if name else ():
            kind = operation.task_kind if operation.polls else getattr(need_of(operation), "kind", "")
            places[place][key] = self.contract.ids.value(kind, name) if place == "body" else name
        return made

    def send(self, draft: Draft) -> Generator[Any, Any, Reply | None]:
        """Send a request; a refusal with Retry-After is repeated after that time."""
        while True:
            try:
                got: Reply = yield draft.ask()
            except ConnectionError:
                return None
            if "retry-after" not in got.headers or got.status < 400:
                return got
            yield float(got.headers["retry-after"]) if self.patient else PAUSE

    def begin(self) -> Generator[Any, Any, str]:
        """Return the id of a started task, or an empty text."""
        task = ""
        for _ in range(1 + self.again):
            draft = self.draft(self.start, self.source)
            self.to_start(self, draft)
            got = yield from self.send(draft)
            task = self.fact(self.start, got, "task.id") or task
            if self.repeats and got and got.status >= 400:
                yield from self.send(draft)
        return task

    @cached_property
    def looked_at(self) -> Operation:
        """Return the operation that it polls: the one that the contract links to, unless it polls astray."""
        others = others_that_poll(self.contract, self.start) if self.astray else []
        return others[0] if others else self.contract.polled_by[self.start.id]

    def look(self, task: str) -> Generator[Any, Any, tuple[str, Reply | None]]:
        """Return the state of a task, `gone` where it can't be had, or an empty text."""
        draft = self.draft(self.looked_at, task)
        self.to_poll(self, draft)
        got = yield from self.send(draft)
        refused = got is not None and 400 <= got.status < 500
        return "gone" if refused else str(self.fact(self.looked_at, got, "task.status") or ""), got

    def run(self) -> Steps:
        task = yield from self.begin()
        code = (yield from self.watch(self.takes(task))) if task else 1
        return code if self.code is None else self.code

    def watch(self, task: str) -> Generator[Any, Any, int]:
        cycle = self.contract.lifecycles[self.start.task_kind]
        for pause in repeat(self.pause, self.polls):
            state, got = yield from self.look(task)
            if state in cycle.terminal or state == "gone":
                for _ in range(self.looks):
                    yield self.pause
                    yield from self.look(task)
                yield from self.fetch(got) if self.fetches else ()
                return int(state != cycle.success.name)
            yield pause
        return 1

    def fetch(self, got: Reply | None) -> Generator[Any, Any, None]:
        """Fetch the file of a result with the key, which is nobody else's business."""
        url = self.fact(self.looked_at, got, "result.image_url") or self.fact(self.looked_at, got, "result.audio_url")
        parts = urlsplit(url)
        yield Ask("GET", f"{parts.path}?token={self.values['api_key']}", {"host": parts.netloc})

    def fact(self, operation: Operation, got: Reply | None, name: str) -> Any:
        if got is None or got.status >= 300:
            return None
        return next(facts(self.contract.root, operation.schema(got.status), got.value, name), None)


def example_of(operation: Operation) -> Any:
    """Return the fullest example of a body that asks for no webhook, as a value of its own."""
    values = [one["value"] for one in operation.examples.values()]
    hook = operation.callback[0] if operation.callback else None
    plain = [value for value in values if hook not in value]
    return json.loads(json.dumps(max(plain, key=len, default={} if operation.body else None)))


# Bad habits: what they change, where they apply, in which scenario they show, and the rule.


def required_of(contract: Contract, operation: Operation) -> list[str]:
    schema = operation.raw.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema", {})
    return list(flat(contract.root, schema).get("required", ()))


def drop(one: Anyone, draft: Draft) -> None:
    """Leave out what is required: in the body, else in the query or a header."""
    names = required_of(one.contract, draft.operation)
    if names:
        draft.body.pop(names[-1])
        return
    name = next(p.name for p in draft.operation.parameters if p.required and p.place != "path")
    draft.query.pop(name, None)
    draft.headers.pop(name, None)


def can_drop(contract: Contract, operation: Operation) -> bool:
    others = any(one.required and one.place != "path" for one in operation.parameters)
    return bool(required_of(contract, operation)) or others


def misspell(_: Anyone, draft: Draft) -> None:
    draft.body["unheard_of"] = 1


def unwrap(_: Anyone, draft: Draft) -> None:
    draft.body = list(draft.body)


def other_key(one: Anyone, draft: Draft) -> None:
    assert one.contract.scheme is not None
    draft.key = one.contract.scheme.carry(f"{one.contract.scheme.prefix}somebody")


def no_key(_: Anyone, draft: Draft) -> None:
    draft.key = None


def key_twice(one: Anyone, draft: Draft) -> None:
    draft.headers["x-secret"] = one.values["api_key"]


def key_in_query(one: Anyone, draft: Draft) -> None:
    draft.query["secret"] = one.values["api_key"]


def as_form(_: Anyone, draft: Draft) -> None:
    draft.headers["content-type"] = "application/x-www-form-urlencoded"


def another_method(_: Anyone, draft: Draft) -> None:
    draft.method = "PATCH"


def has_body(_: Contract, operation: Operation) -> bool:
    return operation.body is not None


def is_strict(contract: Contract, operation: Operation) -> bool:
    """Return True if a body may have no other fields than those that the contract names."""
    schema = operation.raw.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema", {})
    return flat(contract.root, schema).get("additionalProperties") is False


def has_files(contract: Contract, operation: Operation) -> bool:
    return bool({"image_url", "audio_url"} & contract.result_fields[operation.task_kind].keys())


def anywhere(_: Contract, __: Operation) -> bool:
    return True


def others_that_poll(contract: Contract, start: Operation) -> list[Operation]:
    """Return the operations that poll other tasks; those of its own lifecycle come first."""
    others = [one for one in contract.operations if one.polls and one is not contract.polled_by[start.id]]
    return sorted(others, key=lambda one: one.task_kind != start.task_kind)


def has_others(contract: Contract, operation: Operation) -> bool:
    return bool(others_that_poll(contract, operation))


@dataclass(frozen=True)
class Habit:
    """`how` are a client's settings, `where` says which operations can show it, and `scenario` when it shows."""

    rule: str
    how: Mapping[str, Any]
    scenario: str = "happy"
    where: Callable[[Contract, Operation], bool] = anywhere


HABITS: dict[str, Habit] = {
    "polls on after the end": Habit("stops-at-the-end", {"looks": 4}),
    "a busy loop": Habit("no-busy-loop", {"pause": 0.001, "polls": 400}),
    "starts twice": Habit("pays-once", {"again": 1}),
    "ignores a failure": Habit("reports-failure", {"code": 0}, "task-fails"),
    "says success too early": Habit("sees-the-end", {"polls": 1, "code": 0}),
    "never gives up": Habit("gives-up", {"polls": 10_000}, "never-ends"),
    "declares a form": Habit("json-type", {"to_start": as_form}, where=has_body),
    "sends a list": Habit("valid-request", {"to_start": unwrap}, where=has_body),
    "sends no key": Habit("key-in-header", {"to_start": no_key}),
    "polls without its key": Habit("key-in-header", {"to_poll": no_key}),
    "sends another key": Habit("own-key", {"to_start": other_key}),
    "its key in a header of its own, too": Habit("key-nowhere-else", {"to_start": key_twice}),
    "its key in the URL of a poll": Habit("key-nowhere-else", {"to_poll": key_in_query}),
    "an unknown field": Habit(
        "known-names", {"to_start": misspell}, where=lambda *o: has_body(*o) and not is_strict(*o)
    ),
    "a field that is forbidden": Habit(
        "valid-request", {"to_start": misspell}, where=lambda *o: has_body(*o) and is_strict(*o)
    ),
    "leaves out what is required": Habit("valid-request", {"to_start": drop}, where=can_drop),
    "guesses an id": Habit("given-task", {"takes": lambda task: f"{task}7", "polls": 3}),
    "polls at another operation": Habit("given-task", {"astray": True, "polls": 3}, where=has_others),
    "its key to a file": Habit("key-for-gateway-only", {"fetches": True}, where=has_files),
    "ignores Retry-After": Habit("respects-retry-after", {"patient": False}, "poll-limited"),
    "another method": Habit("right-method", {"to_poll": another_method, "polls": 2}),
    "repeats what was refused": Habit("no-hopeless-repeat", {"repeats": True}, "unauthorized"),
}
