"""The harder catalogue: which defects are worth having by chance, in one state only, at the second task only."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

from covermock.openapi import Contract

from .conditions import optional_fields
from .fields import EACH

STATE, FIELD, PAIR = "a state", "a field", "two fields"  # conditions that the contract has the names for
ONLY: Final = "@"  # between a defect's name and the condition under which it strikes
Row = Mapping[str, Any]


class Recipe(NamedTuple):
    """Defects of an operator whose settings are these, at most so many, each under the next of the conditions."""

    operator: str
    settings: Row
    conditions: Sequence[str]
    most: int


_RULES: Final = (
    # by chance
    Recipe("answer-field", {"how": "missing"}, ("one-in-2", "one-in-4"), 6),
    Recipe("error-field", {"how": "missing"}, ("one-in-4",), 2),
    Recipe("request-fails", {}, ("one-in-4", "one-in-10"), 4),
    Recipe("state-turns", {"how": "back"}, ("one-in-2",), 2),
    Recipe("bytes-wrong", {}, ("one-in-4",), 2),
    Recipe("key-served", {"whose": "unknown"}, ("one-in-2",), 2),
    Recipe("error-status", {}, ("one-in-2", "one-in-4"), 6),
    # in one state
    Recipe("answer-field", {"how": "retyped"}, (STATE,), 8),
    Recipe("instant", {"how": "local"}, (STATE,), 3),
    Recipe("foreign-known", {}, (STATE,), 2),
    Recipe("key-served", {"whose": "missing"}, (STATE, "second-task"), 4),
    Recipe("request-fails", {}, (STATE,), 4),
    # at the second task, and later
    Recipe("results-remade", {}, ("second-task", "later-tasks"), 4),
    Recipe("answer-field", {"how": "other"}, ("second-task", "later-tasks"), 4),
    Recipe("rule-left-out", {}, ("second-task",), 4),
    Recipe("never-ends", {}, ("second-task",), 2),
    Recipe("price-wrong", {}, ("second-task",), 2),
    # with one field, two fields, one kind of text, one encoding
    Recipe("request-fails", {"on": "starts"}, (FIELD,), 6),
    Recipe("request-fails", {"on": "starts"}, (PAIR,), 6),
    Recipe("never-ends", {}, (FIELD,), 2),
    Recipe("webhook-mode", {"mode": "lost"}, (FIELD,), 1),
    Recipe("text-fails", {}, ("astral-text", "accented-text", "lines-in-text", "quotes-in-text", "long-text"), 5),
    Recipe("text-fails", {}, ("escaped-body",), 1),
    Recipe("request-fails", {"on": "polls"}, ("percent-encoded",), 1),
    # in a race
    Recipe("rule-left-out", {}, ("at-once",), 6),
    Recipe("ids-repeated", {}, ("at-once",), 2),
    # once the end was shown
    Recipe("constant-changes", {}, ("after-the-end",), 3),
    Recipe("request-fails", {"on": "polls"}, ("after-the-end",), 2),
    Recipe("results-remade", {"how": "none"}, ("after-the-end",), 2),
    # for other accounts than the first
    Recipe("rule-left-out", {}, ("second-account",), 3),
    Recipe("state-turns", {"how": "reopened"}, ("second-account",), 2),
    # webhooks, with polls and without
    Recipe("webhook-field", {"how": "other"}, ("once-polled", "first-poll"), 6),
)


def subtle(contract: Contract, rows: Mapping[str, Row]) -> Iterator[str]:
    """Yield the names of a contract's subtle defects, given the rows of all that are not."""
    seen = set[str]()
    for rule in _RULES:
        for name in _apply(contract, rows, rule):
            if name not in seen:
                seen.add(name)
                yield name


def _apply(contract: Contract, rows: Mapping[str, Row], rule: Recipe) -> Iterator[str]:
    fits = [name for name, row in sorted(rows.items()) if _fits(contract, row, rule)]
    step = max(len(fits) // rule.most, 1)
    turns = 0
    chosen = [name for name in fits[::step] for _ in range(max(rule.most // max(len(fits), 1), 1))]
    for name in islice(chosen, rule.most):
        known = _conditions(contract, rows[name], rule)
        if known:
            yield f"{name}{ONLY}{known[turns % len(known)]}"
            turns += 1


def _fits(contract: Contract, row: Row, rule: Recipe) -> bool:
    if row["operator"] != rule.operator or (_operation(row) not in contract.by_id and "says" in row):
        return False
    if rule.settings.get("on") in {"starts", "polls"}:
        operation = contract.by_id[_operation(row)]
        return operation.starts if rule.settings["on"] == "starts" else operation.polls
    return all(row.get(name) == value for name, value in rule.settings.items())


def _operation(row: Row) -> str:
    return str(row.get("operation") or row.get("on") or "")


def _conditions(contract: Contract, row: Row, rule: Recipe) -> list[str]:
    """Return the conditions of the rule that can hold for a defect of this operation."""
    name = _operation(row)
    operation = contract.by_id.get(name)
    found: list[str] = []
    if not _comes_about(contract, set(row.get("states", ())), rule):
        return []
    for condition in rule.conditions:
        if condition == STATE:
            found += _states(contract, row) if operation is not None and operation.polls else ()
        elif condition in {FIELD, PAIR}:
            names = sorted(optional_fields(contract, operation)) if operation is not None else []
            found += _fields(names, pairs=condition == PAIR)
        else:
            found.append(condition)
    return found


def _comes_about(contract: Contract, states: set[str], rule: Recipe) -> bool:
    """Return True if tasks that succeed are in one of the states, if any are named, where the conditions hold."""
    cycles = contract.lifecycles.values()
    ends = {cycle.success.name for cycle in cycles}
    late = "after-the-end" in rule.conditions and not states & ends
    return not states or not (late or states & {cycle.failure.name for cycle in cycles})


def _states(contract: Contract, row: Row) -> list[str]:
    """Return the states that tasks come to which succeed, the rarest to be looked at first."""
    lifecycle = contract.lifecycles[contract.by_id[_operation(row)].task_kind]
    within = EACH in str(row.get("field", ""))  # a result, which not every state has
    states = (*lifecycle.stages[1:], lifecycle.success, lifecycle.stages[0])
    return [f"state-{state.name}" for state in states if state.results or not within]


def _fields(names: list[str], *, pairs: bool) -> list[str]:
    if pairs:
        return [f"with-{one}-and-{other}" for one in names for other in names if one < other]
    return [f"{word}-{name}" for name in names for word in ("with", "without")]
