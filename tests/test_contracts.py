"""Contracts of other shapes: the file alone decides what the mock does."""

import json
import shlex
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from covermock.fixtures.gateway import gateway_on, serve
from covermock.mock_server import Mock, Request, Settings
from covermock.mock_server.defects import Catalogue
from covermock.mock_server.mock import in_memory
from covermock.mock_server.server.banner import curls
from covermock.openapi import (
    GATEWAY,
    InvalidSourceError,
    Operation,
    Validator,
    load,
    parse,
    read_contract,
)
from support.engines import Engine
from support.fakes import NOON, Fake, edited, world_file
from support.plays import Play, play_of
from support.receivers import receiving
from support.remix import REMIX, ROOT, with_remix
from support.renaming import Names, renamed

TRANSCRIPTS = ROOT / "examples" / "contracts" / "transcripts.yaml"
ODD = sorted((ROOT / "tests" / "support" / "contracts").iterdir())
ALL = [GATEWAY, REMIX, TRANSCRIPTS]


@pytest.fixture(params=ALL, ids=lambda path: path.stem)
def play(request: pytest.FixtureRequest, tmp_path: Path) -> Play:
    """A mock of each contract, in the world that follows from it."""
    return play_of(request.param, tmp_path)


@pytest.fixture
def transcripts(tmp_path: Path) -> Play:
    """A mock of the contract of another shape."""
    return play_of(TRANSCRIPTS, tmp_path)


def test_the_remix_contract_is_the_gateway_with_two_more_operations() -> None:
    """The example stays what gateway.yaml says; `python tests/support/remix.py` writes it anew."""
    expected = with_remix(GATEWAY.read_text(encoding="utf-8"))

    assert expected == REMIX.read_text(encoding="utf-8"), "run: python tests/support/remix.py"


def test_each_operation_starts_tasks_that_go_through_every_state(play: Play) -> None:
    """In the order and for the seconds of the lifecycle, to its success; every answer is as it is documented."""
    for operation in play.starts:
        cycle = play.contract.lifecycles[operation.task_kind]
        accepted = play.ask(operation, play.source(operation, "ok"))
        task = str(play.fact(operation, accepted, "task.id"))
        poll = play.contract.polled_by[operation.id]
        seen = []
        for stage in (*cycle.stages, cycle.success, cycle.success):
            answer = play.poll(operation, task)
            seen.append(str(play.fact(poll, answer, "task.status")))
            assert play.is_documented(poll, answer), answer.body
            play.wall += stage.seconds

        assert play.is_documented(operation, accepted), accepted.body
        assert [*(stage.name for stage in cycle.stages), cycle.success.name, cycle.success.name] == seen


@pytest.mark.parametrize(("word", "end"), [("fails", "failure"), ("stalls", "last stage")])
def test_the_sources_of_the_first_world_end_as_their_names_say(play: Play, word: str, end: str) -> None:
    """Tasks from them fail, or stay in their last stage for ever; what a failed one shows is documented."""
    for operation in play.starts:
        cycle = play.contract.lifecycles[operation.task_kind]
        task = play.start(operation, play.source(operation, word))
        play.wall += 1000
        answer = play.poll(operation, task)

        assert (cycle.failure if end == "failure" else cycle.stages[-1]).name == play.state(operation, task)
        assert play.is_documented(play.contract.polled_by[operation.id], answer), answer.body


def broken(play: Play, operation: Operation, rule: Any) -> Any:
    """Return the answer to a request that breaks a precondition and none before it."""
    check = rule["check"]
    if check in {"task-known", "source-known"}:
        return play.ask(operation, "nobody-knows-it")
    if check == "task-succeeded":
        return play.ask(operation, play.source(operation, "running"))
    if check == "source-within":
        return play.ask(operation, play.source(operation, "long"))
    if check == "source-unused":
        play.start(operation, play.source(operation, "ok"))
        return play.ask(operation, play.source(operation, "ok"))
    assert check == "affordable"
    own = [f"{row.get('kind')}_ok" for row in operation.rules if "kind" in row]
    return play.ask(operation, (own or ["of_the_poor"])[0], key=play.keys["poor"])


def test_each_refusal_of_each_operation_has_its_row_and_its_envelope(play: Play) -> None:
    """Every precondition, a key that is missing or unknown, a body that is none: the status of the row, documented."""
    world = f"worlds/{play.mock.first}"
    cycles = {rule["lifecycle"] for one in play.starts for rule in one.rules if "lifecycle" in rule}
    for cycle in cycles:
        done = play.contract.lifecycles[cycle].success.name
        row = {"id": "of_the_poor", "lifecycle": cycle, "state": done, "account": "poor", "started_by": ""}
        play.control("POST", f"{world}/tasks", row)
    for operation in play.contract.operations:
        got = {rule["error"]: broken(play, operation, rule) for rule in operation.rules}
        got["missing-key"] = play.ask(operation, key=None)
        got["invalid-key"] = play.ask(operation, key="nobodys")
        if operation.body:
            got["invalid-json"] = play.send(operation.method, path_of(operation), b"{")
            got["invalid-params"] = play.send(operation.method, path_of(operation), b"[]")
            got["body-too-large"] = play.send(
                operation.method, path_of(operation), b" " * (play.contract.body_limit + 1)
            )
        for error, answer in got.items():
            assert (error, play.contract.errors[error].status) == (answer.why["error"], answer.status)
            assert play.is_documented(operation, answer), (error, answer.body)


def path_of(operation: Operation) -> str:
    """Return the path of an operation, with any word in the place of an id."""
    return operation.path.replace("{", "").replace("}", "")


def test_what_no_operation_answers_has_the_envelope_of_the_others(play: Play) -> None:
    """Unknown paths and methods: the row's status, in the envelope and media type of documented errors."""
    operation = play.contract.operations[0]
    documented = next(status for status in operation.responses if status[0] == "4")
    for answer, error in (
        (play.send("GET", "/nowhere"), "no-such-path"),
        (play.send("DELETE", operation.path), "method-not-allowed"),
    ):
        assert (error, play.contract.errors[error].status) == (answer.why["error"], answer.status)
        assert operation.media_type(documented) == dict(answer.headers)["Content-Type"]
        assert Validator(operation.schema(documented), play.contract.root).is_valid(json.loads(answer.body))


@pytest.mark.parametrize("path", ODD, ids=lambda path: path.stem)
def test_the_commands_at_the_start_are_those_of_the_contract(path: Path, tmp_path: Path) -> None:
    """Each command has the method, the key's place, and whatever else its operation needs: tasks are started by it."""
    play = play_of(path, tmp_path)
    world = play.mock.store.world(play.mock.first)
    assert world is not None
    commands = [shlex.split(line) for _, line in curls(world, "http://x")]
    answers = [_sent(play, words) for words in commands]
    polls = {one.id for one in play.contract.operations if one.polls}

    assert {one.id for one in play.contract.operations} == {answer.why["operation"] for answer in answers}
    assert [] == [one.body for one in answers if one.status >= 300 and one.why["operation"] not in polls]


def _sent(play: Play, words: list[str]) -> Any:
    """Return the mock's answer to a curl command."""
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    body = words[words.index("-d") + 1].encode() if "-d" in words else b""
    method = words[words.index("-X") + 1] if "-X" in words else "POST" if body else "GET"
    path, _, query = next(word for word in words if word.startswith("http")).removeprefix("http://x").partition("?")
    sent = {name.lower(): value for name, value in headers.items()}
    return play.mock.answer(Request(method, path, query, sent, body), play.wall)


@pytest.mark.parametrize("path", [REMIX, TRANSCRIPTS], ids=lambda path: path.stem)
def test_a_webhook_says_what_polling_says(path: Path) -> None:
    """Over a socket: once the task has ended, to the place that the contract's field names."""
    contract = load(path)
    operation = next(one for one in contract.operations if one.callback)
    assert operation.callback is not None
    with serve(spec=str(path)) as server, receiving(204) as receiver:
        own = gateway_on(server, stage_seconds=0)
        kind, numbers = next(iter(contract.sources.items()))
        source = own.source(kind, **dict.fromkeys(numbers, 30))
        play = Play(server.mock, own.keys, time.time())
        task = play.start(operation, source, body={operation.callback[0]: f"{receiver.url}/told"})
        server.look()
        told = receiver.next()
        play.wall = time.time() + 1

        assert json.loads(play.poll(operation, task).body) == json.loads(told.body)


@pytest.mark.parametrize("path", [REMIX, TRANSCRIPTS], ids=lambda path: path.stem)
def test_a_gateway_of_a_fixture_follows_the_contract(path: Path) -> None:
    """Its key, the header that carries it, sources of the contract's kinds, and the journal."""
    contract = load(path)
    assert contract.scheme is not None
    with serve(spec=str(path)) as server:
        own = gateway_on(server, drive="polls")
        play = Play(server.mock, own.keys, time.time())
        for operation in (one for one in play.starts if any("kind" in rule for rule in one.rules)):
            kind = next(rule["kind"] for rule in operation.rules if "kind" in rule)
            source = own.source(kind, **dict.fromkeys(contract.sources[kind], 30))
            task = play.start(operation, source)
            cycle = contract.lifecycles[operation.task_kind]
            seen = play.run(operation, task, [0] * len(cycle.stages) + [0])

            assert [*(stage.name for stage in cycle.stages), cycle.success.name] == seen
            assert 1 == own.journal.count(operation=operation.id)

    assert own.api_key.startswith(contract.scheme.prefix)
    assert {contract.scheme.header: contract.scheme.value(own.api_key)} == own.headers


def session(play: Play) -> None:
    """Start a task of each operation from each kind of source, poll them to their ends, and be refused."""
    for operation in play.starts:
        tasks = [play.start(operation, play.source(operation, word)) for word in ("ok", "fails")]
        for _ in play.contract.lifecycles[operation.task_kind].states:
            for task in tasks:
                play.poll(operation, task)
            play.wall += 1
        play.ask(operation, "nobody-knows-it")
        play.ask(operation, play.source(operation, "ok"), key=play.keys["second"])


def restored(play: Play, tmp_path: Path, path: Path) -> tuple[Any, Any]:
    """Return a world as it was exported, and as it is exported again elsewhere after it was restored."""
    world = f"worlds/{play.mock.first}"
    document = play.control("GET", f"{world}/export")
    other = play_of(path, tmp_path)
    other.wall = play.wall
    other.control("PUT", f"{world}/export", document)
    return document, other.control("GET", f"{world}/export")


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_a_world_is_exported_restored_and_replayed(path: Path, tmp_path: Path) -> None:
    """Every fact comes back, and the same requests give the same bytes."""
    play = play_of(path, tmp_path)
    session(play)
    first, again = restored(play, tmp_path, path)
    replayed = play.control("POST", f"worlds/{play.mock.first}/replay")

    assert {**first["state"], "clock": None} == {**again["state"], "clock": None}
    assert [] == replayed["differences"]
    assert play.control("GET", f"worlds/{play.mock.first}/journal/count")["count"] == replayed["replayed"] > 0


@pytest.mark.parametrize("path", [REMIX, TRANSCRIPTS], ids=lambda path: path.stem)
def test_redis_keeps_the_same_world(path: Path, tmp_path: Path, redis: Engine) -> None:
    """A session over Redis answers as one in memory does, and leaves the same facts."""
    redis.empty()
    plays = [play_of(path, tmp_path, make) for make in (in_memory, redis.store())]
    documents = []
    for play in plays:
        session(play)
        documents.append(play.control("GET", f"worlds/{play.mock.first}/export"))

    for part in ("sources", "uses", "yields"):
        assert documents[0]["state"][part] == documents[1]["state"][part]
    answers = [[row["answer"]["body"] for row in one["journal"]["entries"]] for one in documents]
    assert answers[0] == answers[1]


def renamed_mock(path: Path, folder: Path, seed: int) -> tuple[Play, Names]:
    """Return a mock of a contract under other names."""
    text, names = renamed(path.read_text(encoding="utf-8"), seed)
    other = folder / f"{path.stem}.yaml"
    other.write_text(text, encoding="utf-8")
    return play_of(other, folder), names


def entries(play: Play) -> list[Any]:
    """Return what the journal has of each exchange that every contract has: operation, status, body of a success."""
    rows = play.control("GET", f"worlds/{play.mock.first}/export")["journal"]["entries"]
    return [(row["answer"]["why"], row["answer"]["status"], json.loads(row["answer"]["body"])) for row in rows]


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
@pytest.mark.seeds(3, 20)
def test_a_contract_under_other_names_behaves_the_same(path: Path, seed: int, tmp_path: Path) -> None:
    """A session is answered with the same, up to the names: no name of a contract stands in Python."""
    (tmp_path / "new").mkdir()
    old, (new, names) = play_of(path, tmp_path), renamed_mock(path, tmp_path / "new", seed)
    session(old)
    session(new)

    for (why, status, body), (other_why, other_status, other_body) in zip(entries(old), entries(new), strict=True):
        assert names.operations[why["operation"]] == other_why["operation"]
        assert names.statuses.get(status, status) == other_status
        assert names.errors.get(why.get("error"), why.get("error")) == other_why.get("error")
        assert names.clause(why["clause"]) == other_why["clause"]
        if "error" not in why:
            assert like(names, old, body) == like(names, new, other_body)


def like(names: Names, play: Play, body: Any) -> str:
    """Return a body under the new names, without what the first world calls its sources."""
    text = json.dumps(names.value(body), sort_keys=True)
    return text.replace(play.mock.first, "")


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
@pytest.mark.seeds(3, 20)
def test_a_contract_under_other_names_is_a_contract(path: Path, seed: int) -> None:
    """It loads, its examples are true, and none of the old names that a contract is free to choose is left."""
    old = load(path)
    text, names = renamed(path.read_text(encoding="utf-8"), seed)
    new = read_contract(parse(text, f"{path.name} under other names"))

    assert [names.operations[one.id] for one in old.operations] == [one.id for one in new.operations]
    assert [names.path(one.path) for one in old.operations] == [one.path for one in new.operations]
    assert [names.clauses[name] for name in old.clauses] == list(new.clauses)
    for operation in new.operations:
        for status, response in operation.responses.items():
            for media in response.get("content", {}).values():
                validator = Validator(media["schema"], new.root)
                assert not [e for e in media["examples"].values() if validator.violations(e["value"])], status


def test_a_further_operation_leaves_the_documented_id_to_the_documented_one() -> None:
    """In the world of the documentation: a remix of the documented audio, and then the documented command."""
    fake = Fake(spec=REMIX)
    remix = fake.post("/api/v1/audio/music/remix/generate", {"audio_id": "aud123456789", "tempo": 1.5})

    assert remix.json["data"]["task_id"].startswith("rmx")
    assert "upl987654321bksv" == fake.upload_cover()
    assert 404 == fake.get("/api/v1/audio/music/remix/status?task_id=upl987654321bksv").status


@pytest.mark.parametrize(("tempo", "status"), [(0.5, 200), (2, 200), (0.49, 400), (2.01, 400), ("1", 400), (None, 400)])
def test_a_number_in_a_body_is_held_to_its_bounds(tempo: object, status: int) -> None:
    """Both ends are allowed; what is beyond them, or no number, is refused with the clause."""
    got = Fake(spec=REMIX).post("/api/v1/audio/music/remix/generate", {"audio_id": "aud_30s", "tempo": tempo})

    assert status == got.status
    assert status == 200 or "body.tempo: expected" in got.message


def test_without_prices_everything_is_free(transcripts: Play) -> None:
    """A contract without x-credits charges nothing, and says nothing of credits."""
    session(transcripts)
    ledger = transcripts.control("GET", f"worlds/{transcripts.mock.first}/ledger")["accounts"]

    assert {1000} == {row["available"] for row in ledger.values()}
    assert {"main", "second"} == ledger.keys()


def test_a_key_of_another_gateway_is_left_out_by_its_header_and_by_its_beginning(transcripts: Play) -> None:
    """In the journal of requests that belong to no world: the header of the scheme, and wherever such a key stands."""
    foreign = "desk_of-a-real-gateway"
    transcripts.send("GET", f"/v3/transcripts/{foreign}?also={foreign}", key=foreign)
    transcripts.send("GET", "/v3/transcripts/tr-1", key="beginning-otherwise")
    shown = json.dumps(transcripts.control("GET", "journal"))

    assert foreign not in shown
    assert "beginning-otherwise" not in shown
    assert transcripts.keys["main"] in json.dumps(transcripts.control("GET", "worlds"))


def test_pages_of_another_origin_may_send_the_header_of_the_scheme(tmp_path: Path) -> None:
    """A preflight names it, and the methods that the contract has."""
    play = play_of(TRANSCRIPTS, tmp_path, cors="http://localhost:3000")
    asked = {"origin": "http://localhost:3000", "access-control-request-method": "POST"}
    headers = dict(play.send("OPTIONS", "/v3/recordings/r/transcripts", key=None, headers=asked).headers)

    assert "X-Desk-Key, Content-Type, Prefer" == headers["Access-Control-Allow-Headers"]
    assert "GET, POST" == headers["Access-Control-Allow-Methods"]


def test_a_fault_answers_in_the_envelope_of_the_contract(transcripts: Play) -> None:
    """A status that a world dictates comes as the contract's other errors do."""
    transcripts.control("POST", f"worlds/{transcripts.mock.first}/faults", {"status": {"code": 503}})
    answer = transcripts.send("GET", "/v3/transcripts/tr-1")

    assert {"status", "detail"} == json.loads(answer.body).keys()
    assert "application/problem+json" == dict(answer.headers)["Content-Type"]


def test_a_task_may_have_no_source(tmp_path: Path) -> None:
    """Without x-preconditions an operation starts tasks from nothing; a fault makes them fail."""
    rules = TRANSCRIPTS.read_text(encoding="utf-8").partition("      x-preconditions:\n")[2]
    cut = rules.partition("      parameters:\n")[0]
    play = play_of(edited(tmp_path, (f"      x-preconditions:\n{cut}", ""), source=TRANSCRIPTS), tmp_path)
    operation = play.starts[0]
    fine = play.start(operation)
    fault = {"match": {"operation": operation.id}, "plan": {"outcome": "failure"}}
    play.control("POST", f"worlds/{play.mock.first}/faults", fault)
    failing = play.start(operation)
    play.wall += 1000

    assert ["done", "failed"] == [play.state(operation, task) for task in (fine, failing)]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([("x-value: result.text", "x-value: result.txet")], "did you mean 'result.text'"),
        ([("  - desk: []", "  - desk: []\n    other: []")], "expected one scheme, received 2"),
        ([("    desk: {type", "    dsk: {type")], "expected a scheme of components.securitySchemes"),
        ([("security:\n  - desk: []\n", "")], "expected a scheme, since a request's key says whose world it is"),
        ([("type: apiKey, in: header, name: X-Desk-Key,", "type: apiKey, in: cookie, name: key,")], "in"),
        ([("[path.recording], error", "[path.recoding], error")], "did you mean 'recording'"),
        ([("{$request.body#/notify}", "{$request.body#/to/notify}")], "where the webhook's URL stands"),
        ([("x-value: error.status}", "x-value: error.type}")], "expected a type, since its envelope shows one"),
        ([("[path.recording], error", "[header.recording], error")], "place"),
        ([("of: minutes, min: 1", "min: 1")], "source-within: expected the settings"),
        ([("kind: recording, id", "kind: Recording!, id")], "a kind of source"),
        ([("url: 'http://127.0.0.1:8080'", "url: 'http://127.0.0.1:8080/v3'")], "expected a URL without a path"),
        ([("  - desk: []", "  - {}\n  - desk: []")], "received a choice or another one"),
        (
            [("operationId: readTranscript\n      t", "operationId: readTranscript\n      security: []\n      t")],
            "security of the whole",
        ),
        (
            [
                (
                    "          application/json:\n            schema:\n              type: obj",
                    "          multipart/form-data:\n            schema:\n              type: obj",
                )
            ],
            "expected application/json alone",
        ),
        (
            [("description: The task was accepted.", "description: x\n          headers: {Location: {}}")],
            "expected no headers",
        ),
        (
            [("        '200':\n", "        '202': {description: Not yet.}\n        '200':\n")],
            "expected one answer of success",
        ),
        ([("- name: transcript\n", "- name: transcipt\n")], "did you mean"),
        (
            [("schema: {$ref: '#/components/schemas/Ticket'}", "schema: {$ref: '#/components/schemas/Tickt'}")],
            "in this file",
        ),
        ([("value: {language: en}", "value: {language: english}")], "expected an example that keeps its schema"),
        (
            [
                (
                    "  desk: {type: apiKey, in: header, name: X-Desk-Key,",
                    "  desk: {type: apiKey, in: header, name: Host,",
                )
            ],
            "means nothing",
        ),
        (
            [("x-value: result.text,", "x-value: result.text, pattern: '^x',")],
            "can be made",
        ),
    ],
)
def test_what_a_contract_of_another_shape_must_not_say_is_refused(
    tmp_path: Path, changes: list[tuple[str, str]], said: str
) -> None:
    """At start-up, with the file and the line."""
    path = edited(tmp_path, *changes, source=TRANSCRIPTS)
    with pytest.raises(InvalidSourceError, match=r"transcripts\.yaml") as caught:
        Mock(Settings(spec=path), NOON)

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sources: {recoding: {a: {minutes: 1}}}", "did you mean 'recording'"),
        ("sources: {recording: {a: {minuets: 1}}}", "did you mean 'minutes'"),
        ("sources: {recording: {a: {}}}", "sources.recording.a.minutes: expected a value"),
        ("sources: {recording: {a: {minutes: 1, account: nobody}}}", "expected an account"),
        (
            "sources: {recording: {a: {minutes: 1, yields: {operations: {readTranscript: {}}}}}}",
            "expected an operation that starts tasks from this id",
        ),
        (
            "tasks: {t: {lifecycle: transcript, started_by: readTranscript}}",
            "expected an operation that starts such tasks",
        ),
        ("music_tasks: {m: {}}", "expected a lifecycle, received 'music'"),
        ("audio: {a: {seconds: 3, yields: {error: nothing}}}", "expected an error"),
    ],
)
def test_what_a_world_says_that_its_contract_does_not_know_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """With the line, and the nearest name that the contract knows."""
    with pytest.raises(InvalidSourceError, match=r"world\.yaml:1: ") as caught:
        Mock(Settings(str(world_file(tmp_path, text)), TRANSCRIPTS), NOON)

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("sources/recoding", {"minutes": 3}, "did you mean 'recording'"),
        ("sources/recording", {"minutes": "3"}, "body.minutes: expected a number"),
        ("sources/recording", {}, "body.minutes: expected a value"),
        ("tasks", {"lifecycle": "transcripts"}, "did you mean 'transcript'"),
        ("tasks", {"lifecycle": "transcript", "state": "ended"}, "expected a state"),
    ],
)
def test_control_calls_name_what_the_contract_knows(transcripts: Play, path: str, body: Any, said: str) -> None:
    """The nearest names, and nothing is changed."""
    answer = transcripts.send("POST", f"/__mock/worlds/{transcripts.mock.first}/{path}", body)

    assert answer.status in {400, 404}
    assert said in json.loads(answer.body)["detail"]


def test_the_usual_world_is_taken_where_it_fits(tmp_path: Path) -> None:
    """A copy of the gateway is served with docs, another contract with what follows from it; a name is a name."""
    copy = Mock(Settings(spec=edited(tmp_path)), NOON)
    other = Mock(Settings(spec=TRANSCRIPTS), NOON)
    with pytest.raises(InvalidSourceError, match=r"docs\.yaml:\d+: audio\..*expected an operation"):
        Mock(Settings("docs", TRANSCRIPTS), NOON)

    assert ("docs", "transcripts") == (copy.first, other.first)


def curl(line: str) -> tuple[str, str, Any, dict[str, str]]:
    """Return method, target, JSON body and headers of a cURL command."""
    words = shlex.split(line)
    method, body, headers, target = "GET", None, {}, ""
    for option, value in pairwise(words):
        if option == "-H":
            name, _, text = value.partition(": ")
            headers[name.lower()] = text
        elif option == "-d":
            body, method = json.loads(value), "POST"
        if value.startswith("http://"):
            target = "/" + value.split("/", 3)[3]
    return method, target, body, headers


def test_what_the_page_about_contracts_shows_is_true(tmp_path: Path) -> None:
    """Its commands give its answers, its calls are accepted, its world file can be served."""
    page = (ROOT / "docs" / "contracts.md").read_text(encoding="utf-8")
    mock = Mock(Settings(spec=TRANSCRIPTS), NOON)
    play = Play(mock, {}, NOON)
    lines = page.splitlines()
    asked = [(line.partition("curl ")[2], answer) for line, answer in pairwise(lines) if "curl -" in line]
    for command, answer in asked:
        method, target, body, headers = curl(command)
        play.wall += 5 * (method == "GET")
        got = play.send(method, target, body, None, headers)
        told = json.loads(got.body)
        if answer.startswith("{"):
            assert {**json.loads(answer), "asked_at": ""} == {**told, "asked_at": ""}
        assert got.status in {200, 201, 202}, got.body
    text = page.partition("```yaml\n")[2].partition("```")[0]
    world = Mock(Settings(str(world_file(tmp_path, text)), TRANSCRIPTS), NOON).store.world("world")

    assert 4 == len(asked)
    assert world is not None
    assert ["recording/rec_short", "recording/rec_fails"] == list(world.sources)


def test_the_least_contract_is_served_and_has_defects(tmp_path: Path) -> None:
    """The file in docs/contracts.md, which has no examples and few clauses: printed commands work, nothing crashes."""
    page = (ROOT / "docs" / "contracts.md").read_text(encoding="utf-8")
    path = tmp_path / "renders.yaml"
    path.write_text(page.partition('title="renders.yaml"\n')[2].partition("```")[0], encoding="utf-8")
    mock = Mock(Settings(spec=path), NOON)
    world = mock.store.world(mock.first)
    assert world is not None
    play, found = Play(mock, {}, NOON), []
    for _, command in curls(world, "http://127.0.0.1:8080"):
        method, target, body, headers = curl(command.removeprefix("curl "))
        found.append(play.send(method, target, body, None, headers).status)

    assert [201, 404] == found  # nothing says which task the poll is to be about
    assert "unknown-path-400" in Catalogue(load(path)).named


@pytest.mark.parametrize("path", [GATEWAY, TRANSCRIPTS], ids=lambda path: path.stem)
def test_the_commands_that_a_server_prints_work(path: Path) -> None:
    """Each cURL command, in the order in which they are printed, is accepted in the first world."""
    mock = Mock(Settings(spec=path), NOON)
    world = mock.store.world(mock.first)
    assert world is not None
    play = Play(mock, {}, NOON)
    for summary, command in curls(world, "http://127.0.0.1:8080"):
        method, target, body, headers = curl(command.removeprefix("curl "))

        assert play.send(method, target, body, None, headers).status < 300, (summary, command)
