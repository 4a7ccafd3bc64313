"""How this gateway refuses accounts without credits: by the contract's row, or as one was seen to be told."""

from collections.abc import Mapping
from typing import Any

from covermock.openapi import AFFORDABLE, Contract, Operation, facts
from covermock.openapi.needs import rows_of

from ...exchange import Answer, Exchange
from ...statuses import is_refusal
from .reasons import CREDITS, KEY, Reason

POOR = "poor"  # the role of an account without credits


class Poverty:
    """What is known of such refusals. `unknown` is the status, by operation, that an id gets which nobody has."""

    def __init__(self, contract: Contract, unknown: Mapping[str, int]) -> None:
        self.contract, self.unknown = contract, unknown
        self._polls: set[tuple[str, int]] = set()  # operations, and how they refuse such accounts
        self._told: set[tuple[int, str, str]] = set()
        rows = (row for one in contract.operations for row in rows_of(one) if row["check"] == AFFORDABLE)
        self._rows = [contract.errors[row["error"]] for row in rows]

    def learn(self, at: Exchange, operation: Operation | None, due: Reason) -> None:
        """Note how an account that has no credits was refused, where nothing else may have been the reason."""
        answer = at.answer
        if due.rank == CREDITS and at.sent.who and is_refusal(answer.status) and answer.status not in due.also:
            self._told.add(self._words(operation, answer))

    def shows(self, operation: Operation | None, answer: Answer, due: Reason | None = None) -> bool:
        """Return True if a refusal says that credits are missing: by status, by label, or as such an account got it."""
        paid = operation is not None and operation.top_price > 0 and is_refusal(answer.status)
        if not paid or (due and due.rank in {KEY, CREDITS}):
            return False
        said = any(row.type and row.type.encode() in answer.body for row in self._rows)
        return said or self._is_unpaid(answer) or self._words(operation, answer) in self._told

    def wants_credits(self, operation: Operation, at: Exchange) -> bool:
        """Return True if a refusal may be for want of credits, whether or not the operation costs any."""
        return at.sent.who == POOR or self.shows(operation, at.answer) or self._is_unpaid(at.answer)

    def stops_poll(self, operation: Operation | None, at: Exchange, due: Reason | None = None) -> bool:
        """Return True if a poll was refused for want of credits: no other account gets that status for such an id."""
        if operation is None or not operation.polls:
            return False
        status = at.answer.status
        if at.sent.who != POOR or due is None or not is_refusal(status) or status == self.unknown.get(operation.id):
            return self._is_unpaid(at.answer)
        if not due.is_foreign:
            self._polls.add((operation.id, status))
        return self._is_unpaid(at.answer) or (operation.id, status) in self._polls

    def _is_unpaid(self, answer: Answer) -> bool:
        return answer.status in {row.status for row in self._rows}

    def _words(self, operation: Operation | None, answer: Answer) -> tuple[int, str, str]:
        """Return status, label and text of an error."""
        schema, root = error_schema(self.contract, operation, answer.status), self.contract.root
        label, text = (next(facts(root, schema, answer.json, name), "") for name in ("error.type", "error.message"))
        return answer.status, str(label), str(text)


def error_schema(contract: Contract, operation: Operation | None, status: int) -> Mapping[str, Any]:
    """Return the schema of the documented error, or of any where this one isn't documented."""
    operations = [operation] if operation else contract.operations
    found = [each.documented(status) for each in operations if each.documented(status)]
    others = [each.responses[code] for each in operations for code in each.refusals]
    response: Mapping[str, Any] = next(iter((*found, *others)), {})
    content: Mapping[str, Any] = next(iter(response.get("content", {}).values()), {})
    schema: Mapping[str, Any] = content.get("schema", {})
    return schema
