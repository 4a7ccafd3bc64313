"""Control operations on webhooks: what was sent, and once more."""

from typing import Any

from ..deliveries import Delivery, redelivered
from .call import ControlCall, Result, unknown
from .views import precise


def list_callbacks(call: ControlCall) -> Result:
    """Show the webhooks of a world, with every attempt."""
    return 200, {"callbacks": [_view(delivery) for delivery in call.world.deliveries.values()]}


def redeliver(call: ControlCall) -> Result:
    """Send a webhook once more, at once."""
    world, name = call.world, call.path["callback"]
    delivery = world.deliveries.get(name)
    if delivery is None:
        raise unknown("path.callback", "a webhook of this world", name, world.deliveries)
    redelivered(delivery, call.now)
    return 200, _view(delivery)


def _view(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "task": delivery.task,
        "url": delivery.url,
        "state": delivery.state,
        "due": None if delivery.due is None else precise(delivery.due),
        "mode": delivery.wayward,
        "attempts": [
            {"at": precise(attempt.at), "status": attempt.status, "problem": attempt.problem}
            for attempt in delivery.attempts
        ],
    }
