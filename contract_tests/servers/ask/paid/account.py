"""The account with the credits of exactly one task: what it can start, and what its answers tell of credits."""

from dataclasses import dataclass, replace
from functools import cached_property

from covermock.openapi import AFFORDABLE, LEVELS, Operation
from covermock.openapi.needs import Row, row_with

from ....exchange import Exchange, Sent
from ...evidence import Blame
from ...expect.expectations import Expectation
from ...expect.reasons import Reason
from ...session import Session

WHO = "last"


def has_purse(session: Session) -> bool:
    """Return True if there is an account with the credits of one task, and something that it can start."""
    return session.has(WHO) and dearest(session) is not None


def dearest(session: Session) -> Operation | None:
    """Return the dearest operation that the account may have a source for: none that is a task of its own."""
    paid = [one for one in session.starts if row_with(one, AFFORDABLE) and one.top_price]
    found = [one for one in paid if sources_of(session, one) or sources_of(session, one, fails=True)]
    return max(found, key=lambda one: one.top_price, default=None)


def sources_of(session: Session, operation: Operation, *, fails: bool = False) -> list[str | None]:
    need = session.bodies(operation).need
    if need is None:
        return [] if fails else [None]
    own = session.knowledge.usable(need, WHO, fails=fails)
    shared = [] if need.is_task else session.knowledge.usable(need, fails=fails)
    return [one.id for one in (*own, *shared)]


@dataclass
class Purse:
    """What is known of the account: `operation` is the one whose price it has."""

    session: Session
    operation: Operation

    @property
    def row(self) -> Row:
        row = row_with(self.operation, AFFORDABLE)
        assert row is not None
        return row

    @property
    def unpaid(self) -> Reason:
        """Return the reason to refuse for want of credits."""
        return self.session.expectations.broken(self.operation, self.row)

    def price(self, operation: Operation) -> tuple[Blame, ...]:
        """Return the sentence that says what the operation costs."""
        return self.session.judge.named(operation.raw.get("x-credits", {}).get("clause"))

    def sent(self, operation: Operation, source: str | None, story: str) -> Sent:
        return self.session.valid(operation, source, story=story, who=WHO)

    def is_unpaid(self, exchange: Exchange) -> bool:
        return exchange.answer.status in {self.unpaid.status, *self.unpaid.also}

    def start(self, operation: Operation, source: str | None, story: str, *, first: bool = False) -> Exchange:
        """Start something that the account may be able to pay; what it has is booked with the first of all.

        Whether it is accepted is for the caller to judge, its form is judged here.
        """
        price = operation.top_price if first else 0
        free = Expectation(operation, None, (), True, (), price, form=True)
        return self.session.ask(self.sent(operation, source, story), free)

    @cached_property
    def poor_are_refused(self) -> bool:
        """Return True if an account without credits is refused: then what is accepted nevertheless came for nothing."""
        if not self.session.has("poor"):
            return False
        plain, failing = (sources_of(self.session, self.operation, fails=fails) for fails in (False, True))
        name = (*plain, *failing, None)[0]
        sent = self.session.valid(self.operation, name, story="has no credits, for comparison", who="poor")
        return self.is_unpaid(self.session.ask(sent))

    def refused(self, exchange: Exchange, operation: Operation, words: str, *more: Blame) -> None:
        """Judge the answer to a start that nothing is left for; an acceptance may have been charged for.

        Not so that of a source whose tasks fail: by then it was seen that the account gets those credits back.
        """
        due = self.session.expectations.broken(operation, row_with(operation, AFFORDABLE) or self.row)
        if exchange.answer.ok and not self.gives_back(exchange):
            self.session.budget.stray(operation.top_price, 0)
        broken = more if more and self.poor_are_refused else (*due.accepted, *more)
        self.session.judge.judge(exchange, Expectation(operation, replace(due, fact=words, accepted=broken)))

    def gives_back(self, exchange: Exchange) -> bool:
        """Return True if the source of a start is one whose tasks fail."""
        failing = {one.id for one in self.session.knowledge.given if one.fails}
        return not failing.isdisjoint(self.session.expectations.ids(exchange.sent))

    def broke(self, blamed: tuple[Blame, ...], title: str, exchange: Exchange) -> None:
        self.session.evidence.note_broken(blamed, title, "that it is accepted", str(exchange.answer), exchange)


def cheap_starts(purse: Purse, *, fails: bool = False) -> list[tuple[Operation, str | None]]:
    """Return what can be started from the account's own tasks, at a price that is fixed, with its sources."""
    others = [one for one in purse.session.starts if one is not purse.operation and row_with(one, AFFORDABLE)]
    fixed = [one for one in others if 0 < one.price == one.top_price]
    return [(one, name) for one in fixed for name in sources_of(purse.session, one, fails=fails)]


def has_its_price(purse: Purse, refused: Exchange) -> None:
    """Spend on cheap tasks what could not be spent on a dear one: so many of them show that its price was there.

    That the account has the price of one task, the user says: so it is blamed as what is assumed.
    """
    paid, last = 0, refused
    for operation, source in cheap_starts(purse):
        last = purse.start(operation, source, f"starts {operation.id}: how many are paid for?")
        if not last.answer.ok:
            break
        paid += operation.price
    if paid >= purse.operation.price and purse.is_unpaid(last):
        blamed = tuple((clause, LEVELS[-1]) for clause, _ in purse.unpaid.accepted)
        own = purse.operation
        purse.broke(blamed, f"{paid} credits pay for {own.id}, which costs {own.price}", refused)
