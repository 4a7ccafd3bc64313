"""What a client and a gateway said to each other, read from journal rows: plain data in, plain values out."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs

from covermock.openapi import Contract, Methods, Operation, Routes, facts, in_place, out_of_place

from ..exchange import curl_line
from ..statuses import is_crash, is_success

Row = Mapping[str, Any]
NO_JSON = object()  # what a body is that can't be read


@dataclass(frozen=True)
class Entry:
    """One request and its answer. `asked` is its real instant in Unix seconds, `delay` how long the answer took."""

    number: int
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: str
    capped: bool
    status: int
    answer: Any
    answer_headers: Mapping[str, str]
    asked: float
    delay: float
    wire: str
    error: str
    faults: tuple[str, ...] = ()
    methods: Methods = field(default_factory=dict)
    root: Mapping[str, Any] = field(default_factory=dict, repr=False)
    placed: Mapping[str, str] = field(default_factory=dict)
    key_header: str = ""

    @property
    def operation(self) -> Operation | None:
        return self.methods.get(self.method)

    @property
    def starts(self) -> bool:
        """Return True if it asks for a task, which costs credits."""
        return self.operation is not None and self.operation.starts

    @property
    def polls(self) -> bool:
        return self.operation is not None and self.operation.polls

    @property
    def kind(self) -> str:
        """Return the lifecycle of the tasks that its operation starts or shows."""
        return self.operation.task_kind if self.operation else ""

    @property
    def unclear(self) -> bool:
        """Return True if the client can't know, from the answer, what its request did."""
        return bool(self.wire) or self.delay > 0 or (is_crash(self.status) and self.retry_after is None)

    @property
    def arrived(self) -> bool:
        """Return True if a whole answer was sent at once that all is well: the client has surely read it."""
        return is_success(self.status) and not self.wire and not self.delay

    @property
    def answered_at(self) -> float:
        return self.asked + self.delay

    @cached_property
    def fields(self) -> Mapping[str, list[str]]:
        return parse_qs(self.query, keep_blank_values=True)

    @cached_property
    def value(self) -> Any:
        """Return the body as JSON, or `NO_JSON`."""
        return parse_json(self.body)

    @property
    def given_id(self) -> str:
        """Return the id that the request is about: the source of a task, or the task that is polled."""
        for place, name in self.operation.id_places if self.operation else ():
            query = self.fields.get(name, [None])[0] if place == "query" else None
            value = {"query": query, "path": self.placed.get(name)}.get(place, _member(self.value, name))
            if isinstance(value, str) or type(value) is int:
                return str(value)
        return ""

    @property
    def what(self) -> str:
        """Return what a second request must be like to be the same: all but where its webhook goes."""
        aside = {name for _, name in self.operation.id_places} if self.operation else set()
        hook = self.operation.callback if self.operation else None
        body: Any = self.body
        if isinstance(self.value, dict):
            body = {name: inner for name, inner in self.value.items() if name not in aside | set((hook or ())[:1])}
        fields = {name: values for name, values in self.fields.items() if name not in aside}
        return json.dumps([self.given_id, fields, body], sort_keys=True)

    @property
    def hook(self) -> Any:
        """Return where its webhook is to go, None where it asks for none."""
        hook = self.operation.callback if self.operation else None
        return _member(self.value, hook[0]) if hook else None

    @property
    def retry_after(self) -> float | None:
        """Return the seconds that the answer asks to wait, or None."""
        text = self.answer_headers.get("retry-after")
        if text is None:
            return None
        try:
            return float(text)
        except ValueError:
            return _seconds_until(text, self.answered_at)

    def fact(self, name: str) -> Any:
        """Return what the answer says of an x-value such as `task.id`; None where it doesn't."""
        if self.operation is None or not is_success(self.status) or not isinstance(self.answer, dict):
            return None
        return next(facts(self.root, self.operation.schema(self.operation.success), self.answer, name), None)

    def __str__(self) -> str:
        query = f"?{self.query}" if self.query else ""
        answer = {"reset": "connection reset", "empty": "connection closed"}.get(self.wire, str(self.status))
        return f"#{self.number} {self.method} {self.path}{query} → {answer}"

    @property
    def curl(self) -> str:
        """Return the request as a command, with the key left out."""
        shown = {name: value for name, value in self.headers.items() if name in {"content-type", self.key_header}}
        if self.key_header in shown:
            word, blank, _ = shown[self.key_header].partition(" ")
            shown[self.key_header] = f"{word} $GATEWAY_API_KEY" if blank else "$GATEWAY_API_KEY"
        headers, query = in_place(shown.items(), self.query, safe="$")
        target = f"$GATEWAY_BASE_URL{self.path}" + (f"?{query}" if query else "")
        return curl_line(self.method, target, headers, self.body.encode() or None)


def entries(contract: Contract, rows: Iterable[Row]) -> list[Entry]:
    """Return the exchanges of journal rows in the order in which they happened."""
    routes = Routes(contract.operations)
    found = sorted((_exchange(contract, routes, row) for row in rows), key=lambda one: one.asked)
    return [replace(one, number=number) for number, one in enumerate(found, 1)]


def parse_json(text: str) -> Any:
    """Return JSON as a value, or `NO_JSON`; a key that comes twice is no JSON of ours."""
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return NO_JSON


def seconds_of(text: str) -> float:
    """Return the Unix seconds of an RFC 3339 text."""
    return datetime.fromisoformat(text).timestamp()


def _exchange(contract: Contract, routes: Routes, row: Row) -> Entry:
    methods, placed = routes.find(row["path"])
    why = row.get("why", {})
    named = {name.lower(): value for name, value in row["headers"].items()}
    headers, query = out_of_place(contract.scheme, named, row["query"])
    return Entry(
        row["number"],
        row["method"],
        row["path"],
        query,
        headers,
        row["body"],
        row.get("body_capped", False),
        row["status"],
        parse_json(row["answer"]),
        {name.lower(): value for name, value in row["answer_headers"].items()},
        seconds_of(row.get("wall", row["at"])),
        float(why.get("delay") or 0.0),
        row.get("wire", ""),
        why.get("error") or "",
        tuple(why.get("faults") or ()),
        methods,
        contract.root,
        placed,
        contract.scheme.header.lower() if contract.scheme else "",
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a key comes twice")
    return dict(pairs)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _seconds_until(date: str, since: float) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp() - since
    except ValueError:
        return None
