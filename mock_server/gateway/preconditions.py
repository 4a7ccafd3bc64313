"""The business rules that x-preconditions can name: each is a fact about the world that a request needs."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from covermock.openapi import excerpt, nearest

from ..http.errors import Refusal
from .call import Call

Rule = Mapping[str, Any]
ONCE: Final = "task-without-cover"  # the rule that makes a task the one cover of its source


def task_known(call: Call, rule: Rule) -> None:
    """The id names a task of this lifecycle, of this account, started by this operation (C4, C12, U12, G9)."""
    call.source = call.first_value(rule["id"])
    task = call.world.tasks.get(call.source)
    if (
        task is None
        or task.account != call.account.name
        or task.lifecycle != rule["lifecycle"]
        or task.started_by != rule.get("started_by", task.started_by)
    ):
        raise Refusal(rule["error"], received=excerpt(call.source))
    call.task = task


def task_succeeded(call: Call, rule: Rule) -> None:
    """The task has reached its success (C3)."""
    assert call.task is not None
    if not call.world.has_succeeded(call.task, call.now):
        state = call.world.state(call.task, call.now)
        failed = call.world.has_failed(call.task, call.now)
        remedy = "It failed: start with another one." if failed else "Wait until it is complete."
        raise Refusal(rule["error"], received=f"{excerpt(call.source)}, which is {state!r}", remedy=remedy)


def task_without_cover(call: Call, rule: Rule) -> None:
    """The music task has no cover yet; one that failed doesn't count (C5)."""
    cover = call.world.tasks.get(call.world.covers.get(call.source, ""))
    if cover is not None and not call.world.has_failed(cover, call.now):
        raise Refusal(rule["error"], received=f"{excerpt(call.source)}, whose cover task is {excerpt(cover.id)}")


def audio_known(call: Call, rule: Rule) -> None:
    """The id names an uploaded audio file that this account may use (U3)."""
    call.source = call.first_value(rule["id"])
    audio = call.world.audio.get(call.source)
    if audio is None or audio.account not in {"", call.account.name}:
        raise Refusal(rule["error"], received=excerpt(call.source))
    call.audio = audio


def audio_length(call: Call, rule: Rule) -> None:
    """The audio is from `min` to `max` seconds long, both included (U2)."""
    assert call.audio is not None
    if not rule["min"] <= call.audio.seconds <= rule["max"]:
        raise Refusal(rule["error"], expected=f"{rule['min']} to {rule['max']}", received=f"{call.audio.seconds:g}")


def affordable(call: Call, rule: Rule) -> None:
    """The account has the credits that the operation costs (G6)."""
    price = call.world.price(call.operation.id)
    if call.account.balance >= price:
        return  # refunds that are due don't matter, and looking for them takes as long as there are tasks at risk
    available = call.world.available(call.account, call.now)
    if available < price:
        raise Refusal(rule["error"], expected=price, received=available)


CHECKS: Final[Mapping[str, Callable[[Call, Rule], None]]] = {
    "task-known": task_known,
    "task-succeeded": task_succeeded,
    ONCE: task_without_cover,
    "audio-known": audio_known,
    "audio-length": audio_length,
    "affordable": affordable,
}
_NEEDS = {"task-known": {"lifecycle", "id"}, "audio-known": {"id"}, "audio-length": {"min", "max"}}
_MAY = {"task-known": {"started_by"}}
_AFTER = {"task-succeeded": "task-known", ONCE: "task-known", "audio-length": "audio-known"}


def complaint(rules: list[Rule]) -> str | None:
    """Say what is wrong with an operation's x-preconditions, or None: names, settings and order are checked."""
    seen: set[str] = set()
    for rule in rules:
        name = rule["check"]
        if name not in CHECKS:
            return f"expected a known check, received {name!r} ({nearest(name, CHECKS)})"
        needed = _NEEDS.get(name, set()) | {"check", "error"}
        allowed = needed | _MAY.get(name, set())
        if not needed <= rule.keys() <= allowed:
            odd = sorted(rule.keys() ^ needed)
            return f"{name}: expected the settings {sorted(allowed)}, received a difference in {odd}"
        if _AFTER.get(name) not in {None, *seen}:
            return f"{name}: expected {_AFTER[name]!r} before it, received none; add it, since it finds the id"
        seen.add(name)
    return None
