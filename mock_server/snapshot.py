"""A world as one JSON value, and back: all of its facts, its clock, its seed, its journal. Nothing is left out."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from covermock.openapi import Contract

from .accounts import Account
from .clock import Clock
from .deliveries import Attempt, Delivery
from .faults import Fault
from .journal import Entry, Journal
from .lifecycle import Step, Task
from .redaction import public
from .request import Answer, Request, Wire
from .worlds import Audio, World, build

FORMAT = 1
Document = Mapping[str, Any]


def exported(world: World, now: float) -> dict[str, Any]:
    """Return the world's state at its time `now`, what it began as (`origin`), and its journal."""
    return {
        **state(world),
        "now": now,
        "origin": dict(world.origin),
        "journal": _journal(world.journal),
        "controls": _journal(world.controls),
    }


def state(world: World) -> dict[str, Any]:
    """Return the world's facts, without its past."""
    return {
        "format": FORMAT,
        "name": world.name,
        "spec": dict(world.spec),
        "clock": asdict(world.clock),
        "seed": world.seed,
        "drive": world.drive,
        "made": world.made,
        "acts": world.acts,
        "faults_made": world.faults_made,
        "accounts": [_account(account) for account in world.accounts.values()],
        "audio": {name: asdict(audio) for name, audio in world.audio.items()},
        "tasks": [_task(task) for task in world.tasks.values()],
        "covers": dict(world.covers),
        "yields": {source: dict(own) for source, own in world.yields.items()},
        "faults": [asdict(fault) for fault in world.faults],
        "deliveries": [asdict(delivery) for delivery in world.deliveries.values()],
    }


def restored(document: Document, contract: Contract, wall: float) -> World:
    """Return the world of an exported document; its clock goes on, at the wall instant, from where it was.

    Raises `KeyError`, `TypeError`, `ValueError` or `AttributeError` when it is no such document.
    """
    if document["format"] != FORMAT:
        raise ValueError(f"format: expected {FORMAT}, received {document['format']!r}")
    world = _from_state(document, contract)
    world.clock = replace(world.clock, world=document["now"], wall=wall)
    world.origin = document.get("origin") or {"state": state(world)}
    world.journal = _read_journal(document.get("journal", {}))
    world.controls = _read_journal(document.get("controls", {}))
    return world


def rewound(document: Document, contract: Contract) -> World:
    """Return the world of an exported document as it was in the beginning, with an empty journal."""
    origin = document["origin"]
    if "state" in origin:
        world = _from_state(origin["state"], contract)
    else:
        world = build(document["name"], document["spec"], contract, origin["wall"])
    world.origin = origin
    return world


def _from_state(document: Document, contract: Contract) -> World:
    world = World(document["name"], document["spec"], contract, Clock(**document["clock"]))
    world.seed, world.drive = document["seed"], document["drive"]
    world.made, world.acts, world.faults_made = document["made"], document["acts"], document["faults_made"]
    world.audio = {name: Audio(**audio) for name, audio in document["audio"].items()}
    world.tasks = {row["id"]: _read_task(row) for row in document["tasks"]}
    world.covers, world.yields = dict(document["covers"]), dict(document["yields"])
    world.accounts = {row["name"]: _read_account(row, world) for row in document["accounts"]}
    world.faults = [Fault(**fault) for fault in document["faults"]]
    world.deliveries = {row["id"]: _read_delivery(row) for row in document["deliveries"]}
    return world


def _account(account: Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "key": account.key,
        "granted": account.granted,
        "balance": account.balance,
        "risky": [task.id for task in account.risky],
    }


def _read_account(row: Document, world: World) -> Account:
    risky = [world.tasks[task] for task in row["risky"]]
    return Account(row["name"], row["key"], row["granted"], row["balance"], risky)


def _task(task: Task) -> dict[str, Any]:
    return {**asdict(task), "plan": [list(step) for step in task.plan]}


def _read_task(row: Document) -> Task:
    results = None if row["results"] is None else tuple(row["results"])
    plan = tuple(Step(name, after) for name, after in row["plan"])
    return Task(**{**row, "plan": plan, "results": results})


def _read_delivery(row: Document) -> Delivery:
    # What was on its way when the world was exported is sent again: at least once is the promise.
    planned = "planned" if row["state"] == "sending" else row["state"]
    return Delivery(**{**row, "state": planned, "attempts": [Attempt(**one) for one in row["attempts"]]})


def _journal(journal: Journal) -> dict[str, Any]:
    return {
        "capacity": journal.capacity,
        "total": journal.total,
        "entries": [_entry(entry) for entry in journal.entries],
    }


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
            "headers": public(request.headers),
            "body": _text(request.body),
        },
        "answer": {
            "status": answer.status,
            "headers": [list(row) for row in answer.headers],
            "body": _text(answer.body),
            "why": dict(answer.why),
            "wire": asdict(answer.wire) if answer.wire else None,
        },
    }


def _read_journal(document: Document) -> Journal:
    journal = Journal()
    if document:
        journal.capacity, journal.total = document["capacity"], document["total"]
        journal.entries.extend(_read_entry(row) for row in document["entries"])
    return journal


def _read_entry(row: Document) -> Entry:
    request = Request(**{**row["request"], "body": _bytes(row["request"]["body"])})
    given = row["answer"]
    headers = tuple((name, value) for name, value in given["headers"])
    wire = Wire(**given["wire"]) if given["wire"] else None
    answer = Answer(given["status"], _bytes(given["body"]), headers, given["why"], wire)
    return Entry(row["number"], row["wall"], row["now"], request, answer, row["order"], row["capped"])


def _text(body: bytes) -> str | dict[str, str]:
    """Return bytes as JSON can carry them: text where they are UTF-8, else base64."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(body).decode()}


def _bytes(text: str | Mapping[str, str]) -> bytes:
    return text.encode() if isinstance(text, str) else b64decode(text["base64"])
