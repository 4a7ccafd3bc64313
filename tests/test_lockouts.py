"""What a firewall or a lockout says in the midst of a run is about nothing that was asked."""

from collections.abc import Callable, Iterator

import pytest
from covermock.contract_tests import settings_for
from covermock.contract_tests.exchange import Answer, Exchange, Sent, json_body
from covermock.contract_tests.servers.send.budget import OutOfBudgetError
from covermock.contract_tests.servers.session import Session

JSON = {"content-type": "application/json"}
TYPES = {400: "bad_request", 401: "authentication_error", 404: "not_found"}
Gateway = Callable[[Sent], int]


def refusal(status: int) -> Answer:
    """Return an error with a status."""
    return Answer(status, JSON, json_body({"error": {"code": status, "message": "x", "type": TYPES.get(status, "x")}}))


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    """A run to which nothing is sent, and in which nobody waits."""
    session = Session(settings_for("http://127.0.0.1:9", {"main": "aio_a", "poor": "aio_b"}, {"max_credits": 0}))
    monkeypatch.setattr(session.transport, "wait", lambda _: None)
    return session


def served_by(session: Session, gateway: Gateway) -> list[Sent]:
    """Let a function answer all requests with a status; return the list of what was sent."""
    sent_all: list[Sent] = []

    def send(sent: Sent, *_: int, **__: bool) -> Exchange:
        sent_all.append(sent)
        exchange = Exchange(len(sent_all), sent, refusal(gateway(sent)), len(sent_all), len(sent_all) + 0.1)
        session.transport.history.append(exchange)
        return exchange

    session.transport.send = send  # type: ignore[method-assign]
    return sent_all


def scripted(*statuses: int) -> Iterator[int]:
    """Return statuses, the last of them again and again."""
    yield from statuses
    while True:
        yield statuses[-1]


def findings(session: Session) -> set[tuple[str, str]]:
    """Return what was blamed."""
    return {(one.clause, one.level) for one in session.evidence.findings}


@pytest.mark.parametrize(
    ("statuses", "blamed"),
    [
        ((404, 403, 404, 404), False),  # only once
        ((404, 403, 403, 403, 404, 404), False),  # for a while, whoever asks
        ((404, 403, 404, 403, 404), True),  # this one alone
    ],
)
def test_a_refusal_that_others_get_too_says_nothing_of_the_request(
    session: Session, statuses: tuple[int, ...], blamed: bool
) -> None:
    """A 403 is asked again once a known request gets through; what stays refused alone is judged, and asked no more."""
    answers = scripted(*statuses)
    sent = served_by(session, lambda _: next(answers))
    operation = session.operations["getCoverStatus"]
    session.ask(session.about(operation, "nobodys", story=""))
    session.ask(session.about(operation, "nobodys-either", story="", who="poor"))

    assert blamed == bool(findings(session))
    assert blamed or session.evidence.warnings
    if blamed:
        before, answers = len(sent), scripted(403)
        session.ask(session.about(operation, "nobodys-either", story="", who="poor"))
        assert before + 1 == len(sent)


def test_a_run_that_is_locked_out_ends_there(session: Session) -> None:
    """Where nobody gets through any more, nothing is blamed."""
    answers = scripted(404, 403)
    sent = served_by(session, lambda _: next(answers))
    operation = session.operations["getCoverStatus"]
    session.ask(session.about(operation, "nobodys", story=""))

    for most in (60, 3):  # the second time nobody waits
        before = len(sent)
        with pytest.raises(OutOfBudgetError, match="locked"):
            session.ask(session.about(operation, "nobodys", story=""))
        assert len(sent) - before <= most
    assert not findings(session)


def test_who_refuses_each_thing_so_is_asked_again_a_few_times_only(session: Session) -> None:
    """A gateway that has another status for each refusal costs a run a handful of requests, not three times as many."""
    due = {"nobodys": 404}
    sent = served_by(session, lambda one: due.get(one.query.partition("=")[2], 403))
    operation = session.operations["getCoverStatus"]
    session.ask(session.about(operation, "nobodys", story=""))
    for number in range(20):
        session.ask(session.about(operation, f"other{number}", story="", who=("main", "poor")[number % 2]))

    assert len(sent) < 21 + 12
    assert findings(session)


def test_what_may_cost_something_is_never_sent_to_see_whether_it_gets_through(session: Session) -> None:
    """A start that was refused may be accepted when it comes again; polls are free."""
    answers = scripted(404, 404, 403)
    sent = served_by(session, lambda _: next(answers))
    start, poll = session.operations["startCover"], session.operations["getCoverStatus"]
    for operation in (start, poll):
        session.ask(session.about(operation, "nobodys", story=""))
    with pytest.raises(OutOfBudgetError):
        session.ask(session.about(start, "nobodys", story=""))

    assert ["POST", "GET", "POST"] == [one.method for one in sent[:3]]
    assert {"GET"} == {one.method for one in sent[3:]}
