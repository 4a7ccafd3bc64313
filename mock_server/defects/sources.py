"""What tasks are started from, as far as operators look: all ids there are, and a source in the place of none."""

from ..gateway.call import Call
from ..world.world import TaskSource, World


def ids_of(world: World) -> list[str]:
    """Return every id of a world that a request may be about."""
    return [*world.tasks, *(key.partition("/")[2] for key in world.sources)]


def put_one(call: Call) -> None:
    """Let a request that is about an unknown source go on as if it were known, with numbers that its rules allow."""
    ranges = (rule for rule in call.operation.rules if "of" in rule)
    call.found = TaskSource({rule["of"]: (rule["min"] + rule["max"]) / 2 for rule in ranges})
