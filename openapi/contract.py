"""A contract file, read, checked and ready: operations, clauses, errors, lifecycles. Knows no mock and no judge."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from .clauses import LEVELS, Clause, Sentence, read_clauses
from .error_rows import ErrorRow, read_errors
from .facts import branches, flat
from .ids import Ids, body_fields, missing_place
from .lifecycle import Lifecycle, read_lifecycles
from .names import nearest
from .operations import JSON, Operation, Parameter, examples_of
from .preconditions import complaint
from .references import resolve
from .rendering import ALL_FACTS, result_fields
from .security import KeyScheme, read_scheme
from .source import InvalidSourceError, Source, parse, read, read_text
from .strangers import lost_references, strangers
from .unsupported import unsupported
from .violations import Validator, refuse_invalid

FOLDER = Path(__file__).parent
GATEWAY = FOLDER / "gateway.yaml"
ADMIN = FOLDER / "admin.yaml"
_WIDTH = 120  # columns of YAML text
_IN_PATHS = "/{}%:@!$&'()*+,;="  # characters of a path's template beside letters and digits
_NAME_IN_PATH = re.compile(r"\{[^{}/]*\}")
_METHODS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True)
class Contract:
    """What a contract file says. Build it with `load`."""

    source: Source
    operations: tuple[Operation, ...]
    clauses: Mapping[str, Clause]
    errors: Mapping[str, ErrorRow]
    lifecycles: Mapping[str, Lifecycle]
    body_limit: int
    rules: Mapping[str, str]
    scheme: KeyScheme | None = None
    open: frozenset[str] = frozenset()

    @cached_property
    def by_id(self) -> Mapping[str, Operation]:
        return {operation.id: operation for operation in self.operations}

    @cached_property
    def result_fields(self) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
        """Return, by lifecycle, what its results are shown with: id, image_url, text …, each with its schema."""
        found: dict[str, dict[str, Mapping[str, Any]]] = {name: {} for name in self.lifecycles}
        for operation in self.operations:
            for schema in operation.shows if "x-task" in operation.raw else ():
                for name, own in result_fields(self.root, schema):
                    found[operation.task_kind].setdefault(name, own)
        return found

    def operation(self, name: str) -> Operation:
        """Return the operation with this id. Raises `KeyError` naming the nearest valid ids."""
        try:
            return self.by_id[name]
        except KeyError:
            raise KeyError(f"{name}: {nearest(name, self.by_id)}") from None

    @cached_property
    def sources(self) -> Mapping[str, frozenset[str]]:
        """Return the kinds of sources that tasks are started from, each with the numbers that rules look at."""
        found: dict[str, set[str]] = {}
        for operation in self.operations:
            kind = ""
            for rule in operation.rules:
                kind = rule.get("kind", kind)
                found.setdefault(kind, set()).update([rule["of"]] if "of" in rule else ()) if kind else None
        return {kind: frozenset(numbers) for kind, numbers in found.items()}

    @cached_property
    def ids(self) -> Ids:
        return Ids(self.root, self.operations)

    @property
    def unauthorized(self) -> frozenset[int]:
        """Return the statuses that say of a key that it is missing, or nobody's."""
        return frozenset(self.errors[name].status for name in ("missing-key", "invalid-key") if name in self.errors)

    @cached_property
    def polls(self) -> Mapping[str, Operation]:
        """Return the operation that shows the tasks of each lifecycle: of several the first."""
        return {self.by_id[name].task_kind: poll for name, poll in reversed(list(self.polled_by.items()))}

    @cached_property
    def polled_by(self) -> Mapping[str, Operation]:
        """Return what shows the tasks of each operation that starts them: what its answer links to, else the first."""
        links = [
            (one, self.by_id[link["operationId"]])
            for one in self.operations
            for response in one.responses.values()
            for link in response.get("links", {}).values()
        ]
        found = {one.id: to for one, to in links if one.starts and to.polls and one.task_kind == to.task_kind}
        polls = {one.task_kind: one for one in reversed(self.operations) if one.polls}
        others = {one.id: polls[one.task_kind] for one in self.operations if one.starts and one.task_kind in polls}
        return {**others, **found}

    @cached_property
    def text(self) -> str:
        """Return the file's text: as it was written, if nobody has changed the data since."""
        if not self.source.edited:
            return self.source.text
        return str(yaml.safe_dump(self.root, allow_unicode=True, sort_keys=False, width=_WIDTH))

    @property
    def answer_limit(self) -> float:
        """Return within how many seconds an answer has to come, or infinity where the file doesn't say."""
        return float(self.root.get("x-limits", {}).get("answer_seconds", "inf"))

    @property
    def file(self) -> str:
        """Return the file's name for people; that of the built-in one is short."""
        return "openapi/gateway.yaml" if self.source.name == str(GATEWAY) else self.source.name

    @property
    def root(self) -> Mapping[str, Any]:
        """Return the whole document, the scope of local references."""
        document: Mapping[str, Any] = self.source.data
        return document


def load(path: Path = GATEWAY) -> Contract:
    """Read and check the contract at `path`. Raises `InvalidSourceError` with file, line, expectation and remedy."""
    return _load(read_text(path), str(path))


@lru_cache(8)
def _load(text: str, name: str) -> Contract:
    """Return the contract of a text; it is a value that nobody changes, so the same text is the same contract."""
    return read_contract(parse(text, name))


def read_contract(source: Source) -> Contract:
    """Return the contract that a source holds. Raises `InvalidSourceError` as `load` does."""
    refuse_invalid(source, _dialect())
    for at, problem in lost_references(source.data):
        raise source.error(at, problem)
    contract = Contract(
        source,
        tuple(_operations(source)),
        read_clauses(source),
        read_errors(source),
        read_lifecycles(source),
        source.data.get("x-limits", {}).get("body_bytes", 1 << 20),
        source.data.get("x-rules", {}),
        read_scheme(source),
        frozenset(source.data.get("x-open", ())),
    )
    _refuse_strangers(contract)
    _refuse_odd_rules(contract)
    return contract


@cache
def _dialect() -> Validator:
    schema = read(FOLDER / "dialect.yaml").data
    return Validator(schema, schema)


def _operations(source: Source) -> Iterator[Operation]:
    seen: set[str] = set()
    for path, item in source.data["paths"].items():
        if path != quote(path, safe=_IN_PATHS):
            encoded = f"a path as a URL has it, {quote(path, safe=_IN_PATHS)}"
            raise source.error(("paths", path), f"expected {encoded}, received other characters")
        for method in _METHODS:
            if method in item:
                operation = _operation(source, path, method)
                shape = f"{method} {_NAME_IN_PATH.sub('{}', path)}"
                if not seen.isdisjoint({operation.id, shape}):
                    received = f"{operation.id!r}" if operation.id in seen else f"{path} beside one of its form"
                    problem = f"expected a new operationId at a path of its own, received {received}"
                    raise source.error(("paths", path, method), problem)
                seen |= {operation.id, shape}
                yield operation


def _operation(source: Source, path: str, method: str) -> Operation:
    root, item = source.data, source.data["paths"][path]
    raw = item[method]
    content = raw.get("requestBody", {}).get("content", {})
    schema = content.get(JSON, {}).get("schema")
    try:
        return Operation(
            raw["operationId"],
            method.upper(),
            path,
            source.line(("paths", path, method)),
            raw,
            _parameters(root, item.get("parameters", ()), raw.get("parameters", ())),
            Validator(schema, root) if schema is not None else None,
            tuple(content),
            {status: _follow(root, response) for status, response in raw["responses"].items()},
            dict(_absent(root, schema)),
        )
    except (KeyError, ValueError) as error:
        raise source.error(("paths", path, method), f"expected schemas and references that resolve: {error}") from error


def _absent(root: Mapping[str, Any], schema: Any) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the fields of a body for which the file names values that are read as absent."""
    for branch in branches(root, schema, {}):
        for name, own in branch.get("properties", {}).items():
            if isinstance(own, Mapping) and "x-absent" in own:
                yield name, tuple(own["x-absent"])


def _follow(root: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    followed: Mapping[str, Any] = resolve(root, node["$ref"]) if "$ref" in node else node
    return followed


def _parameters(root: Mapping[str, Any], *rows: Iterable[Mapping[str, Any]]) -> tuple[Parameter, ...]:
    """Return the parameters of an operation: one of its own takes the place of its path's."""
    found = [_parameter(root, row) for several in rows for row in several]
    return tuple({(one.place, one.name): one for one in found}.values())


def _parameter(root: Mapping[str, Any], row: Mapping[str, Any]) -> Parameter:
    row = _follow(root, row)
    validator = Validator(row["schema"], root)
    settled = (row.get("required", False), row.get("x-clause"), flat(root, row["schema"]))
    examples = tuple(one["value"] for one in examples_of(row).values())
    return Parameter(row["name"], row["in"], *settled, validator, tuple(row.get("x-open", ())), examples)


def _refuse_odd_rules(contract: Contract) -> None:
    """Refuse x-preconditions with unknown words, settings or order, and ids and webhooks whose place isn't there."""
    for operation in contract.operations:
        at = ("paths", operation.path, operation.method.lower())
        problem = complaint(operation.rules) or missing_place(contract.root, operation) or _odd_price(operation)
        if problem:
            raise contract.source.error((*at, "x-preconditions"), problem)
        asked = () if contract.source.edited else unsupported(contract.root, operation, bool(contract.lifecycles))
        for inside, problem in asked:  # a defect may make of a contract what it likes
            raise contract.source.error((*at, *inside), problem)
        hook = operation.callback and operation.callback[0]
        if operation.raw.get("callbacks") and hook not in body_fields(contract.root, operation):
            problem = "expected {$request.body#/FIELD} with a post, which says where the webhook's URL stands"
            raise contract.source.error((*at, "callbacks"), problem)


def _odd_price(operation: Operation) -> str | None:
    """Say that a price is least above its most, or None."""
    if operation.price <= operation.top_price:
        return None
    return f"x-credits: expected a max of {operation.price} or more, which is its min, received {operation.top_price}"


def _refuse_strangers(contract: Contract) -> None:
    """Refuse words that name a clause, error, lifecycle or operation which isn't in the file."""
    known = {
        "x-clause": contract.clauses,
        "clause": contract.clauses,
        "error": contract.errors,
        "x-task": contract.lifecycles,
        "lifecycle": contract.lifecycles,
        "started_by": contract.by_id,
        "operationId": contract.by_id,
        "for": contract.by_id,
        "x-value": ALL_FACTS,
    }
    sentences = {name: len(clause.sentences) for name, clause in contract.clauses.items()}
    for at, problem in strangers(contract.source.data, known, sentences):
        raise contract.source.error(at, problem)


def as_json(contract: Contract) -> str:
    """Return the contract as JSON text, for tools that read no YAML."""
    return json.dumps(contract.root, ensure_ascii=False, indent=2)


__all__ = [
    "ADMIN",
    "GATEWAY",
    "LEVELS",
    "Clause",
    "Contract",
    "ErrorRow",
    "InvalidSourceError",
    "Sentence",
    "load",
    "read_contract",
]
