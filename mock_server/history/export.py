"""A world as one JSON value, and back: all of its facts, its clock, its seed, its journal. Nothing is left out.

The form is `ExportedWorld` of admin.yaml; what else a document has to be is in fitness.py.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from covermock.openapi import Contract

from ..http.messages import Answer, Request, Wire, bytes_as_json, bytes_from_json
from ..world.account import Account
from ..world.build import build
from ..world.clock import Clock
from ..world.fault import Fault
from ..world.journal import Entry, Journal
from ..world.outbox import Outbox
from ..world.task import Tasks, task_of
from ..world.webhook import PLANNED, SENDING, delivery_of
from ..world.world import TaskSource, World

FORMAT = 1
Document = Mapping[str, Any]


def export(world: World, now: float) -> dict[str, Any]:
    """Return the world's state at its time `now`, what it began as (`origin`), and its journal."""
    return {
        "format": FORMAT,
        "name": world.name,
        "now": now,
        "spec": dict(world.spec),
        "state": state(world),
        "origin": dict(world.origin),
        "journal": _journal(world.journal),
        "controls": _journal(world.controls),
    }


def state(world: World) -> dict[str, Any]:
    """Return the world's facts, without its past."""
    return {
        "clock": asdict(world.clock),
        "seed": world.seed,
        "drive": world.drive,
        "made": world.made,
        "acts": world.version,
        "faults_made": world.faults_made,
        "accounts": [_account(account) for account in world.accounts.values()],
        "sources": {key: asdict(source) for key, source in world.sources.items()},
        "tasks": [{**asdict(task), "plan": [list(step) for step in task.plan]} for task in world.tasks.values()],
        "uses": dict(world.uses),
        "yields": {source: dict(own) for source, own in world.yields.items()},
        "faults": [asdict(fault) for fault in world.faults],
        "webhooks": {
            "total": world.outbox.total,
            "delivered": world.outbox.delivered,
            "attempts": world.outbox.attempts,
            "kept": [asdict(delivery) for delivery in world.outbox],
        },
    }


def restore(document: Document, contract: Contract, wall: float) -> World:
    """Return the world of a valid document; its clock goes on, at the wall instant, from where it was."""
    world = current(document["name"], document["spec"], document["state"], contract)
    world.clock = replace(world.clock, world=document["now"], wall=wall)
    world.origin = document["origin"]
    world.journal = _read_journal(document["journal"])
    world.controls = _read_journal(document["controls"])
    return world


def beginning(name: str, spec: Document, origin: Document, contract: Contract) -> World:
    """Return a world as it was in the beginning, with an empty journal."""
    if "state" in origin:
        world = current(name, spec, origin["state"], contract)
        world.origin = origin
        return world
    return build(name, spec, contract, origin["wall"])


def current(name: str, spec: Document, facts: Document, contract: Contract) -> World:
    world = World(name, spec, contract, Clock(**facts["clock"]), facts["seed"], facts["drive"])
    world.made, world.version, world.faults_made = facts["made"], facts["acts"], facts["faults_made"]
    world.sources = {key: TaskSource(**source) for key, source in facts["sources"].items()}
    world.tasks = Tasks(map(task_of, facts["tasks"]))
    world.uses, world.yields = dict(facts["uses"]), dict(facts["yields"])
    world.accounts = {row["name"]: _read_account(row, world) for row in facts["accounts"]}
    world.faults = [Fault(**{**fault, "tasks": dict(fault["tasks"])}) for fault in facts["faults"]]
    world.outbox = _read_outbox(facts["webhooks"])
    return world


def _account(account: Account) -> dict[str, Any]:
    risky = [task.id for task in account.risky]
    return {
        "name": account.name,
        "key": account.key,
        "granted": account.granted,
        "balance": account.balance,
        "risky": risky,
    }


def _read_account(row: Document, world: World) -> Account:
    risky = [world.tasks[task] for task in row["risky"]]
    return Account(row["name"], row["key"], row["granted"], row["balance"], risky)


def _read_outbox(row: Document) -> Outbox:
    outbox = Outbox(row["total"], row["delivered"], row["attempts"])
    for kept in row["kept"]:
        # What was on its way when the world was exported is sent again: at least once is the promise.
        planned = PLANNED if kept["state"] == SENDING else kept["state"]
        outbox.file(delivery_of({**kept, "state": planned}))
    outbox.stir()
    return outbox


def _journal(journal: Journal) -> dict[str, Any]:
    entries = [_entry(entry) for entry in journal.entries]
    return {"capacity": journal.capacity, "total": journal.total, "entries": entries}


def _entry(entry: Entry) -> dict[str, Any]:
    request, answer = entry.request, entry.answer
    return {
        "number": entry.number,
        "wall": entry.wall,
        "now": entry.now,
        "order": entry.order,
        "capped": entry.capped,
        "request": {
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "headers": dict(request.headers),
            "body": bytes_as_json(request.body),
        },
        "answer": {
            "status": answer.status,
            "headers": [list(row) for row in answer.headers],
            "body": bytes_as_json(answer.body),
            "why": dict(answer.why),
            "wire": asdict(answer.wire) if answer.wire else None,
        },
    }


def _read_journal(document: Document) -> Journal:
    journal = Journal(document["capacity"], document["total"])
    for row in document["entries"]:
        journal.keep(_read_entry(row))
    return journal


def _read_entry(row: Document) -> Entry:
    request = Request(**{**row["request"], "body": bytes_from_json(row["request"]["body"])})
    given = row["answer"]
    headers = tuple((name, value) for name, value in given["headers"])
    wire = Wire(**given["wire"]) if given["wire"] else None
    answer = Answer(given["status"], bytes_from_json(given["body"]), headers, given["why"], wire)
    return Entry(
        row["number"], row["wall"], Clock(row["now"], row["wall"]), request, answer, row["order"], row["capped"]
    )
