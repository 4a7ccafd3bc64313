"""No sentence is blamed above its level: what each odd answer breaks, and nothing better known."""

from typing import Any

import pytest
from covermock.contract_tests import settings_for
from covermock.contract_tests.exchange import MAIN_KEY, Answer, Exchange, Sent, json_body, json_object
from covermock.contract_tests.servers.ask.validation import about_a_real_id
from covermock.contract_tests.servers.oracles import every_task_can_be_polled
from covermock.contract_tests.servers.record.suspects import judge_suspects
from covermock.contract_tests.servers.session import Session
from support.judging import blames

JSON = {"content-type": "application/json"}
SHOWN = {"taskId": "cover_1", "status": "PENDING", "images": [], "created_at": "2026-01-01T00:00:00Z"}
PENDING = {"code": 200, "msg": "success", "data": SHOWN}
REFUSED = {"error": {"code": 404, "message": "x", "type": "not_found"}}
POLL = {"operation": "getCoverStatus", "task_id": "cover_1"}
UNKNOWN = {"operation": "getCoverStatus", "task_id": "nobodys"}
ELSEWHERE = {**UNKNOWN, "who": "", "headers": (("X-API-Key", MAIN_KEY),)}
TOKEN = {**UNKNOWN, "who": "", "headers": (("Authorization", f"Token {MAIN_KEY}"),)}
START = {"operation": "startCover", "body": {"taskId": "gen"}}
DONE = SHOWN | {"status": "SUCCESS", "images": ["https://a.example/1", "https://a.example/2"]}
MUSIC = {"operation": "getUploadCoverStatus", "task_id": "upl_1"}
FAILED = {
    "code": 200,
    "message": "success",
    "data": {"task_id": "upl_1", "status": "failed", "clips": [], "created_at": "2026-01-01T00:00:00Z"},
}
EARLY = FAILED | {"data": FAILED["data"] | {"status": "text", "clips": [{"id": "1", "audio_url": ""}]}}
UPLOAD = {"operation": "startUploadCover", "body": {"audio_id": "nobodys"}}
UTF_16 = (("Content-Type", "application/json; charset=utf-16"),)
ACCEPTED = {"code": 200, "msg": "success", "data": {"taskId": "cover_2"}}


def error(status: int, type_: str = "x") -> Any:
    """Return the body of an error."""
    return {"error": {"code": status, "message": "x", "type": type_}}


def without(value: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an object without one of its fields."""
    return {key: one for key, one in value.items() if key != name}


@pytest.fixture
def session() -> Session:
    """A run that has started one task of each kind."""
    session = Session(settings_for("http://127.0.0.1:9", {"main": "aio_a"}, {"music_task": ("gen",), "audio": "aud"}))
    for operation, task, source in (("startCover", "cover_1", "gen_0"), ("startUploadCover", "upl_1", "aud")):
        session.knowledge.learn(session.operations[operation], task, "main", source)
    return session


def broken(session: Session, what: dict[str, Any], answer: Answer) -> set[tuple[str, str]]:
    """Return what an answer to a request breaks."""
    operation, headers, who = session.operations[what["operation"]], what.get("headers"), what.get("who", "main")
    named = {name: text for name, text in what.items() if name == "task_id"}
    sent: Sent = session.plain(operation, named, story="", who=who)
    sent = sent.with_headers(headers) if headers else sent
    sent = sent.with_body(what["body"]) if "body" in what else sent
    session.transport.history.append(Exchange(1, sent, answer, 0, 0))
    session.judge.judge(session.transport.history[0], session.expectations.of(sent))
    judge_suspects(session)
    return {(one.clause, one.level) for one in session.evidence.findings}


@pytest.mark.parametrize(
    ("what", "answer", "blamed"),
    [
        (POLL, Answer(200, {"content-type": "text/plain"}, json_body(PENDING)), "G1:inferred"),
        (POLL, Answer(200, JSON, b"<p>"), "G1"),
        (POLL, Answer(200, JSON, b"\xef\xbb\xbf" + json_body(PENDING)), "G1"),
        (POLL, Answer(200, {"content-type": "application/json; charset=utf-16"}, json_body(PENDING)), "G1:inferred"),
        (START, Answer(200, JSON, json_body({"code": 200, "data": {"taskId": "cover_2"}})), "C2"),
        (UNKNOWN, Answer(404, {"content-type": "text/html"}, b"<p>"), "G5:corroborated"),
        (UNKNOWN, Answer(404, {}, json_body(REFUSED)), "G1:inferred"),
        (POLL, Answer(402, JSON, json_body(error(402))), "G8:assumed C6:corroborated"),
        (POLL, Answer(404, JSON, json_body(REFUSED)), "G13:assumed"),
        (POLL, Answer(410, JSON, json_body(error(410))), "G13:assumed"),
        (POLL, Answer(500, JSON, json_body(error(500))), "G15:assumed"),
        (POLL, Answer(0, {}, b"", problem="the connection was reset"), "G15:assumed"),
        (START, Answer(500, JSON, json_body(error(500))), "G15:assumed"),
        (START, Answer(200, JSON, json_body(ACCEPTED)), ""),
        (POLL | {"task_id": "upl_1"}, Answer(200, JSON, json_body(PENDING)), "C12:inferred"),
        (ELSEWHERE, Answer(200, JSON, json_body(PENDING)), "G2:inferred"),
        (TOKEN, Answer(200, JSON, json_body(PENDING)), "G2:inferred"),
        (UNKNOWN | {"who": ""}, Answer(200, JSON, json_body(PENDING)), "G3"),
        (START | {"body": {"taskId": 5}}, Answer(200, JSON, json_body(ACCEPTED)), "G7:inferred"),
        (POLL, Answer(200, JSON, json_body(PENDING | {"data": SHOWN | {"images": None}})), "C11:assumed"),
        (POLL, Answer(200, JSON, json_body(PENDING | {"data": without(SHOWN, "images")})), "C11:assumed"),
        (POLL, Answer(200, JSON, json_body(PENDING | {"data": without(DONE, "images")})), "C8"),
        (POLL, Answer(200, JSON, json_body(PENDING | {"data": without(SHOWN, "created_at")})), "C8"),
        (MUSIC, Answer(200, JSON, json_body(FAILED | {"data": FAILED["data"] | {"clips": None}})), "U11:assumed"),
        (POLL, Answer(429, JSON | {"retry-after": "1"}, json_body(error(429))), ""),
        (UNKNOWN, Answer(429, JSON | {"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}, b"slow down"), ""),
        (START, Answer(402, JSON, json_body(error(402))), ""),
        (START, Answer(400, JSON, json_body(error(400, "insufficient_credits"))), ""),
        (UNKNOWN | {"who": "poor"}, Answer(403, JSON, json_body(error(403))), "G8:assumed C6:corroborated"),
        (UNKNOWN | {"who": ""}, Answer(401, JSON, b'{"detail": "no"}'), "G5:corroborated"),
        (UNKNOWN | {"who": ""}, Answer(401, JSON, json_body(error(401, "unauthorized"))), "G3"),
        (UNKNOWN | {"task_id": "gen' OR '1'='1"}, Answer(403, JSON, json_body(error(403))), ""),
        (UNKNOWN | {"task_id": "x" * 250}, Answer(414, JSON, json_body(error(414))), ""),
        (UNKNOWN | {"task_id": "no-such"}, Answer(400, JSON, json_body(error(400))), "C12"),
        (UNKNOWN, Answer(500, JSON, json_body(error(500))), "G15:assumed"),
        (MUSIC, Answer(200, JSON, json_body(EARLY)), "U11:assumed"),
        (POLL, Answer(200, JSON, json_body(PENDING | {"data": SHOWN | {"images": ["", None]}})), "C11:assumed"),
        (UNKNOWN, Answer(404, JSON, json_body({"error": REFUSED["error"] | {"code": "not_found", "type": "x"}})),
         "G5:corroborated"),
        (UPLOAD | {"who": "", "body": {}}, Answer(422, JSON, json_body(error(422))),
         "G8:assumed G7:inferred U1:corroborated"),
        (UPLOAD | {"who": "", "body": {}}, Answer(403, JSON, json_body(error(403))), "G3:corroborated"),
        (START | {"who": "", "body": {}}, Answer(422, JSON, json_body(error(422))), "G8:assumed G7:inferred"),
        (UPLOAD | {"body": {"audio_id": 5}}, Answer(404, JSON, json_body(error(404))), "G7:inferred"),
        (START | {"body": {"taskId": "cover_1"}}, Answer(400, JSON, json_body(error(400, "bad_request"))), ""),
        (UPLOAD | {"headers": UTF_16}, Answer(415, JSON, json_body(error(415))), ""),
        (UNKNOWN, Answer(429, JSON, json_body(error(429))), ""),
        (UPLOAD | {"who": "poor", "body": {}}, Answer(429, JSON, json_body(error(429))), ""),
        (UNKNOWN, Answer(502, {"content-type": "text/html"}, b"<h1>Bad Gateway</h1>"), "G15:assumed"),
        (UPLOAD | {"who": "", "body": {}}, Answer(400, JSON, json_body(error(400, "authentication_error"))),
         "G3:corroborated"),
        (UPLOAD | {"body": UPLOAD["body"] | {"style": "jazz"}}, Answer(400, JSON, json_body(error(400, "bad_request"))),
         "U6:assumed"),
        (POLL, Answer(200, JSON, json_body(PENDING | {"data": SHOWN | {"created_at": "2026-01-01t00:00:00Z"}})), ""),
        (POLL, Answer(200, JSON, b"\x1b", sealed="br"), ""),
        (POLL, Answer(200, JSON, json_body(PENDING), garbled="no gzip"), "G1"),
    ],
)  # fmt: skip
def test_an_answer_breaks_what_says_so(session: Session, what: dict[str, Any], answer: Answer, blamed: str) -> None:
    """Each sentence with its own level."""
    assert set(blames(blamed)) == broken(session, what, answer)


def test_one_cause_is_one_finding(session: Session) -> None:
    """A date without a zone is no date-time and not in UTC: that is said once; what it has to be is said plainly."""
    broken(
        session, POLL, Answer(200, JSON, json_body(PENDING | {"data": SHOWN | {"created_at": "2026-01-01T00:00:00"}}))
    )
    broken(session, START | {"body": {}}, Answer(418, JSON, json_body(error(418))))

    assert [("C13", "body.data.created_at: an RFC 3339 time in UTC"), ("C1", "400")] == [
        (one.clause, one.expected) for one in session.evidence.findings if one.clause in {"C13", "C1"}
    ]


def told(session: Session, *answers: tuple[Sent, int]) -> set[tuple[str, str]]:
    """Return what a history of requests and statuses breaks; a 200 shows the cover."""
    for number, (sent, status) in enumerate(answers, 1):
        body = PENDING if status == 200 else error(status)
        exchange = Exchange(number, sent, Answer(status, JSON, json_body(body)), number, number + 0.5)
        session.transport.history.append(exchange)
        session.judge.judge(exchange, session.expectations.of(sent))
    judge_suspects(session)
    return {(one.clause, one.level) for one in session.evidence.findings if one.clause not in {"G5", "G4", "U14"}}


@pytest.mark.parametrize(("before", "blamed"), [(404, "G8:assumed"), (401, "G3")])
def test_what_a_right_key_gets_may_come_first(session: Session, before: int, blamed: str) -> None:
    """A wrong key gets what a right one gets: something else came first, unless the key was seen to come before ids."""
    session.knowledge.tasks["upl_1"].statuses.append("complete")
    operation = session.operations["startCover"]
    start = session.about(operation, "upl_1", story="")
    keyless = [session.about(operation, name, story="", who="") for name in ("nobodys", "upl_1")]

    assert set(blames(blamed)) == told(session, (start, 404), (keyless[0], before), (keyless[1], 404))


@pytest.mark.parametrize(
    ("statuses", "blamed"),
    [((409, 200, 200), "G13:assumed"), ((200, 200, 403), "G13:assumed"), ((200, 409, 200), "C8"), ((409, 409), "C8")],
)
def test_a_poll_that_is_refused_between_others_is_another_fault(
    session: Session, statuses: tuple[int, ...], blamed: str
) -> None:
    """Not yet, and not any more, break what is assumed; in between, or ever, it is what status is for."""
    poll = session.poll(session.knowledge.tasks["cover_1"], "")

    assert set(blames(blamed)) == told(session, *((poll, status) for status in statuses))


@pytest.mark.parametrize(
    ("status", "asked", "blamed"),
    [(404, 1.0, ["C8"]), (404, 60.0, []), (403, 1.0, ["C8:documented"]), (403, 60.0, ["G13:assumed"])],
)
def test_a_task_that_was_first_polled_late_may_have_been_forgotten(
    session: Session, status: int, asked: float, blamed: list[str]
) -> None:
    """After its end it may be gone (G13 is assumed), whatever is said then; right after its start it can't be."""
    operation, task = session.operations["startCover"], session.knowledge.tasks["cover_1"]
    session.knowledge.tasks, task.lost = {task.id: task}, status == 404
    accepted, poll = json_body({**ACCEPTED, "data": {"taskId": task.id}}), session.poll(task, "")
    refused = Exchange(2, poll, Answer(status, JSON, json_body(error(status))), asked, asked + 0.5)
    start = session.about(operation, task.source, story="")
    session.transport.history += [Exchange(1, start, Answer(200, JSON, accepted), 0.0, 0.5), refused]
    if status == 403:
        session.judge.judge(refused, session.expectations.of(poll))
        judge_suspects(session)
    every_task_can_be_polled(session, {})

    found = {(one.clause, one.level) for one in session.evidence.findings if one.clause not in {"G5", "G4"}}
    assert {tuple(one.partition(":")[::2]) for one in blamed} == {
        (clause, level if status == 403 else "") for clause, level in found
    }


def test_a_near_miss_that_nobody_looked_at_is_asked_about_a_real_id(session: Session) -> None:
    """Whenever it was asked: where the answer is what nobody's id gets. Of a URL, a text that is none comes first."""
    operation = session.operations["startUploadCover"]
    session.unknown[operation.id] = 404
    misses = [body for name, body in session.bodies(operation).near_misses() if name == "callback_url"]
    sent = session.about(operation, "nobodys", misses[0], story="")
    asked = [about_a_real_id(session, Exchange(1, sent, Answer(status), 0, 0)) for status in (400, 404)]

    assert [None, {**misses[0], "audio_id": "aud"}] == [one and json_object(one.body) for one in asked]
    assert "not a url" == misses[0]["callback_url"]
