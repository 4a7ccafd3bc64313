"""Answers that are not due yet: delays that faults ask for, and a webhook that goes out before its POST's answer."""

from dataclasses import replace

from .journal import Entry
from .request import Answer, Hold
from .worlds import World

_EARLY_SECONDS = 2.0  # the longest that an answer waits for a webhook that is to come first


def held(entry: Entry, world: World, wall: float) -> Answer:
    """Return the entry's answer as it leaves the core: at once, or held back as its faults say.

    A world that is reset or deleted lets go of all that it holds.
    """
    answer = entry.answer
    if "delay" not in answer.why and "early" not in answer.why:
        return answer
    delivery = world.deliveries.get(answer.why.get("early", ""))
    seconds = answer.why.get("delay", 0.0) or (_EARLY_SECONDS if delivery else 0.0)
    if not seconds:
        return answer
    until = wall + seconds
    entry.waiting = True

    def look(wall: float) -> Answer | None:
        sent = delivery is not None and bool(delivery.attempts)
        if wall < until and not world.gone and not sent:
            return None
        entry.waiting = False
        return answer

    attempts = delivery.attempts if delivery else []
    return replace(answer, hold=Hold(look, lambda _: until, lambda: int(world.gone) + len(attempts)))
