"""Control operations on worlds as a whole."""

from dataclasses import asdict
from typing import Any

from covermock.openapi import InvalidSourceError

from ..accounts import ledger
from ..errors import INVALID_PARAMS, Refusal
from ..memory import TakenError
from ..replay import replay
from ..snapshot import exported, restored, rewound, state
from ..specs import furnished, merged, names
from ..worlds import Spec, UnknownNameError, World, build
from .call import ControlCall, Result, taken, unknown
from .views import world_view


def list_worlds(call: ControlCall) -> Result:
    """Show every world."""
    return 200, {"worlds": [world_view(world, world.clock.now(call.wall)) for world in call.store.worlds()]}


def read_world(call: ControlCall) -> Result:
    """Show one world."""
    return 200, world_view(call.world, call.now)


def create_world(call: ControlCall) -> Result:
    """Make a world out of what the body says, what it starts from, and the server's settings."""
    name = call.fields.get("name") or call.store.new_name()
    base = _base(call, call.fields["from"]) if "from" in call.fields else {}
    spec = furnished(name, merged({**base, **call.settings}, call.fields))
    world = _built(call, name, spec)
    _claimed(call.store.add, world)
    call.store.expire(world, call.wall)
    return 201, world_view(world, world.clock.now(call.wall))


def delete_world(call: ControlCall) -> Result:
    """Delete a world."""
    call.store.remove(call.world.name)
    return 204, None


def reset_world(call: ControlCall) -> Result:
    """Make a world anew from what it was made from."""
    old = call.world
    world = build(old.name, old.spec, call.contract, call.wall)
    call.store.replace(world)
    return 200, world_view(world, world.clock.now(call.wall))


def export_world(call: ControlCall) -> Result:
    """Show a world whole: state, clock, seed, faults, webhooks, journal."""
    return 200, exported(call.world, call.now)


def restore_world(call: ControlCall) -> Result:
    """Put a world that was exported in the place of this name, or make it."""
    document = {**call.fields, "name": call.path["world"]}
    world = _document(lambda: restored(document, call.contract, call.wall))
    _claimed(call.store.replace, world)
    return 200, world_view(world, world.clock.now(call.wall))


def fork_world(call: ControlCall) -> Result:
    """Copy a world as it is now, with keys of its own and an empty journal."""
    name = call.fields.get("name") or call.store.new_name()
    document = {**state(call.world), "name": name, "now": call.now}
    world = restored(document, call.contract, call.wall)
    keys = furnished(name, {"accounts": {account: {} for account in world.accounts}})["accounts"]
    for account in world.accounts.values():
        account.key = keys[account.name]["key"]
    world.origin = {"state": state(world)}
    _claimed(call.store.add, world)
    call.store.expire(world, call.wall)
    return 201, world_view(world, world.clock.now(call.wall))


def replay_world(call: ControlCall, replayer: Any) -> Result:
    """Live the world's journal through once more, from its beginning, and say what differs."""
    return 200, replay(call.world, replayer(_document(lambda: rewound(exported(call.world, call.now), call.contract))))


def read_ledger(call: ControlCall) -> Result:
    """Show where the credits of each account are: granted is the sum of available, held and captured."""
    world, now = call.world, call.now
    tasks = list(world.tasks.values())
    rows = {
        account.name: asdict(
            ledger(account, tasks, lambda task: world.failed(task, now), lambda task: world.succeeded(task, now))
        )
        for account in world.accounts.values()
    }
    return 200, {"accounts": rows}


def _base(call: ControlCall, name: str) -> Spec:
    """Return the specification that a new world starts from, without the keys that the old one keeps."""
    existing = call.store.world(name)
    if existing is not None:
        spec = existing.spec
    elif name in names():
        spec = call.files.load(name)[1]
    else:
        raise unknown("body.from", "a world", name, [*names(), *(world.name for world in call.store.worlds())])
    accounts = spec.get("accounts", {})
    keyless = {account: {"credits": row.get("credits", 0)} for account, row in accounts.items()}
    return {**spec, "accounts": keyless} if accounts else spec


def _built(call: ControlCall, name: str, spec: Spec) -> World:
    try:
        return build(name, spec, call.contract, call.wall)
    except UnknownNameError as error:
        where = ".".join(("body", *map(str, error.pointer)))
        raise _refused(f"{where}: {error}") from None
    except InvalidSourceError as error:
        raise _refused(str(error)) from None


def _refused(problem: str) -> Refusal:
    return Refusal(INVALID_PARAMS, violations=problem)


def _document(make: Any) -> World:
    try:
        world: World = make()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        problem = f"body: expected a world as it was exported, received one without or with a wrong {error}"
        raise _refused(problem) from None
    return world


def _claimed(claim: Any, world: World) -> None:
    try:
        claim(world)
    except TakenError as error:
        raise taken(error.kind, error.name) from None
