"""What a run pays for, most telling first: the usual stories, and those that only a run that may spend all tells."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest

from covermock.openapi import Operation
from covermock.openapi.needs import links_from

from ....statuses import CRASHED, UNAVAILABLE
from ...session import Session
from .account import has_purse
from .flows import Flow, Story, tell
from .purse import empty_the_purse
from .webhooks import Receiver

_FAILING = (CRASHED,) * 6
_ONCE = 2  # stories of sources that can be used once that are usual, whatever they cost
USUAL = 30  # credits, at the highest price, up to which more of them are
_MOST = 200  # stories that are planned at most
_FURTHER = 3  # stories of an operation that go on to where its links lead
_LOOK = 0.1  # seconds between two looks whether the first task has ended


@dataclass(frozen=True)
class PaidFlow:
    """A flow with what it costs at most, and what it shows. `shorter` is its first part, which costs less.

    What is not `usual` is paid only within the usual credits, or where a run may spend all; `more` comes after all
    else. `leads`: others may wait for its end. `unseen`: nobody polls its task before the end.
    """

    flow: Flow
    credits: int
    shows: tuple[str, ...]
    title: str
    usual: bool = True
    more: bool = False
    leads: bool = False
    unseen: bool = False
    shorter: "PaidFlow | None" = None


def plan_flows(session: Session, receiver: Receiver | None) -> Iterator[PaidFlow]:
    """Yield the paid flows, most telling first, whether or not the budget allows them; there may be no end of them."""
    once, late = _once_only(session)
    several = [_stories(session, one) for one in session.starts if not _is_once(session, one)]
    turns = [one for turn in zip_longest(*several) for one in turn if one]
    first, main = turns[: len(several)], turns[len(several) :]
    yield from (_paid(session, story, receiver) for story in (*first, *once))
    failing = [] if has_purse(session) else [one for start in session.starts for one in _failing(session, start)]
    last = main[-1:] if has_purse(session) else []
    yield from (_paid(session, story, receiver) for story in main[: len(main) - len(last)])
    if has_purse(session):
        yield _purse(session)
    yield from (_paid(session, story, receiver) for story in (*failing, *last))
    for number, story in enumerate(late):
        yield replace(_paid(session, story, receiver, late=True), usual=number < _ONCE - len(once))
    yield from (replace(_paid(session, story, receiver), usual=False, more=True) for story in _more(session))


def _is_once(session: Session, operation: Operation) -> bool:
    need = session.bodies(operation).need
    return need is not None and need.once


def _once_only(session: Session) -> tuple[list[Story], list[Story]]:
    """Return stories of sources that can be used once: the first of each operation, and the others, twice at once."""
    first: list[Story] = []
    late: list[Story] = []
    for operation in (one for one in session.starts if _is_once(session, one)):
        examples = session.bodies(operation).examples
        for number, one in enumerate(session.usable(operation)):
            story = Story(operation, one.id, examples[number % len(examples)])
            (late if number else first).append(replace(story, twice=number % 2 == 1))
    return first, late


def _stories(session: Session, operation: Operation) -> list[Story]:
    """Return the usual stories of an operation: watched, unseen, another account's, one whose webhook fails once."""
    bodies = session.bodies(operation)
    sources: list[str | None] = [one.id for one in session.usable(operation)] if bodies.need else [None]
    if not sources:
        return []
    examples = list({str(one.body): one for one in bodies.examples}.values())
    fullest = max(examples, key=lambda one: len(bodies.written(one.body)))
    plain = min(examples, key=lambda one: len(one.body))
    hooks = operation.callback is not None
    other = "second" if session.has("second") else "main"
    stories = [
        Story(operation, None, examples[0], () if hooks else None, probing=True),
        Story(operation, None, fullest, _FAILING if hooks else None, written=True, unseen=hooks),
        Story(operation, None, plain, None, probing=True, who=other),
        Story(operation, None, examples[-1], (UNAVAILABLE,) if hooks else None),
    ]
    told = stories if hooks or other == "second" else stories[:2]
    # The ends of a range come last. Another account's source is open, so the ends are for the main account.
    order = [sources[-1], sources[len(sources) // 2], sources[0], sources[0]]
    named = (replace(one, source=source, instead=sources[0]) for one, source in zip(told, order, strict=False))
    return [replace(one, further=_further(session, operation, number)) for number, one in enumerate(named)]


def _failing(session: Session, operation: Operation) -> list[Story]:
    """Return the story of a task that fails, and what it leads to is told so."""
    bodies = session.bodies(operation)
    sources = session.knowledge.usable(bodies.need, fails=True)[:1]
    answers = () if operation.callback else None
    return [
        Story(operation, one.id, bodies.examples[0], answers, further=_further(session, operation, 0))
        for one in sources
    ]


def _further(session: Session, operation: Operation, number: int) -> tuple[tuple[Operation, tuple[str, str]], ...]:
    """Return where the links of a task lead to, with the place of its id there: another one in each story."""
    links = links_from(session.contract, operation) if number < _FURTHER else ()
    led = [(to, session.bodies(to).places) for to, _ in links]
    return tuple((to, places[number % len(places)]) for to, places in led if places)


def _more(session: Session) -> Iterator[Story]:
    """Yield further stories: each example and each combination of fields, by one account and the other."""
    accounts = [who for who in ("main", "second") if session.has(who)]
    kinds = [one for one in session.starts if not _is_once(session, one) and _stories(session, one)]
    for number in range((_MOST if session.settings.spends else len(kinds)) if kinds else 0):
        operation = kinds[number % len(kinds)]
        usual = _stories(session, operation)
        story, bodies = usual[number % len(usual)], session.bodies(operation)
        example = bodies.examples[number % len(bodies.examples)]
        written, who = number % 2 == 0, accounts[number % len(accounts)]
        further = _further(session, operation, number % _FURTHER)
        yield replace(story, example=example, written=written, who=who, further=further, probing=True)


def _paid(session: Session, story: Story, receiver: Receiver | None, *, late: bool = False) -> PaidFlow:
    operations = [story.operation, *(operation for operation, _ in story.further)]
    clauses = {clause for one in operations for clause in session.mentions[one.id]}
    account = "" if story.who == "main" else f" by the {story.who} account"
    title = f"{story.operation.id} of {story.source}" if story.source else story.operation.id
    more = "".join(f", then {operation.id}" for operation, _ in story.further)
    shorter = _paid(session, replace(story, further=()), receiver, late=late) if story.further else None
    flow = _telling(story, receiver, clauses, late=late)
    leads = not _is_once(session, story.operation)
    told = f"{title}{account}{more}"
    shows = tuple(sorted(clauses))
    return PaidFlow(flow, story.credits, shows, told, leads=leads, unseen=story.unseen, shorter=shorter)


def _telling(story: Story, receiver: Receiver | None, clauses: Iterable[str], *, late: bool) -> Flow:
    def story_of_a_task(session: Session) -> None:
        while late and not session.first_ended.wait(_LOOK):
            session.transport.wait(0)
        hook = receiver.hook(story.answers) if receiver and story.answers is not None else None
        try:
            with session.attempt(*clauses):
                tell(session, story, hook)
        finally:
            if not _is_once(session, story.operation):
                session.first_ended.set()

    return story_of_a_task


def _purse(session: Session) -> PaidFlow:
    price = max(one.top_price for one in session.starts)
    clauses = [clause for clause, _ in session.judge.rule("refund")]
    return PaidFlow(empty_the_purse, price, tuple(clauses), "the last credits of an account")


def choose(session: Session, wanted: Iterable[PaidFlow], credits_: int, *, spends: bool) -> list[PaidFlow]:
    """Return the flows that so many credits pay for, with something kept for probes."""
    chosen: list[PaidFlow] = []
    keep = min(credits_ // 20, sum(one.top_price for one in session.starts))
    for paid in (one for one in wanted if spends or not one.more):
        spent = sum(one.credits for one in chosen)
        most = credits_ if paid.usual else credits_ - keep if spends else min(credits_ - keep, USUAL)
        fits = next((one for one in (paid, paid.shorter) if one and spent + one.credits <= most), None)
        if fits:
            chosen.append(fits)
    return chosen
