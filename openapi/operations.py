"""One operation of a contract: where it is, what it takes, what it says. Knows HTTP requests as data only."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from .clauses import clause_pointer
from .violations import NOTHING, REQUIRED, Validator, Violation

JSON = "application/json"
_NONE: Sequence[Violation] = ()
# Numbers as JSON writes them, and not as Python would take them, too: `1_0`, `nan`, digits of other scripts.
_INTEGER = re.compile(r"-?[0-9]{1,30}")
_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?")
_IN_PATH = re.compile(r"\{([^{}/]+)\}")
_IN_BODY = re.compile(r"\{\$request\.body#/([^{}/]+)\}")
_COERCIONS: dict[str, Callable[[str], Any]] = {
    "integer": lambda text: int(text) if _INTEGER.fullmatch(text) else text,
    "number": lambda text: float(text) if _NUMBER.fullmatch(text) else text,
    "boolean": lambda text: {"true": True, "false": False}.get(text, text),
}


def examples_of(node: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Return the examples of a body, an answer or a parameter by their names; a single one has none."""
    return node.get("examples") or ({"": {"value": node["example"]}} if "example" in node else {})


@dataclass(frozen=True)
class Parameter:
    """A parameter in the query, the path or a header; its text is turned into its schema's type before it is judged."""

    name: str
    place: str
    required: bool
    clause: str | None
    schema: Mapping[str, Any]
    validator: Validator
    open: tuple[str, ...] = ()
    examples: tuple[Any, ...] = ()

    def read(self, given: Sequence[str]) -> tuple[Any, Sequence[Violation]]:
        """Return (value or None, violations) for the values given under this name in the request."""
        if len(given) == 1:
            value = given[0] if self._is_text else self._convert(given[0])
            return value, _NONE if self.validator.is_valid(value) else self._violations(value)
        if given:
            return None, [Violation(self._where, "one value", f"{len(given)} values", self.clause)]
        missing = Violation(self._where, REQUIRED, NOTHING, self.clause, kind="required")
        return self.schema.get("default"), [missing] if self.required else []

    def _violations(self, value: Any) -> list[Violation]:
        """Return what is wrong with a value; it stands on the parameter's clause, unless its schema has one."""
        clause, number = clause_pointer(self.clause or "")
        found = self.validator.violations(value, self._where)
        return [one if one.clause else replace(one, clause=clause or None, sentence=number) for one in found]

    @property
    def _where(self) -> str:
        return f"{self.place}.{self.name}"

    @cached_property
    def _is_text(self) -> bool:
        return bool(self.schema.get("type", "string") == "string")

    def _convert(self, text: str) -> Any:
        kinds = self.schema.get("type", "string")
        for kind in (kinds,) if isinstance(kinds, str) else kinds:
            value = _COERCIONS[kind](text) if kind in _COERCIONS else text
            if value is not text:
                return value
        return text


@dataclass(frozen=True)
class Operation:
    """One method on one path. `raw` is the operation as the file says it; `line` is where that is."""

    id: str
    method: str
    path: str
    line: int
    raw: Mapping[str, Any]
    parameters: tuple[Parameter, ...]
    body: Validator | None
    media_types: tuple[str, ...] = (JSON,)
    responses: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    absent: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)  # by field of the body, from x-absent

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Return the pattern that the path of a request must match, with a group for each path parameter."""
        parts = _IN_PATH.split(self.path)
        return re.compile("".join("([^/]+)" if i % 2 else re.escape(p) for i, p in enumerate(parts)))

    def values_in(self, path: str) -> dict[str, str] | None:
        """Return what stands in a path at the places of its parameters, as it was sent; None for another path."""
        found = self.pattern.fullmatch(path)
        return dict(zip(_IN_PATH.findall(self.path), found.groups(), strict=True)) if found else None

    @cached_property
    def body_required(self) -> bool:
        """Return True if a request without a body breaks the contract."""
        return bool(self.raw.get("requestBody", {}).get("required", False))

    def without_absent(self, body: Any) -> Any:
        """Return a body without the fields whose values are read as if they were not there (x-absent)."""
        if not isinstance(body, dict):
            return body
        absent = self.absent
        gone = [name for name in absent.keys() & body.keys() if body[name] in absent[name]]
        return {name: value for name, value in body.items() if name not in gone} if gone else body

    @cached_property
    def examples(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the examples of its body by their names."""
        content = self.raw.get("requestBody", {}).get("content", {}).values()
        return {name: row for kind in content for name, row in examples_of(kind).items()}

    @property
    def body_limit(self) -> int | None:
        """Return the longest body (bytes) that it takes, where that is another than the contract's."""
        limit: int | None = self.raw.get("x-limits", {}).get("body_bytes")
        return limit

    @property
    def clause(self) -> str | None:
        return self.raw.get("x-clause")

    @property
    def handler(self) -> str:
        """Return the name of the handler that answers; without x-handler it is the operation's own id."""
        return str(self.raw.get("x-handler", self.id))

    @cached_property
    def rules(self) -> tuple[Mapping[str, Any], ...]:
        """Return the rows of its x-preconditions, in the order in which they are checked."""
        return tuple(self.raw.get("x-preconditions", ()))

    @cached_property
    def checks(self) -> frozenset[str]:
        """Return the names of the business rules that its x-preconditions ask for."""
        return frozenset(rule["check"] for rule in self.rules)

    @property
    def starts(self) -> bool:
        return self.handler == "start"

    @property
    def polls(self) -> bool:
        return self.handler == "show"

    @cached_property
    def id_prefix(self) -> str:
        """Return how the mock's ids of its tasks begin."""
        return str(self.raw.get("x-id-prefix", f"{self.task_kind}_"))

    @cached_property
    def task_kind(self) -> str:
        """Return the lifecycle of the tasks that it starts or shows, or an empty text."""
        return str(self.raw.get("x-task", ""))

    @cached_property
    def id_places(self) -> tuple[tuple[str, str], ...]:
        """Return where the id stands that it is about, as (place, name): (body, taskId), (path, task)."""
        places = (place for row in self.raw.get("x-preconditions", ()) for place in row.get("id", ()))
        return tuple((where, name) for where, _, name in (place.partition(".") for place in places))

    @property
    def top_price(self) -> int:
        """Return the credits that it costs at most."""
        return int(self.raw.get("x-credits", {}).get("max", 0))

    @cached_property
    def price(self) -> int:
        """Return the credits that the mock charges unless a world says otherwise (U13)."""
        return int(self.raw.get("x-credits", {}).get("min", 0))

    @cached_property
    def callback(self) -> tuple[str, Mapping[str, Any]] | None:
        """Return (the body's field that holds the URL, the callback operation) of its webhook, or None."""
        for callback in self.raw.get("callbacks", {}).values():
            for expression, item in callback.items():
                field_of = _IN_BODY.fullmatch(expression)
                if field_of and "post" in item:
                    return field_of[1], item["post"]
        return None

    @cached_property
    def places(self) -> Mapping[str, tuple[Parameter, ...]]:
        """Return the parameters by place: query, path, header."""
        return {place: tuple(p for p in self.parameters if p.place == place) for place in ("query", "path", "header")}

    def read(self, place: str, given: Mapping[str, list[str]]) -> tuple[dict[str, Any], list[Violation]]:
        """Return (values, violations) of the parameters in `place` (query, path or header)."""
        values: dict[str, Any] = {}
        broken: list[Violation] = []
        for parameter in self.places[place]:
            values[parameter.name], problems = parameter.read(given.get(parameter.name, ()))
            broken += problems
        return values, broken

    @property
    def shows(self) -> list[Mapping[str, Any]]:
        """Return the schemas of what it tells of its task: its answer, and the body of its webhook."""
        callback = [self.callback[1].get("requestBody", {})] if self.callback else []
        told = [self.answer, *callback]
        kinds: list[Mapping[str, Any]] = [next(iter(part.get("content", {}).values()), {}) for part in told]
        return [kind["schema"] for kind in kinds if "schema" in kind]

    @cached_property
    def success(self) -> int:
        """Return the status of its answer when all is well: the first 2xx that it documents."""
        return int(next((status for status in self.responses if status[0] == "2" and status.isdecimal()), "200"))

    @property
    def answer(self) -> Mapping[str, Any]:
        """Return the documented response when all is well, or an empty one."""
        return self.responses.get(str(self.success)) or self.responses.get("2XX", {})

    @property
    def refusals(self) -> list[str]:
        """Return the names under which it documents errors, such as 404, 4XX or default."""
        return [status for status in self.responses if status[0] in "45d"]

    def documented(self, status: int | str) -> Mapping[str, Any]:
        """Return the response that it documents for a status, such as 404, 4XX or default, or an empty one."""
        names = (str(status), f"{str(status)[0]}XX", "default")
        return next((self.responses[name] for name in names if name in self.responses), {})

    def media_type(self, status: int | str) -> str:
        """Return the media type of the documented answer with this status, or an empty text."""
        return next(iter(self.documented(status).get("content", {})), "")

    def schema(self, status: int | str) -> Mapping[str, Any]:
        """Return the JSON schema of the documented answer with this status. Raises `KeyError` when there is none."""
        schema: Mapping[str, Any] = self.documented(status)["content"][self.media_type(status)]["schema"]
        return schema
