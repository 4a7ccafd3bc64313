"""Where a contract's values stand: the fields of its answers and bodies, and how to change what is there."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

from covermock.openapi import Contract, Operation, branches, flat, own_references, parts

from .defect import InapplicableError

_CONDITION: Final = ("if", "then", "else")
EACH = "*"  # stands for each item of a list
Path = tuple[str, ...]
Schema = Mapping[str, Any]
Place = tuple[Any, Any]
"""What holds a value (an object or a list), and the key or index under which it does."""


class Field(NamedTuple):
    """A field of a JSON value: its path from the top, its schema, whether it must be there, the clause it stands on."""

    path: Path
    schema: Schema
    required: bool
    clause: str

    @property
    def name(self) -> str:
        """Return its own name, for people."""
        return next((step for step in reversed(self.path) if step != EACH), "")

    @property
    def fact(self) -> str:
        return str(self.schema.get("x-value", ""))


def fields(
    root: Mapping[str, Any], schema: Schema, clause: str = "", path: Path = (), passed: frozenset[str] = frozenset()
) -> Iterator[Field]:
    """Yield every field that a schema describes, from the top down; what contains itself is described once."""
    here, references = flat(root, schema), own_references(root, schema)
    if references & passed:
        return
    clause = str(here.get("x-clause", clause))
    needed = here.get("required", ())
    for name, inner in here.get("properties", {}).items():
        if isinstance(inner, Mapping):
            below = flat(root, inner)
            yield Field((*path, name), below, name in needed, str(below.get("x-clause", clause)))
            yield from fields(root, inner, clause, (*path, name), passed | references)
    if isinstance(here.get("items"), Mapping):
        yield from fields(root, here["items"], clause, (*path, EACH), passed | references)


def schema_of(part: Mapping[str, Any]) -> Schema | None:
    """Return the schema of a response or a request's body, whatever its media type, or None."""
    return next((kind["schema"] for kind in part.get("content", {}).values() if "schema" in kind), None)


def clause_of(operation: Operation) -> str:
    """Return the clause of its success."""
    return str(operation.answer.get("x-clause", operation.clause or ""))


def answer_fields(contract: Contract, operation: Operation) -> list[Field]:
    schema = schema_of(operation.answer)
    return list(fields(contract.root, schema, clause_of(operation))) if schema else []


def holder_clause(contract: Contract, operation: Operation, field: Field) -> str:
    """Return the clause of what holds a field of a success: it says what has to be there."""
    holder = field.path[:-1]
    while holder and holder[-1] == EACH:
        holder = holder[:-1]
    known = {one.path: one.clause for one in answer_fields(contract, operation)}
    whole = flat(contract.root, schema_of(operation.answer))
    return known.get(holder, str(whole.get("x-clause", clause_of(operation))))


def body_fields(contract: Contract, operation: Operation) -> list[Field]:
    schema = body_schema(contract.root, operation.raw)
    return list(fields(contract.root, schema, operation.clause or "")) if schema else []


def body_field(contract: Contract, operation: str, name: str) -> Field:
    """Return the field of that name at the top of an operation's body. Raises `InapplicableError`."""
    found = body_fields(contract, contract.by_id[operation]) if operation in contract.by_id else []
    for one in found:
        if one.path == (name,):
            return one
    raise InapplicableError(f"{operation} has no field {name}")


def body_schema(root: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the schema of an operation's body with what it refers to; conditions beyond the first stand in allOf."""
    schema = schema_of(raw.get("requestBody", {}))
    if schema is None:
        return None
    whole = {word: value for word, value in flat(root, schema).items() if word not in {"$ref", "allOf"}}
    fields = {name: _without_reference(flat(root, one)) for name, one in whole.get("properties", {}).items()}
    conditional = [
        {word: one[word] for word in _CONDITION if word in one} for one in parts(root, schema) if "if" in one
    ]
    more = {"allOf": conditional[1:]} if conditional[1:] else {}
    return {**whole, **({"properties": fields} if fields else {}), **more}


def _without_reference(schema: Schema) -> dict[str, Any]:
    return {word: value for word, value in schema.items() if word != "$ref"}


def facts_in(contract: Contract, operation: Operation, *names: str) -> list[Field]:
    """Return the fields of an operation's success that hold one of these x-value facts."""
    return [field for field in answer_fields(contract, operation) if field.fact in names]


def results_of(contract: Contract, operation: Operation) -> list[Field]:
    """Return the fields of a success that hold a task's results: a list of them, or one result's own facts."""
    found = facts_in(contract, operation, "task.results")
    single = [one for one in answer_fields(contract, operation) if one.fact.startswith("result.")]
    return found or [one for one in single if EACH not in one.path]


def error_fields(contract: Contract) -> list[Field]:
    """Return the fields of every envelope of errors that the contract has."""
    responses = [row for one in contract.operations for row in map(one.responses.__getitem__, one.refusals)]
    schemas = [schema for row in responses if (schema := schema_of(row))]
    found = [field for schema in schemas for field in fields(contract.root, schema)]
    return list({field.path: field for field in found}.values())


def _branches_in(contract: Contract, operation: Operation, field: Field, state: str) -> Iterator[Schema]:
    """Yield the branches of the schema of what holds a field that apply in a state."""
    schema: Any = schema_of(operation.answer)
    for step in field.path[:-1]:
        schema = flat(contract.root, schema)
        schema = schema.get("items") if step == EACH else schema.get("properties", {}).get(step)
    told = [one for one in facts_in(contract, operation, "task.status") if one.path[:-1] == field.path[:-1]]
    yield from branches(contract.root, schema, {told[0].name: state} if told else {})


def _in_state(contract: Contract, operation: Operation, field: Field, state: str) -> Iterator[tuple[Schema, Schema]]:
    """Yield (branch, what it says of the field) of each branch of the schema that applies in a state."""
    for branch in _branches_in(contract, operation, field, state):
        row = branch.get("properties", {}).get(field.name)
        if row is not None and not (isinstance(row, Mapping) and ("x-value" in row or "type" in row)):
            yield branch, row if isinstance(row, Mapping) else {}


def restrictions(contract: Contract, operation: Operation, field: Field, state: str) -> list[Schema]:
    """Return what the branches that apply in a state say of a field."""
    return [row for _, row in _in_state(contract, operation, field, state)]


def clause_of_need(contract: Contract, operation: Operation, field: Field, state: str) -> str:
    """Return the clause that says that a field has to be there in a state."""
    rows = _branches_in(contract, operation, field, state)
    needing = (
        one for one in rows if field.name in one.get("required", ()) and field.name not in one.get("properties", {})
    )
    return next((str(one["x-clause"]) for one in needing if "x-clause" in one), "")


def clause_in_state(contract: Contract, operation: Operation, field: Field, state: str) -> str:
    """Return the clause that says what a field has in a state: that of the branch which applies then."""
    told = (branch["x-clause"] for branch, _ in _in_state(contract, operation, field, state) if "x-clause" in branch)
    return str(next(told, field.clause))


def places(value: Any, path: Path) -> Iterator[Place]:
    """Yield each place in a value that a path leads to, if something is there."""
    if not path:
        return
    step, *rest = path
    if step == EACH:
        for index, item in enumerate(value if isinstance(value, list) else ()):
            yield from places(item, tuple(rest)) if rest else [(value, index)]
    elif isinstance(value, dict) and step in value:
        yield from places(value[step], tuple(rest)) if rest else [(value, step)]


def at(value: Any, path: Path) -> Any:
    """Return what stands first at a path of a value, or None."""
    return next((holder[key] for holder, key in places(value, path)), None)


def put(value: Any, path: Path, change: Callable[[Any], Any]) -> None:
    """Change what stands at a path, in place."""
    for holder, key in list(places(value, path)):
        holder[key] = change(holder[key])


def drop(value: Any, path: Path) -> None:
    for holder, key in list(places(value, path)):
        del holder[key]


def rename(value: Any, path: Path, name: str) -> None:
    """Give a field another name; it keeps its place among the others."""
    for holder, key in list(places(value, path)):
        rows = [(name if inner == key else inner, one) for inner, one in holder.items()]
        holder.clear()
        holder.update(rows)


def of_kind(contract: Contract, on: str | Collection[str]) -> list[Operation]:
    """Return the operations of these ids; `starts` and `polls` stand for all that start tasks or show them."""
    if isinstance(on, str) and on in {"starts", "polls", ""}:
        return [one for one in contract.operations if not on or getattr(one, on)]
    names = [on] if isinstance(on, str) else list(on)
    if not set(names) <= contract.by_id.keys():
        raise InapplicableError(f"no such operation: {on}")
    return [contract.by_id[name] for name in names]
