"""Operators on credits: what costs too much, too little, or at the wrong moment."""

from collections.abc import Callable, Iterator
from typing import Any

from covermock.openapi import AFFORDABLE, Contract, Operation

from ...gateway.call import Call
from ...http.errors import Refusal
from ...http.messages import Answer, Request
from ...world.account import Account
from ...world.world import World
from ..blame import Broken, acceptance, rule
from ..defect import Check, Checks, Defect, InapplicableError, Precondition
from ..fields import of_kind
from ..gateway import DefectiveGateway
from ..operator import Application, operator
from ..rewriting import KEYS, put_refusal, refused


def _priced(contract: Contract) -> list[Operation]:
    return [one for one in of_kind(contract, "starts") if one.top_price and AFFORDABLE in one.checks]


def _poor(contract: Contract) -> str:
    """Return the error that an account without credits gets."""
    rows = (row for one in _priced(contract) for row in one.raw["x-preconditions"] if row["check"] == AFFORDABLE)
    row = next(rows, None)
    if row is None:
        raise InapplicableError("nothing costs credits")
    return str(row["error"])


def _price_clause(contract: Contract, operation: Operation) -> Broken:
    return acceptance(contract, operation.raw["x-credits"].get("clause"))


@operator("business")
def polls_cost(contract: Contract) -> Defect:
    """Want credits for looking at a task."""
    row = contract.errors[_poor(contract)]
    polls = of_kind(contract, "polls")

    def spoil(gateway: DefectiveGateway, request: Request, answer: Answer) -> None:
        poor = gateway.last is not None and gateway.last[1].balance <= 0
        if poor and gateway.asked(request) in polls and refused(answer) not in KEYS:
            put_refusal(gateway, answer, row.status, row.type)

    return Defect(*rule(contract, "free"), "wants credits for status", spoil=spoil)


Book = Callable[[World, Account, int], None]


def _take(times: int) -> Book:
    def take(_: World, account: Account, price: int) -> None:
        account.balance -= price * times

    return take


_BOOKS: dict[str, tuple[str, Book]] = {
    "twice": ("charges the price twice", _take(1)),
    "one-more": ("charges one credit too many", lambda _, account, __: _take(1)(_, account, 1)),
    "free": ("charges nothing", _take(-1)),
}


def _each_price(contract: Contract) -> Iterator[Application]:
    for operation in _priced(contract):
        wrong = {"twice": 2 * operation.price, "one-more": operation.price + 1, "free": 0}
        for how, price in wrong.items():
            if not operation.price <= price <= operation.top_price:
                yield f"{operation.id}-price-{how}", {"operation": operation.id, "how": how}
        yield f"{operation.id}-refusals-cost", {"operation": operation.id, "how": "refused"}


@operator("business", _each_price, subtle=True)
def price_wrong(contract: Contract, operation: str, how: str) -> Defect:
    """Charge something else than the price for a start, or charge for one that was refused."""
    one = of_kind(contract, operation)[0]
    if one not in _priced(contract):
        raise InapplicableError(f"{operation} costs nothing")
    words, book = _BOOKS.get(how, ("charges for what it refuses", _take(1)))

    def spoil(gateway: DefectiveGateway, _: Request, answer: Answer) -> None:
        asked = answer.why.get("operation") == operation and refused(answer) not in KEYS
        if asked and gateway.last and bool(refused(answer)) == (how not in _BOOKS):
            book(*gateway.last, gateway.last[0].price(operation))

    return Defect(*_price_clause(contract, one), f"{words} in {operation}", spoil=spoil)


def _each_last(contract: Contract) -> Iterator[Application]:
    for operation in _priced(contract):
        yield f"{operation.id}-last-credit-refused", {"operation": operation.id, "by": 1}
        yield f"{operation.id}-one-credit-short-served", {"operation": operation.id, "by": -1}


@operator("business", _each_last, subtle=True)
def credits_compared(contract: Contract, operation: str, by: int) -> Defect:
    """Want one credit more than the price, or be content with one less."""
    if of_kind(contract, operation)[0] not in _priced(contract):
        raise InapplicableError(f"{operation} costs nothing")

    def shifted(check: Check) -> Check:
        def checked(call: Call, row: Precondition) -> None:
            price, own = call.world.price(call.operation.id), call.world.available(call.account, call.now)
            if own == price and by > 0:
                raise Refusal(row["error"], expected=price + by, received=own)
            call.account.balance += 1 if own == price + by and by < 0 else 0
            check(call, row)

        return checked

    def checks(one: Operation, found: Checks) -> Checks:
        if one.id != operation:
            return found
        return tuple((shifted(check) if row["check"] == AFFORDABLE else check, row) for check, row in found)

    words = "refuses the last credit" if by > 0 else "serves with one credit too few"
    blamed = acceptance(contract, contract.errors[_poor(contract)].clause)
    return Defect(*blamed, f"{words} in {operation}", checks=checks)


def _each_kept(contract: Contract) -> Iterator[Application]:
    for operation in _priced(contract):
        yield f"{operation.id}-failure-costs", {"operation": operation.id}


@operator("business", _each_kept, subtle=True)
def failure_costs(contract: Contract, operation: str) -> Defect:
    """Keep the credits of a task that fails."""
    one = of_kind(contract, operation)[0]

    def spoil(gateway: DefectiveGateway, _: Request, answer: Answer) -> None:
        task: Any = gateway.last and gateway.last[0].tasks.get(str(answer.why.get("task", "")))
        if task and answer.why.get("operation") == operation and gateway.last:
            account = gateway.last[1]
            account.risky = [kept for kept in account.risky if kept is not task]

    blamed = rule(contract, "refund") if "refund" in contract.rules else _price_clause(contract, one)
    return Defect(*blamed, f"keeps the credits of failed tasks of {operation}", spoil=spoil)
