"""What tasks are started from, as far as operators look: all ids there are, and a source in the place of none."""

from ..gateway.call import Call
from ..world.world import Audio, World

_USUAL = 30.0  # seconds of an audio file that nobody has uploaded


def ids_of(world: World) -> list[str]:
    """Return every id of a world that a request may be about."""
    return [*world.tasks, *world.audio]


def put_one(call: Call) -> None:
    """Let a request that is about an unknown source go on as if it were known."""
    call.audio = Audio(_USUAL)
