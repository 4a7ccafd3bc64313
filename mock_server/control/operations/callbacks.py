"""Control operations on webhooks: what was sent, and once more."""

from typing import Any

from ...http.redaction import text_shown
from ...world.webhook import Delivery, redelivered
from ..call import ControlCall, Result, unknown
from ..views import precise


def list_callbacks(call: ControlCall) -> Result:
    """Show the webhooks of a world, with every attempt."""
    return 200, {"callbacks": [_view(call, delivery) for delivery in call.world.outbox]}


def redeliver(call: ControlCall) -> Result:
    """Send a webhook once more, at once."""
    world, name = call.world, call.path["callback"]
    delivery = world.outbox.find(name)
    if delivery is None:
        raise unknown("path.callback", "a webhook of this world", name, [one.id for one in world.outbox])
    redelivered(delivery, call.now)
    world.outbox.note(delivery)
    return 200, _view(call, delivery)


def _view(call: ControlCall, delivery: Delivery) -> dict[str, Any]:
    """Show a webhook; keys that are not this mock's own are left out."""
    known = call.knows
    return {
        "id": delivery.id,
        "task": delivery.task,
        "url": text_shown(delivery.url, known),
        "state": delivery.state,
        "due": None if delivery.due is None else precise(delivery.due),
        "mode": delivery.wayward,
        "attempts": [
            {"at": precise(attempt.at), "status": attempt.status, "problem": text_shown(attempt.problem, known)}
            for attempt in delivery.attempts
        ],
    }
