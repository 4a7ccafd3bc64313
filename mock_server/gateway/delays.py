"""Answers that are not due yet: delays that faults ask for, and a webhook that goes out before its POST's answer."""

from dataclasses import replace

from ..http.messages import Answer, Hold
from ..world.journal import Entry
from ..world.world import World

_EARLY_SECONDS = 2.0  # the longest that an answer waits for a webhook that is to come first


def hold_back(entry: Entry, world: World, wall: float) -> Answer:
    """Return the entry's answer as it leaves the core: at once, or held back as its faults say.

    A world that is reset or deleted lets go of all that it holds.
    """
    answer = entry.answer
    todo = answer.follow_up
    delivery = world.outbox.find(todo.after) if todo.after else None
    slow, first = wall + todo.delay, wall + (_EARLY_SECONDS if delivery else 0.0)
    if max(slow, first) <= wall:
        return answer
    entry.waiting = True

    def is_sent() -> bool:
        return delivery is None or bool(delivery.attempts)

    def drop() -> None:
        entry.waiting = False

    def look(wall: float) -> Answer | None:
        if not world.gone and (wall < slow or (wall < first and not is_sent())):
            return None
        drop()
        return answer

    def again(wall: float) -> float:
        return slow if wall < slow else first

    of = None if delivery else (world, "slow")
    return replace(answer, hold=Hold(look, again, lambda: 2 * int(world.gone) + int(is_sent()), of, drop))
