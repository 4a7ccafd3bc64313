"""Whether an exported world, whose form is right, can live here: every name in it has to stand for something. Pure."""

from base64 import b64decode
from binascii import Error
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from covermock.openapi import Contract, Violation, nearest, shown

from ..world.world import UnknownNameError, build

Document = Mapping[str, Any]


def unfit(document: Document, contract: Contract) -> list[Violation]:
    """Return every way in which the document, valid by its schema, could not go on living under this contract."""
    found = [*_spec(document, contract), *_facts(document["state"], contract, "body.state")]
    if "state" in document["origin"]:
        found += _facts(document["origin"]["state"], contract, "body.origin.state")
    for name in ("journal", "controls"):
        found += _journal(document[name], f"body.{name}")
    return found


def _spec(document: Document, contract: Contract) -> Iterator[Violation]:
    try:
        build(document["name"], document["spec"], contract, document["now"])
    except UnknownNameError as error:
        yield Violation(".".join(("body.spec", *map(str, error.pointer))), "a name that exists", str(error))
    except KeyError as error:
        yield Violation("body.spec", f"{error} in every account", "an account without it")


def _facts(facts: Document, contract: Contract, where: str) -> Iterator[Violation]:
    tasks, accounts = [row["id"] for row in facts["tasks"]], [row["name"] for row in facts["accounts"]]
    yield from _once(f"{where}.tasks", tasks)
    yield from _once(f"{where}.accounts", accounts)
    yield from _once(f"{where}.accounts", [row["key"] for row in facts["accounts"]])
    yield from _once(f"{where}.faults", [row["id"] for row in facts["faults"]])
    yield from _once(f"{where}.webhooks.kept", [row["id"] for row in facts["webhooks"]["kept"]])
    yield from _known(f"{where}.covers", facts["covers"].values(), tasks)
    for number, row in enumerate(facts["accounts"]):
        yield from _known(f"{where}.accounts.{number}.risky", row["risky"], tasks)
    for number, row in enumerate(facts["tasks"]):
        yield from _task(row, ["", *accounts], contract, f"{where}.tasks.{number}")
    for number, row in enumerate(facts["webhooks"]["kept"]):
        yield from _webhook(row, tasks, contract, f"{where}.webhooks.kept.{number}")
    for name, row in facts["yields"].items():
        yield from _known(f"{where}.yields.{name}.error", [row["error"]] if "error" in row else [], contract.errors)


def _task(row: Document, accounts: list[str], contract: Contract, where: str) -> Iterator[Violation]:
    yield from _known(f"{where}.account", [row["account"]], accounts)
    yield from _known(f"{where}.started_by", [row["started_by"]], ["", *_operations(contract)])
    yield from _known(f"{where}.lifecycle", [row["lifecycle"]], contract.lifecycles)
    if row["lifecycle"] in contract.lifecycles:
        states = [state.name for state in contract.lifecycles[row["lifecycle"]].states]
        yield from _known(f"{where}.plan", [state for state, _ in row["plan"]], states)
    afters = [after for _, after in row["plan"]]
    if afters != sorted(afters):
        yield Violation(f"{where}.plan", "steps in the order of their seconds", shown(afters))


def _webhook(row: Document, tasks: list[str], contract: Contract, where: str) -> Iterator[Violation]:
    yield from _known(f"{where}.task", [row["task"]], tasks)
    calling = [operation.id for operation in contract.operations if operation.callback]
    yield from _known(f"{where}.operation", [row["operation"]], calling)


def _journal(row: Document, where: str) -> Iterator[Violation]:
    entries = row["entries"]
    first = row["total"] - len(entries) + 1
    if [entry["number"] for entry in entries] != list(range(first, row["total"] + 1)) or len(entries) > row["capacity"]:
        yield Violation(f"{where}.entries", f"the last of {row['total']} entries, in order", "others")
    for number, entry in enumerate(entries):
        for part in ("request", "answer"):
            if not _decodes(entry[part]["body"]):
                yield Violation(f"{where}.entries.{number}.{part}.body.base64", "base64", "another text")


def _decodes(body: Any) -> bool:
    try:
        return isinstance(body, str) or b64decode(body["base64"]) is not None
    except Error:
        return False


def _operations(contract: Contract) -> list[str]:
    return [operation.id for operation in contract.operations]


def _once(where: str, names: list[str]) -> Iterator[Violation]:
    twice = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
    if twice is not None:
        yield Violation(where, "each name once", f"{shown(twice)} twice")


def _known(where: str, names: Iterable[str], valid: Iterable[str]) -> Iterator[Violation]:
    known = set(valid)
    for name in names:
        if name not in known:
            yield Violation(where, f"a known name ({nearest(name, known)})", shown(name))
