"""Control operations on the faults and anomalies of a world."""

from typing import Any

from covermock.openapi import nearest

from ..errors import INVALID_PARAMS, Refusal
from ..faults import Fault
from ..worlds import World
from .call import ControlCall, Result, taken, unknown


def list_faults(call: ControlCall) -> Result:
    """Show the faults of a world and how often each has fired."""
    return 200, {"faults": [_view(fault) for fault in call.world.faults]}


def add_fault(call: ControlCall) -> Result:
    """Add a fault; it stands behind those that are there."""
    world, settings = call.world, dict(call.fields)
    _check(world, settings)
    world.faults_made += 1
    name = settings.pop("id", None) or f"f{world.faults_made}"
    if any(fault.id == name for fault in world.faults):
        raise taken("fault id", name)
    fault = Fault(name, settings)
    world.faults.append(fault)
    return 201, _view(fault)


def remove_fault(call: ControlCall) -> Result:
    """Remove one fault."""
    world, name = call.world, call.path["fault"]
    if all(fault.id != name for fault in world.faults):
        raise unknown("path.fault", "a fault of this world", name, [fault.id for fault in world.faults])
    world.faults = [fault for fault in world.faults if fault.id != name]
    return 204, None


def clear_faults(call: ControlCall) -> Result:
    """Remove every fault of a world."""
    call.world.faults = []
    return 204, None


def _view(fault: Fault) -> dict[str, Any]:
    return {"id": fault.id, **fault.settings, "matched": fault.matched, "fired": fault.fired}


def _check(world: World, settings: dict[str, Any]) -> None:
    """Refuse a fault that could never meet a request, or asks for a stage or error that doesn't exist."""
    contract = world.contract
    stages = [state.name for cycle in contract.lifecycles.values() for state in cycle.states]
    names = {
        "operation": [operation.id for operation in contract.operations],
        "account": list(world.accounts),
        "key": [account.key for account in world.accounts.values()],
    }
    match = settings.get("match", {})
    wanted = [(f"match.{name}", one, names[name]) for name in names.keys() & match.keys() for one in _list(match[name])]
    plan = settings.get("plan", {})
    wanted += [("stuck.stage", name, stages) for name in _list(settings.get("stuck", {}).get("stage", []))]
    wanted += [("plan.stalls_at", name, stages) for name in _list(plan.get("stalls_at", []))]
    wanted += [("plan.error", name, list(contract.errors)) for name in _list(plan.get("error", []))]
    for where, name, valid in wanted:
        if name not in valid:
            problem = f"body.{where}: expected a known name, received {name!r} ({nearest(name, valid)})"
            raise Refusal(INVALID_PARAMS, violations=problem)


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
