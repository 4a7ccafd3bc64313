"""What OpenAPI can say of an operation with tasks, and this kit does not do: refused at load, never half done."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from .facts import branches, flat, parts, valued
from .names import nearest
from .operations import JSON, Operation
from .preconditions import AFFORDABLE
from .samples import untrue_samples

Problem = tuple[tuple[str, ...], str]  # where in the operation, and what is wrong there
_JSON: Final = re.compile(r"application/([\w.+-]+\+)?json")
_NOT_PARAMETERS: Final = frozenset({"accept", "authorization", "content-type"})  # OpenAPI ignores them, too
_IN_PATH: Final = re.compile(r"\{([^{}/]+)\}")
_HANDLERS: Final = ("start", "show")
_ONE_LEVEL: Final = ("x-open", "x-absent")
_OPEN: Final = ("empty", "odd", "odd-url")


def unsupported(root: Mapping[str, Any], operation: Operation, with_tasks: bool) -> Iterator[Problem]:
    """Yield what an operation of a contract `with_tasks` asks for and nobody would do."""
    if not (operation.starts or operation.polls):
        if with_tasks:
            word = operation.handler
            yield ("x-handler",), f"expected a known handler, received {word!r} ({nearest(word, _HANDLERS)})"
        return
    if {} in root.get("security", ()) or operation.raw.get("security", root.get("security")) != root.get("security"):
        yield ("security",), "expected a key by the security of the whole file alone, received a choice or another one"
    yield from _bodies(root, operation)
    yield from _answers(root, operation)
    yield from _parameters(operation)
    yield from untrue_samples(root, operation)
    if operation.top_price and AFFORDABLE not in operation.checks:
        problem = f"expected {{check: {AFFORDABLE}, error: …}}, since the operation has x-credits, received none"
        yield ("x-preconditions",), problem


def _bodies(root: Mapping[str, Any], operation: Operation) -> Iterator[Problem]:
    at = ("requestBody", "content")
    content = operation.raw.get("requestBody", {}).get("content", {JSON: {}})
    if [*content] != [JSON]:
        yield at, f"expected {JSON} alone, received {', '.join(content) or 'nothing'}; other bodies are not read"
        return
    schema = content[JSON].get("schema")
    fields = flat(root, schema).get("properties", {})
    for name, own in fields.items():
        inner = [word for word in _ONE_LEVEL for one in _below(root, own, frozenset()) if word in one]
        if inner:
            problem = f"expected {inner[0]} at the top of the body alone, received it within {name!r}; leave it out"
            yield (*at, JSON), problem
        odd = [word for word in flat(root, own).get("x-open", ()) if word not in _OPEN]
        if odd:
            yield (*at, JSON), f"{name}: expected a word of x-open, received {odd[0]!r} ({nearest(odd[0], _OPEN)})"
    for branch in branches(root, schema, {}):
        odd = [name for name in branch.get("x-open", ()) if name not in fields]
        if odd:
            yield (*at, JSON), f"x-open: expected a property, received {odd[0]!r} ({nearest(odd[0], fields)})"


def _below(root: Mapping[str, Any], schema: Any, passed: frozenset[int]) -> Iterator[Mapping[str, Any]]:
    """Yield the schemas of what is within a value, at any depth, each once."""
    for part in parts(root, schema):
        inner = [*part.get("properties", {}).values(), part.get("items")] if id(part) not in passed else []
        for one in inner:
            yield from parts(root, one)
            yield from _below(root, one, passed | {id(part)})


def _answers(root: Mapping[str, Any], operation: Operation) -> Iterator[Problem]:
    good = [status for status in operation.responses if status[0] in "23"]
    if len(good) > 1:
        problem = f"expected one answer of success for all states, received {' and '.join(good)}; keep one of them"
        yield ("responses",), problem
    needed = {"task.id"} if operation.starts else {"task.status"}
    told = {one["x-value"] for schema in operation.shows[:1] for one in valued(root, schema)}
    if not operation.answer or needed - told:
        yield ("responses",), f"expected a success whose schema has x-value: {min(needed)}, received none"
    for status, response in operation.responses.items():
        kinds = [*response.get("content", {})]
        if len(kinds) > 1 or not all(map(_JSON.fullmatch, kinds)):
            problem = f"expected one media type of JSON, such as {JSON}, received {', '.join(kinds)}"
            yield ("responses", status), problem
        if response.get("headers"):
            names = ", ".join(response["headers"])
            yield ("responses", status), f"expected no headers, since nobody sends or judges them, received {names}"


def _parameters(operation: Operation) -> Iterator[Problem]:
    at, here = ("parameters",), _IN_PATH.findall(operation.path)
    declared = {one.name for one in operation.places["path"]}
    if declared != {*here}:
        odd = ", ".join(sorted(declared ^ {*here}))
        yield at, f"expected a parameter in: path for each {{name}} of the path, received a difference in {odd}"
    for one in operation.parameters:
        if {"array", "object"} & {*_kinds(one.schema)}:
            yield at, f"{one.name}: expected a text, number or boolean, received a list or an object; leave it out"
        if one.place == "header" and one.name.lower() in _NOT_PARAMETERS:
            yield at, f"expected a header of its own, received {one.name}, which OpenAPI says elsewhere; leave it out"
        if one.place == "path" and not one.required:
            yield at, f"{one.name}: expected required: true, as of all that stands in a path, received false"


def _kinds(schema: Mapping[str, Any]) -> list[str]:
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)
