"""Control operations on worlds as a whole."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from covermock.openapi import InvalidSourceError

from ...history.export import begun, exported, living, restored, state
from ...history.replay import Replayer, replay
from ...history.restorable import unfit
from ...http.errors import INVALID_PARAMS, Refusal
from ...http.redaction import headers_shown, value_shown
from ...stores.memory import TakenError
from ...world.build import InvalidSpecError, build
from ...world.files import furnished, merged, names
from ...world.world import Spec, World
from ..call import ControlCall, Result, taken, unknown
from ..views import world_view


def list_worlds(call: ControlCall) -> Result:
    """Show every world, and the files that a new one may start from."""
    worlds = [world_view(world, world.clock.now(call.wall)) for world in call.store.worlds()]
    return 200, {"worlds": worlds, "files": list(names())}


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
    """Put a world back to how it was made; its clock starts again."""
    old = call.world
    world = begun(old.name, old.spec, old.origin if "state" in old.origin else {"wall": call.wall}, call.contract)
    world.clock = replace(world.clock, wall=call.wall)
    _claimed(call.store.replace, world)
    return 200, world_view(world, world.clock.now(call.wall))


def export_world(call: ControlCall) -> Result:
    """Show a world whole: state, clock, seed, faults, webhooks, journal; keys that are not the mock's are left out."""
    document = exported(call.world, call.now)
    for journal in (document["journal"], document["controls"]):
        for entry in journal["entries"]:
            entry["request"]["headers"] = headers_shown(entry["request"]["headers"], call.knows)
    return 200, value_shown(document, call.knows)


def restore_world(call: ControlCall) -> Result:
    """Put a world that was exported in the place of this name, or make it."""
    document = {**call.fields, "name": call.path["world"]}
    broken = unfit(document, call.contract)
    if broken:
        raise _refused("; ".join(map(str, broken)))
    if call.query["begun"]:
        world = begun(document["name"], document["spec"], document["origin"], call.contract)
        world.clock = world.clock.at(call.wall, world.clock.world).scaled(call.wall, 0.0)
    else:
        world = restored(document, call.contract, call.wall)
    new = call.store.world(world.name) is None
    _claimed(call.store.replace, world)
    if new:
        call.store.expire(world, call.wall)
    return 200, world_view(world, world.clock.now(call.wall))


def fork_world(call: ControlCall) -> Result:
    """Copy a world as it is now, with keys of its own and an empty journal."""
    old, name = call.world, call.fields.get("name") or call.store.new_name()
    world = living(name, old.spec, state(old), call.contract)
    world.clock = world.clock.at(call.wall, call.now)
    keys = furnished(name, {"accounts": {account: {} for account in world.accounts}})["accounts"]
    for account in world.accounts.values():
        account.key = keys[account.name]["key"]
    own = {name: {**row, "key": keys[name]["key"]} for name, row in old.spec.get("accounts", {}).items()}
    world.spec = {**old.spec, "accounts": own}
    world.origin = {"state": state(world)}
    _claimed(call.store.add, world)
    call.store.expire(world, call.wall)
    return 201, world_view(world, world.clock.now(call.wall))


def replay_world(call: ControlCall, replayer: Callable[[World], Replayer]) -> Result:
    """Live the world's journal through once more, from its beginning, and say what differs."""
    world = call.world
    again = begun(world.name, world.spec, world.origin, call.contract)
    return 200, replay(world, again, replayer(again))


def read_ledger(call: ControlCall) -> Result:
    """Show where the credits of each account are: granted is the sum of available, held and captured."""
    rows = call.world.ledgers(call.now)
    return 200, {"accounts": {name: asdict(row) for name, row in rows.items()}}


def _base(call: ControlCall, name: str) -> Spec:
    """Return the specification that a new world starts from, without the keys that the old one keeps."""
    existing = call.store.world(name)
    if existing is not None:
        spec = existing.spec
    elif name in names():
        spec = call.files.load(name)[1]
    else:
        raise unknown("body.from", "a world", name, [*names(), *call.store.names()])
    accounts = spec.get("accounts", {})
    keyless = {account: {"credits": row.get("credits", 0)} for account, row in accounts.items()}
    return {**spec, "accounts": keyless} if accounts else spec


def _built(call: ControlCall, name: str, spec: Spec) -> World:
    try:
        return build(name, spec, call.contract, call.wall)
    except InvalidSpecError as error:
        where = ".".join(("body", *map(str, error.pointer)))
        raise _refused(f"{where}: {error}") from None
    except InvalidSourceError as error:
        raise _refused(str(error)) from None


def _refused(problem: str) -> Refusal:
    return Refusal(INVALID_PARAMS, violations=problem)


def _claimed(claim: Any, world: World) -> None:
    try:
        claim(world)
    except TakenError as error:
        raise taken(error.kind, error.name) from None
