"""Control operations on webhooks: what was sent, and once more."""

from typing import Any

from ...http.redaction import redact_text
from ...world.webhook import LOST, Delivery, plan_again
from ...world.webhook_due import due_in, running
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
    plan_again(delivery, call.now, running=running(world, delivery, call.now))
    world.outbox.note(delivery)
    return 200, _view(call, delivery)


def _view(call: ControlCall, delivery: Delivery) -> dict[str, Any]:
    """Show a webhook; keys that are not this mock's own are left out."""
    known, now = call.knows, call.now
    waits = running(call.world, delivery, now)
    due = None if waits else due_in(call.world, delivery, now)
    lost = delivery.loses_first and not waits
    return {
        "id": delivery.id,
        "task": delivery.task,
        "url": redact_text(delivery.url, known),
        "state": LOST if lost else delivery.state,
        "due": None if due is None else precise(now + due),
        "mode": delivery.wayward,
        "attempts": [
            {"at": precise(attempt.at), "status": attempt.status, "problem": redact_text(attempt.problem, known)}
            for attempt in delivery.attempts
        ],
    }
