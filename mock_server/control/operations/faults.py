"""Control operations on the faults and anomalies of a world."""

from typing import Any

from ...http.errors import INVALID_PARAMS, Refusal
from ...world.build import InvalidSpecError, check_fault
from ...world.expiry import expire
from ...world.fault import TAKES_NO_EFFECT, Fault
from ...world.world import World
from ..call import ControlCall, Result, name_in_use, refuse_unknown, unknown


def list_faults(call: ControlCall) -> Result:
    """Show the faults of a world and how often each has fired."""
    expire(call.world, call.now)
    return 200, {"faults": [_view(fault) for fault in call.world.faults]}


def add_fault(call: ControlCall) -> Result:
    """Add a fault; it stands behind those that are there."""
    world, settings = call.world, dict(call.fields)
    expire(world, call.now)
    _check(world, settings)
    world.refuse_more("faults")
    used = {fault.id for fault in world.faults}
    name = settings.pop("id", None) or _new_id(world, used)
    if name in used:
        raise name_in_use("fault id", name)
    lasts = settings.get("lasts")
    fault = Fault(name, settings, until=None if lasts is None else call.now + lasts)
    world.faults.append(fault)
    return 201, _view(fault)


def remove_fault(call: ControlCall) -> Result:
    world, name = call.world, call.path["fault"]
    expire(world, call.now)
    if all(fault.id != name for fault in world.faults):
        raise unknown("path.fault", "a fault of this world", name, [fault.id for fault in world.faults])
    world.faults = [fault for fault in world.faults if fault.id != name]
    return 204, None


def clear_faults(call: ControlCall) -> Result:
    call.world.faults = []
    return 204, None


def _new_id(world: World, used: set[str]) -> str:
    while True:
        world.faults_made += 1
        if f"f{world.faults_made}" not in used:
            return f"f{world.faults_made}"


def _view(fault: Fault) -> dict[str, Any]:
    return {"id": fault.id, **fault.settings, "matched": fault.matched, "fired": fault.fired}


def _check(world: World, settings: dict[str, Any]) -> None:
    """Refuse a fault that could never meet a request, or act on one."""
    contract = world.contract
    stages = [stage.name for cycle in contract.lifecycles.values() for stage in cycle.stages]
    known = {
        "match.operation": [operation.id for operation in contract.operations],
        "match.account": list(world.accounts),
        "match.key": [account.key for account in world.accounts.values()],
        "stuck.stage": stages,
    }
    for where, valid in known.items():
        part, _, name = where.partition(".")
        for one in _names(settings.get(part, {}).get(name)):
            refuse_unknown(f"body.{where}", one, valid)
    try:
        check_fault(contract, ("body",), settings)
    except InvalidSpecError as error:
        raise Refusal(INVALID_PARAMS, violations=f"{'.'.join(map(str, error.pointer))}: {error}") from None
    if settings.get("takes_effect") is False and TAKES_NO_EFFECT.isdisjoint(settings):
        problem = "body.takes_effect: expected false only with status, reset or empty, received it with none of them"
        raise Refusal(INVALID_PARAMS, violations=f"{problem}; there would be no answer")


def _names(value: Any) -> list[str]:
    """Return the names in a setting: one, a list of them, or the keys of a mapping."""
    if isinstance(value, str):
        return [value]
    return list(value) if isinstance(value, list | dict) else []
