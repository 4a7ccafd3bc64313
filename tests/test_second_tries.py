"""What is asked again before anybody is accused: other tasks, a lockout, where a webhook leads, or late charging."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from covermock.contract_tests import settings_for
from covermock.contract_tests.exchange import Answer, Exchange, Sent, json_body
from covermock.contract_tests.servers.ask.paid.account import WHO, Purse
from covermock.contract_tests.servers.ask.paid.flows import Story, tell
from covermock.contract_tests.servers.ask.paid.webhooks import Hook
from covermock.contract_tests.servers.ask.polling import once_alone
from covermock.contract_tests.servers.record.suspects import sources_are_shared
from covermock.contract_tests.servers.send.budget import OutOfBudgetError
from covermock.contract_tests.servers.session import Session

JSON = {"content-type": "application/json"}
TYPES = {400: "bad_request", 401: "authentication_error", 404: "not_found"}
ENDED = {"status": "complete", "created_at": "2026-01-01T00:00:00Z"}
CLIP = {"id": "1", "audio_url": "https://a.example/1", "image_url": "https://a.example/2"}
Gateway = Callable[[Sent], int | dict[str, Any]]


def answer(given: int | dict[str, Any]) -> Answer:
    """Return an error with a status, or an accepted answer with data."""
    if isinstance(given, dict):
        return Answer(200, JSON, json_body({"code": 200, "message": "success", "data": given}))
    return Answer(given, JSON, json_body({"error": {"code": given, "message": "x", "type": TYPES.get(given, "x")}}))


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    """A run with an account that has the credits of one task. Nothing is sent, and nobody waits."""
    keys = {"main": "aio_a", "poor": "aio_b", WHO: "aio_c"}
    session = Session(settings_for("http://127.0.0.1:9", keys, {"audio": "aud", "max_credits": 60, "patience": 4.0}))
    monkeypatch.setattr(session.transport, "wait", lambda _: None)
    return session


def served_by(session: Session, gateway: Gateway) -> list[Sent]:
    """Let a function answer all requests; return the list of what was sent."""
    sent_all: list[Sent] = []

    def send(sent: Sent, *_: int, **__: bool) -> Exchange:
        sent_all.append(sent)
        exchange = Exchange(len(sent_all), sent, answer(gateway(sent)), len(sent_all), len(sent_all) + 0.1)
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
    served_by(session, lambda _: next(answers))
    operation = session.operations["getCoverStatus"]
    session.ask(session.about(operation, "nobodys", story=""))

    with pytest.raises(OutOfBudgetError, match="locked"):
        session.ask(session.about(operation, "nobodys", story=""))
    assert not findings(session)


@pytest.mark.parametrize(("then", "told"), [({"task_id": "t2"}, 200), (409, 409)])
def test_how_many_tasks_may_run_at_once_is_open(session: Session, then: int | dict[str, Any], told: int) -> None:
    """A start that is refused while another task runs is sent again after its end, and that counts."""
    operation, answers = session.operations["startUploadCover"], iter([409, then])
    running = session.knowledge.learn(operation, "t1", "main", "aud")
    served_by(session, lambda _: next(answers))
    session.transport.wait = lambda _: running.statuses.append("complete")  # type: ignore[method-assign]
    sent = session.about(operation, "aud", story="")
    expected = session.expectations.of(sent)

    assert told == once_alone(session, session.send(sent, expected), expected).answer.status


@pytest.mark.parametrize(("plain", "blamed"), [(200, False), (400, True)])
def test_a_webhook_on_this_machine_may_be_refused(session: Session, plain: int, blamed: bool) -> None:
    """The task is started without it then, and U7 is not exercised; where that is refused, too, it is a valid start."""
    hook = Hook("http://127.0.0.1:9000/hook", (), None)  # type: ignore[arg-type]

    def gateway(sent: Sent) -> int | dict[str, Any]:
        if sent.method == "GET":
            return {"task_id": "t1", "clips": [CLIP], **ENDED}
        if sent.who != "main" or "aud" != json.loads(sent.body or b"{}").get("audio_id"):
            return 401 if not sent.who else 404
        return 400 if b"callback_url" in (sent.body or b"") or plain == 400 else {"task_id": "t1"}

    served_by(session, gateway)
    operation = session.operations["startUploadCover"]
    tell(session, Story(operation, "aud", session.bodies(operation).examples[0], ()), hook)

    assert blamed == any("accepts a valid request" in one.title for one in session.evidence.findings)
    assert hook.refused is not blamed
    assert hook.ended is None


@pytest.mark.parametrize(("charged", "late"), [("end", True), ("never", False)])
def test_when_credits_are_taken_is_open(session: Session, charged: str, late: bool) -> None:
    """Starts beyond what is paid for are no fault where the credits are gone once a task has ended."""
    state = {"left": 1, "made": 0}

    def gateway(sent: Sent) -> int | dict[str, Any]:
        if sent.method == "GET":
            state["left"] -= charged == "end"
            return {"task_id": f"t{state['made']}", "clips": [CLIP], **ENDED}
        if state["left"] <= 0 or sent.who == "poor":
            return 402
        state["made"] += 1
        return {"task_id": f"t{state['made']}"}

    served_by(session, gateway)
    purse = Purse(session, session.operations["startUploadCover"])
    purse.start(purse.operation, "aud", "the one that is paid for")
    second = purse.start(purse.operation, "aud", "one more")
    purse.refused(second, purse.operation, "a second task", *purse.price(purse.operation))

    assert late is (("U13", "documented") not in findings(session))


def refused_as(session: Session, *answers: tuple[str, int | dict[str, Any]]) -> set[tuple[str, str]]:
    """Return what it breaks that accounts get such answers to a start from the main account's audio."""
    for who, given in answers:
        served_by(session, lambda _, given=given: given)  # type: ignore[misc]
        session.ask(session.about(session.operations["startUploadCover"], "aud", story="", who=who))
    sources_are_shared(session)
    return findings(session)


def test_whose_audio_it_is_may_be_said_first(session: Session) -> None:
    """A 403 to an account without credits may be about the audio, unless others can use that audio, too."""
    assert not refused_as(session, ("poor", 403)) - {("G5", "corroborated")}
    assert ("G6", "assumed") in refused_as(session, (WHO, {"task_id": "t1"}))
