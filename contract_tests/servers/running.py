"""A run from its first request to its verdicts: preflight, flows and checks side by side, then the history."""

from collections import Counter
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import cast

from covermock.openapi import LEVELS, Contract

from ..exchange import Exchange, Sent
from ..statuses import REDIRECTS
from .agenda import by_turns
from .ask.business import an_account_without_credits_is_told_so_last
from .ask.checks import CHECKS, Ask, Check
from .ask.identity import a_valid_body_is_understood
from .ask.paid.flows import linger
from .ask.paid.plan import PaidFlow, choose, plan_flows
from .ask.paid.webhooks import Receiver, judge_webhooks, wait_for_quiet
from .ask.polling import has_ended
from .ask.repeats import ask_again, ask_where_it_crashed
from .ask.robustness import nowhere
from .ask.validation import about_a_real_id
from .expect.expectations import Expectation
from .generating import RESERVE, generate, load_generators
from .oracles import judge_history
from .send.budget import OutOfBudgetError
from .send.transport import ANSWER_SECONDS, StoppedError
from .send.wire import REFUSED
from .session import Session
from .settings import Settings
from .verdicts import Judgement, clauses_of_key, judgement

TEN = 10  # credits, of which a report says what they would buy
_ROUND = 6  # further stories that are told side by side
_STORIES = 16  # stories and checks that are told side by side at most
Postponed = tuple[Sent, Expectation, str]  # and why
_FLOW_REQUESTS = 25  # what one flow needs, so that free checks don't take it away
_SHORT_TIMEOUT = 4.0
_CHECKERS = 3  # free checks that run side by side
_HURRIED = 1  # requests of each check that are sent to a gateway that is very slow
_AGAIN = 0.5  # of the requests that are left, those that ask again before others are generated
_PROBES = 4  # requests of each operation that are paid for, since a gateway may accept them by mistake
_LAST_LOOK = 1.2  # seconds that must lie between a task's first poll and its last: created_at has whole seconds


@dataclass
class Progress:
    """What a run tells while it goes on: a quote before the first paid request, steps, and the end."""

    quote: Callable[[str], None] = lambda _: None
    step: Callable[[str, int, int], None] = lambda *_: None


def judge(settings: Settings, progress: Progress | None = None, contract: Contract | None = None) -> Judgement:
    """Judge the gateway that the settings name. A run that is interrupted returns what it has seen until then."""
    progress = progress or Progress()
    session = Session(settings, contract)
    trouble, interrupted = "", False
    try:
        with session.attempt():
            trouble = preflight(session)
            if not trouble:
                _whole_run(session, progress)
    except (KeyboardInterrupt, StoppedError):
        interrupted = True
        session.transport.stopped.set()
    judge_history(session)
    return judgement(session, trouble=trouble, interrupted=interrupted)


def preflight(session: Session) -> str:
    """Ask each operation once; return why the gateway can't be tested, or nothing when it can."""
    unseen = [one.id for one in session.starts if one.id not in session.contract.polled_by]
    if unseen or not session.starts:
        what = f"the tasks of {', '.join(unseen)}" if unseen else "tasks, and one that starts them"
        return f"expected an operation of the contract that shows {what} (x-handler: show), received none"
    session.transport.timeout = _SHORT_TIMEOUT
    story = "looks whether anybody answers"
    starts = [session.about(one, None, story=story) for one in session.starts]
    requests = [sent for sent in starts if session.expectations.of(sent).due]
    requests += [session.about(one, session.unknown_id(), story=story) for one in session.polls]
    with ThreadPoolExecutor(len(requests)) as pool:
        tried = pool.map(lambda sent: _ask(session, sent, session.expectations.of(sent)), requests)
        exchanges = [exchange for exchange in tried if exchange]
    session.transport.timeout = ANSWER_SECONDS
    if all(one.answer.problem for one in exchanges):
        return _silence(session, exchanges)
    if all(one.answer.is_failure for one in exchanges):
        return f"expected answers from {session.settings.url}, received failures alone: {exchanges[0].answer}"
    if all(one.answer.status in REDIRECTS for one in exchanges):  # http to https, say
        where = exchanges[0].answer.headers.get("location", "(no Location)")
        return (
            f"expected the gateway at {session.settings.url}, received a redirect to {where}: name that gateway's URL"
        )
    if all(one.answer.status in session.contract.unauthorized for one in exchanges):
        return _refused_keys(session)
    for who in filter(session.has, ("second", "poor", "last")):
        if _status_of_key(session, who) in session.contract.unauthorized:
            session.evidence.note_untried(clauses_of_key(session.contract, who), f"the {who} key is refused")
            taken = {role: key for role, key in session.settings.keys.items() if role != who}
            session.settings = replace(session.settings, keys=taken)
    return ""


def _silence(session: Session, exchanges: list[Exchange]) -> str:
    first = exchanges[0].answer.problem
    if not first.startswith(REFUSED):
        more = session.ask(Sent("GET", nowhere(session)[0], "", story="looks whether anybody answers"))
        if not more.answer.problem:
            return ""
    return f"expected an answer from {session.settings.url}, received: {first}"


def _refused_keys(session: Session) -> str:
    """Return what to say when the main key is refused everywhere, and no other one is taken either."""
    for who in ("second", "poor"):
        if session.has(who) and _status_of_key(session, who) not in session.contract.unauthorized:
            return ""
    received = " or ".join(map(str, sorted(session.contract.unauthorized)))
    return f"expected a valid key in COVERMOCK_API_KEY, received {received} to every request with it"


def _status_of_key(session: Session, who: str) -> int:
    sent = session.about(session.polls[0], session.unknown_id(), story="looks whether this key is taken", who=who)
    return session.send(sent).answer.status


def _whole_run(session: Session, progress: Progress) -> None:
    settings = session.settings
    hears = settings.loopback or bool(settings.callback_base)
    receiver, complete = Receiver(session) if hears and settings.max_credits else None, False
    try:
        flows = affordable_flows(session, list(plan_flows(session, receiver)), progress)
        # What nobody polls comes first, so that the second task of an operation, too, is seen in each state.
        usual = [one.flow for one in sorted(flows, key=lambda one: not one.unseen) if not one.more]
        if not any(one.leads for one in flows):
            session.first_ended.set()
        for check in (a_valid_body_is_understood, an_account_without_credits_is_told_so_last):
            run_check(session, check)  # first, so that the rest knows where ids are read, and what poverty looks like
        _side_by_side(session, [_free_checks(len(usual)), *usual], progress)
        _rounds(session, [one.flow for one in flows if one.more], progress)
        _afterwards(session, progress)
        if receiver:
            progress.step("waiting for webhooks", session.budget.requests, session.budget.max_requests)
            wait_for_quiet(session, receiver.hooks.values())
        complete = True
        _last_look(session)
    finally:
        if receiver:
            receiver.close()
            judge_webhooks(session, receiver.hooks.values(), complete=complete)


def affordable_flows(session: Session, wanted: list[PaidFlow], progress: Progress) -> list[PaidFlow]:
    """Return the flows that the budget allows, and say what they may cost before the first is paid."""
    left, spends = session.budget.left, session.settings.spends
    chosen = choose(session, wanted, left, spends=spends)
    for paid in (one for one in wanted if one.usual and one not in chosen and one.shorter not in chosen):
        reason = f"{paid.title} may cost {paid.credits} credits: raise --max-credits"
        session.evidence.note_untried(paid.shows, reason)
    session.more = [one for one in choose(session, wanted, left + TEN, spends=True) if one not in chosen]
    left -= sum(one.credits for one in chosen)
    session.budget.probes = min(left, _PROBES * sum(one.top_price for one in session.starts))
    used = session.budget.max_credits - session.budget.left
    session.budget.quote = used + sum(paid.credits for paid in chosen) + session.budget.probes
    what = [paid.title for paid in chosen if not paid.more]
    further = sum(paid.more for paid in chosen)
    what += [f"{further} more of the same with other bodies and accounts"] if further else []
    if session.budget.probes:
        what.append(f"{session.budget.probes} credits for requests that a gateway may accept or refuse by mistake")
    told = f"at most {session.budget.quote} credits (at the highest price) and {session.budget.max_requests} requests"
    times = (f"{count} times {one}" if count > 1 else one for one, count in Counter(what).items())
    progress.quote(f"{told}: {'; '.join(times) or 'nothing that is paid for'}")
    return chosen


def _rounds(session: Session, stories: list[Callable[[Session], None]], progress: Progress) -> None:
    """Tell further stories, a few at a time, while there are seconds and requests for them."""
    for number in range(0, len(stories), _ROUND):
        if session.is_over or session.is_slow or session.budget.requests_left < _ROUND * _FLOW_REQUESTS:
            return
        _side_by_side(session, stories[number : number + _ROUND], progress)


def _side_by_side(session: Session, stories: list[Callable[[Session], None]], progress: Progress) -> None:
    """Tell all stories at once, each in a thread; stop them all when one breaks or the user interrupts."""
    with ThreadPoolExecutor(min(len(stories), _STORIES) or 1, "covermock-check") as pool:
        told: list[Future[None]] = [pool.submit(story, session) for story in stories]
        try:
            pending = set(told)
            while pending:
                done, pending = wait(pending, 0.2, FIRST_EXCEPTION)
                progress.step("judging", session.budget.requests, session.budget.max_requests)
                for one in done:
                    one.result()
        except BaseException:
            session.transport.stopped.set()
            raise


def _free_checks(flows: int) -> Callable[[Session], None]:
    def free_checks(session: Session) -> None:
        keep = min(flows * _FLOW_REQUESTS, session.budget.max_requests // 2)
        with ThreadPoolExecutor(_CHECKERS, "covermock-check") as pool:
            for done in [pool.submit(run_check, session, check, keep) for check in CHECKS]:
                done.result()
        if session.budget.requests_left - len(session.postponed) > keep + RESERVE:
            load_generators()

    return free_checks


def run_check(session: Session, check: Check, keep: int = 0) -> None:
    """Send what a check asks, while more than `keep` requests are left; what is not asked is postponed."""
    asking = cast("Generator[Ask, Exchange | None, None]", check(session))
    exchange: Exchange | None = None
    sent, over = 0, ""
    with suppress(StopIteration):
        while True:
            ask = asking.send(exchange)
            request, expected = ask if isinstance(ask, tuple) else (ask, session.expectations.of(ask))
            over = over or _shortage(session, keep, sent)
            exchange = None if over else _ask(session, request, expected)
            sent += exchange is not None
            if over:
                session.postponed.append((request, expected, over))


def _shortage(session: Session, keep: int, sent: int) -> str:
    """Return why a check can't go on: only the requests that the flows need are left, or time is short."""
    if session.is_slow and sent >= _HURRIED:
        return "the gateway is too slow to try everything"
    used_up = session.budget.requests_left <= keep
    return f"the {session.budget.max_requests} requests were used up (--max-requests)" if used_up else ""


def _ask(session: Session, sent: Sent, expected: Expectation) -> Exchange | None:
    """Send a request of a check; return None where it could cost more than is left, which the rest may not."""
    try:
        return session.ask(sent, expected, probe=expected.price > 0)
    except OutOfBudgetError as error:
        session.evidence.note_untried(expected.clauses, str(error))
        return None


def _catch_up(session: Session, postponed: Iterable[Postponed]) -> None:
    """Send what was postponed, now that the flows need no more requests; note why the rest is not asked."""
    for request, expected, reason in postponed:
        if session.is_slow or session.budget.requests_left <= RESERVE:
            session.evidence.note_untried(expected.clauses, reason)
        elif (exchange := _ask(session, request, expected)) and (again := about_a_real_id(session, exchange)):
            _ask(session, again, session.expectations.of(again))


def _guessed(session: Session, expected: Expectation) -> int:
    """Return how far from documented all is that a request puts to the test: what is documented is asked first."""
    clauses = [session.contract.clauses[name] for name in expected.clauses]
    return min((LEVELS.index(one.level) for clause in clauses for one in clause.sentences), default=len(LEVELS))


def _afterwards(session: Session, progress: Progress) -> None:
    """What was postponed, generated requests and stories; what is sure to be refused comes before what is open."""
    with session.attempt():
        ask_where_it_crashed(session)
    sure = [one for one in session.postponed if not one[1].open]
    _catch_up(session, sorted(sure, key=lambda one: _guessed(session, one[1])))
    rest = by_turns([one for one in session.postponed if one[1].open], lambda one: one[0].story)
    with session.attempt():
        ask_again(session, 1.0 if rest and session.settings.spends else _AGAIN, keep=len(rest))
    _catch_up(session, rest)
    progress.step("generating", session.budget.requests, session.budget.max_requests)
    generate(session)
    with session.attempt():
        ask_again(session, 1.0 if session.has_plenty else 0.0)


def _last_look(session: Session) -> None:
    """Poll every task once more, when all else is done: it has to be as it was."""
    with session.attempt():
        tasks = [task for task in session.knowledge.tasks.values() if task.owner == "main" and has_ended(session, task)]
        started = min((exchange.began for exchange in session.transport.history), default=0.0)
        session.transport.wait(max(started + _LAST_LOOK - session.transport.now, 0) if tasks else 0)
        for task in tasks:
            linger(session, task, 1)
