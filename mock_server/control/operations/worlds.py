"""Control operations on worlds as a whole."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from covermock.openapi import InvalidSourceError

from ...history.export import beginning, current, export, restore, state
from ...history.redaction import redact_export
from ...history.replay import recording, replay
from ...history.restorable import unfit
from ...http.errors import INVALID_PARAMS, Refusal, limit_refusal
from ...http.messages import Answer, json_answer
from ...stores.memory import TakenError
from ...world.build import InvalidSpecError, build
from ...world.files import complete, merge, names
from ...world.world import KINDS, Spec, World
from ..call import ControlCall, Result, name_in_use, unknown
from ..steps import Making
from ..views import world_view


def list_worlds(call: ControlCall) -> Result:
    """Show every world, and the files that a new one may start from."""
    worlds = [world_view(world, world.clock.now(call.wall)) for world in call.store.worlds()]
    return 200, {"worlds": worlds, "files": list(names())}


def read_world(call: ControlCall) -> Result:
    return 200, world_view(call.world, call.now)


def create_world(call: ControlCall) -> Making:
    """Make a world out of what the body says, what it starts from, and the server's settings."""
    _refuse_another(call)
    name = call.fields.get("name") or call.store.new_name()
    base = _base(call, call.fields["from"]) if "from" in call.fields else {}
    world = yield lambda: _build(
        call, name, complete(name, merge({**base, **call.settings}, call.fields), call.contract)
    )
    _claim(call, call.store.add, world)
    call.store.note_creation(world, call.wall)
    return 201, world_view(world, world.clock.now(call.wall))


def delete_world(call: ControlCall) -> Result:
    call.store.remove(call.world.name)
    return 204, None


def reset_world(call: ControlCall) -> Making:
    """Put a world back to how it was made; its clock starts again."""
    old = call.world
    origin = old.origin if "state" in old.origin else {"wall": call.wall}
    world = yield lambda: beginning(old.name, old.spec, origin, call.contract)
    world.clock = replace(world.clock, wall=call.wall)
    _claim(call, call.store.replace, world)
    return 200, world_view(world, world.clock.now(call.wall))


def export_world(call: ControlCall) -> Making:
    """Show a world whole: state, clock, seed, faults, webhooks, journal; keys that are not the mock's are left out."""
    document = export(call.world, call.now)
    answer: Answer = yield lambda: json_answer(200, redact_export(document, call.knows), {})
    return answer


def restore_world(call: ControlCall) -> Making:
    """Put a world that was exported in the place of this name, or make it."""
    world = yield lambda: _restore(call)
    new = call.store.world(world.name) is None
    if new:
        _refuse_another(call)
    _claim(call, call.store.replace, world)
    if new:
        call.store.note_creation(world, call.wall)
    return 200, world_view(world, world.clock.now(call.wall))


def _restore(call: ControlCall) -> World:
    """Return the world of the document in the body. Raises `Refusal` where it could not go on living here."""
    document = {**call.fields, "name": call.path["world"]}
    broken = unfit(document, call.contract)
    if broken:
        raise _refusal("; ".join(map(str, broken)))
    if not call.query["begun"]:
        return restore(document, call.contract, call.wall)
    world = beginning(document["name"], document["spec"], document["origin"], call.contract)
    world.clock = world.clock.at(call.wall, world.clock.world).at_scale(call.wall, 0.0)
    return world


def fork_world(call: ControlCall) -> Making:
    """Copy a world as it is now, with keys of its own and an empty journal."""
    _refuse_another(call)
    old, name, now = call.world, call.fields.get("name") or call.store.new_name(), call.now
    facts, spec = state(old), old.spec
    world = yield lambda: _fork(call, name, spec, facts, now)
    _claim(call, call.store.add, world)
    call.store.note_creation(world, call.wall)
    return 201, world_view(world, world.clock.now(call.wall))


def _fork(call: ControlCall, name: str, spec: Spec, facts: dict[str, Any], now: float) -> World:
    """Return the world of these facts, as it is `now`, under another name and with other keys."""
    world = current(name, spec, facts, call.contract)
    world.clock = world.clock.at(call.wall, now)
    keys = complete(name, {"accounts": {account: {} for account in world.accounts}}, call.contract)["accounts"]
    for account in world.accounts.values():
        account.key = keys[account.name]["key"]
    own = {name: {**row, "key": keys[name]["key"]} for name, row in spec.get("accounts", {}).items()}
    world.spec = {**spec, "accounts": own}
    world.origin = {"state": state(world)}
    return world


def replay_world(call: ControlCall) -> Making:
    """Live the world's journal through once more, from its beginning, and say what differs."""
    world, recorded, replayer = call.world, recording(call.world), call.replayer
    assert replayer is not None

    def outside() -> dict[str, Any]:
        again = beginning(world.name, world.spec, world.origin, call.contract)
        return replay(recorded, again, replayer(again))

    return 200, (yield outside)


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


def _build(call: ControlCall, name: str, spec: Spec) -> World:
    try:
        return build(name, spec, call.contract, call.wall)
    except InvalidSpecError as error:
        where = ".".join(("body", *map(str, error.pointer)))
        raise _refusal(f"{where}: {error}") from None
    except InvalidSourceError as error:
        raise _refusal(str(error)) from None


def _refusal(problem: str) -> Refusal:
    return Refusal(INVALID_PARAMS, violations=problem)


def _refuse_another(call: ControlCall) -> None:
    """Refuse one more world where there are as many as may be."""
    if not call.store.has_room(call.wall):
        most = call.limits.worlds
        raise limit_refusal("worlds", f"{most} worlds", "Delete worlds that are done, or give them less idle_seconds")


def _claim(call: ControlCall, claim: Callable[[World], None], world: World) -> None:
    """Put a world into the store. Raises `Refusal` where it is too large, or its name or a key is in use."""
    world.set_limits(call.limits)
    for kind in KINDS:
        world.refuse_more(kind, 0)
    try:
        claim(world)
    except TakenError as error:
        raise name_in_use(error.kind, error.name) from None
