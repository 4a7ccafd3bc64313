"""A run from its first request to its verdicts: preflight, flows and checks side by side, then the history."""

from collections.abc import Callable, Generator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import cast

from covermock.openapi import Contract

from .budget import OutOfBudgetError
from .callbacks import Receiver
from .directed import CHECKS, Asked, Check
from .exchange import Exchange, Sent
from .flows import Paid, linger, planned
from .oracles import judge_history
from .session import Session
from .settings import Settings
from .transport import ANSWER_SECONDS, StoppedError
from .verdicts import Judgement, judgement
from .watching import ended
from .wire import REFUSED

_FLOW_REQUESTS = 25  # what one flow needs, so that free checks don't take it away
_SHORT_TIMEOUT = 4.0
_CHECKERS = 3  # free checks that run side by side
_HURRIED = 1  # requests of each check that are sent to a gateway that is very slow
_RESERVE = 12  # requests kept for the last look at the tasks
_MOST_GENERATED = 120
_STORY_CREDITS = 2
_PROBE_CREDITS = 50  # four kinds of requests for 12, and two for 1, that may be accepted by mistake
_LAST_LOOK = 1.2  # seconds that must lie between a task's first poll and its last: created_at has whole seconds


@dataclass
class Progress:
    """What a run tells while it goes on: a quote before the first paid request, steps, and the end."""

    quote: Callable[[str], None] = lambda _: None
    step: Callable[[str, int, int], None] = lambda *_: None


def judged(settings: Settings, progress: Progress | None = None, contract: Contract | None = None) -> Judgement:
    """Judge the gateway that the settings name. A run that is interrupted returns what it has seen until then."""
    progress = progress or Progress()
    session = Session(settings, contract)
    trouble, interrupted = "", False
    try:
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
    session.transport.timeout = _SHORT_TIMEOUT
    story = "looks whether anybody answers"
    requests = [session.get(name, story, task_id=session.made_up("x")) for name in session.operations if "get" in name]
    requests += [session.post(name, {}, story) for name in session.operations if "start" in name]
    with ThreadPoolExecutor(len(requests)) as pool:
        made = list(pool.map(session.ask, requests))
    session.transport.timeout = ANSWER_SECONDS
    if all(one.answer.problem for one in made):
        return _silence(session, made)
    if all(one.answer.status == 401 for one in made):
        return _refused_keys(session)
    for who in ("second", "poor"):
        _drop_refused(session, who)
    return ""


def _silence(session: Session, made: list[Exchange]) -> str:
    first = made[0].answer.problem
    if not first.startswith(REFUSED):
        more = session.ask(Sent("GET", "/api/v1/audio/music/no-such-path", "", story="looks whether anybody answers"))
        if not more.answer.problem:
            return ""
    return f"expected an answer from {session.settings.url}, received: {first}"


def _refused_keys(session: Session) -> str:
    """Return what to say when the main key is refused everywhere, and no other one is taken either."""
    for who in ("second", "poor"):
        if session.has(who):
            sent = session.get("getCoverStatus", "looks whether this key is taken", who, task_id=session.made_up("x"))
            if session.unjudged(sent).answer.status != 401:
                return ""
    return "expected a valid key in COVERMOCK_API_KEY, received 401 to every request with it"


def _drop_refused(session: Session, who: str) -> None:
    if not session.has(who):
        return
    sent = session.get("getCoverStatus", "looks whether this key is taken", who, task_id=session.made_up("x"))
    if session.unjudged(sent).answer.status == 401:
        reason = f"the {who} key is refused (401)"
        session.evidence.skipped(["G9"] if who == "second" else ["G6"], reason)
        session.settings = replace(session.settings, keys={k: v for k, v in session.settings.keys.items() if k != who})


def _whole_run(session: Session, progress: Progress) -> None:
    settings = session.settings
    hears = settings.loopback or bool(settings.callback_base)
    receiver = Receiver(session) if hears and settings.max_credits else None
    try:
        flows = affordable(session, planned(session, receiver), progress)
        _side_by_side(session, [*(one.flow for one in flows), _checking(len(flows))], progress)
        _afterwards(session, progress)
    finally:
        if receiver:
            receiver.close()


def affordable(session: Session, wanted: list[Paid], progress: Progress) -> list[Paid]:
    """Return the flows that the budget allows, and say what they may cost before the first is paid."""
    left, chosen = session.budget.left, []
    for paid in wanted:
        if paid.credits <= left:
            chosen.append(paid)
            left -= paid.credits
        else:
            session.evidence.skipped(paid.shows, f"{paid.title} may cost {paid.credits} credits: raise --max-credits")
    session.budget.probes = min(left, _PROBE_CREDITS)
    used = session.budget.max_credits - session.budget.left
    session.budget.quote = used + sum(paid.credits for paid in chosen) + session.budget.probes
    what = [paid.title for paid in chosen]
    if session.budget.probes:
        what.append(f"{session.budget.probes} credits for requests that a gateway may accept or refuse by mistake")
    told = f"at most {session.budget.quote} credits (at the highest price) and {session.budget.max_requests} requests"
    progress.quote(f"{told}: {', '.join(what) or 'nothing that is paid for'}")
    return chosen


def _side_by_side(session: Session, stories: list[Callable[[Session], None]], progress: Progress) -> None:
    """Tell all stories at once, each in a thread; stop them all when one breaks or the user interrupts."""
    with ThreadPoolExecutor(len(stories) or 1, "covermock-check") as pool:
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


def _checking(flows: int) -> Callable[[Session], None]:
    def free_checks(session: Session) -> None:
        keep = min(flows * _FLOW_REQUESTS, session.budget.max_requests // 2)
        with ThreadPoolExecutor(_CHECKERS, "covermock-check") as pool:
            for done in [pool.submit(run_check, session, check, keep) for check in CHECKS]:
                done.result()

    return free_checks


def run_check(session: Session, check: Check, keep: int = 0) -> None:
    """Send what a check yields, while more than `keep` requests are left."""
    asking = cast("Generator[Asked, Exchange | None, None]", check(session))
    made: Exchange | None = None
    sent = 0
    try:
        while True:
            asked = asking.send(made)
            _keep(session, keep, sent)
            sent += 1
            made = _asked(session, asked, _clauses_of(check))
    except StopIteration:
        return
    except OutOfBudgetError as error:
        session.evidence.skipped(_clauses_of(check), str(error))


def _keep(session: Session, keep: int, sent: int) -> None:
    """Raise `OutOfBudgetError` when only the requests that the flows need are left, or time is short."""
    if session.hurried and sent >= _HURRIED:
        raise OutOfBudgetError("the gateway is too slow to try everything")
    if session.budget.requests_left <= keep:
        raise OutOfBudgetError(f"the {session.budget.max_requests} requests were used up (--max-requests)")


def _asked(session: Session, asked: Asked, clauses: list[str]) -> Exchange | None:
    """Send what a check asks; return None where credits are short, which leaves the rest of the check to go on."""
    sent, expected = asked if isinstance(asked, tuple) else (asked, None)
    try:
        return session.ask(sent, expected)
    except OutOfBudgetError as error:
        if not session.budget.requests_left:
            raise
        session.evidence.skipped(clauses, str(error))
        return None


def _clauses_of(check: Check) -> list[str]:
    import re

    return re.findall(r"\b[GCU]\d+", check.__doc__ or "")


def _generated(session: Session, progress: Progress) -> None:
    """Let schemathesis and Hypothesis have what requests are left, less a reserve for the last look."""
    from .generated import generated_requests_are_judged
    from .machine import stories_are_judged

    progress.step("generating", session.budget.requests, session.budget.max_requests)
    left = session.budget.requests_left - _RESERVE
    if left > _RESERVE and not session.hurried:
        generated_requests_are_judged(session, min(left // 2, _MOST_GENERATED))
    left = session.budget.requests_left - _RESERVE
    if left > _RESERVE and not session.hurried:
        session.budget.probes = min(session.budget.probes, _STORY_CREDITS)
        session.story = stories_are_judged(session, min(left, _MOST_GENERATED))


def _afterwards(session: Session, progress: Progress) -> None:
    """Generated requests and stories, and a last look at every task."""
    _generated(session, progress)
    with session.trying():
        tasks = [task for task in session.knowledge.tasks.values() if task.owner == "main" and ended(session, task)]
        started = min((made.began for made in session.transport.history), default=0.0)
        session.transport.wait(max(started + _LAST_LOOK - session.transport.now, 0) if tasks else 0)
        for task in tasks:
            linger(session, task, 1)
