"""The control API: each operation does what it says, in the form that admin.yaml says, and only for programs."""

import struct
from typing import Any

import pytest
from covermock.openapi import ADMIN, Validator, load
from support.fakes import AUDIO, COVER_STATUS, MUSIC, Fake, Got

ADMIN_CONTRACT = load(ADMIN)
W = "worlds/docs"


@pytest.fixture
def control() -> "Controlled":
    """A mock whose every control answer is judged against admin.yaml."""
    return Controlled()


class Controlled(Fake):
    """A mock in the world `docs` under `manual`; control answers must be the documented ones."""

    def __init__(self) -> None:
        super().__init__(over={"drive": "manual"})

    def control(self, method: str, path: str, body: Any = None, **headers: str) -> Got:
        """Call the control API and judge the answer's status, type and body."""
        got = super().control(method, path, body, **headers)
        assert [] == strangeness(got)
        return got


def strangeness(got: Got) -> list[str]:
    """Return in what way a control answer is not one that its operation documents."""
    name = got.answer.why.get("operation")
    if name is None:
        return []
    documented = ADMIN_CONTRACT.operation(name).responses
    if str(got.status) not in documented:
        return [f"{name}: {got.status} is not documented"]
    content = documented[str(got.status)].get("content", {})
    if not content:
        return [f"{name}: a body"] if got.body else []
    if got.headers["content-type"] not in content:
        return [f"{name}: {got.headers['content-type']} is not documented"]
    schema = content[got.headers["content-type"]]["schema"]
    judged = {} if schema.get("format") == "binary" else Validator(schema, ADMIN_CONTRACT.root).violations(got.json)
    return [str(problem) for problem in judged]


def wav(seconds: int) -> bytes:
    """Return a WAV of silence, 8 kHz mono."""
    data = bytes(8000 * seconds)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8)
    chunks = b"WAVE" + form + struct.pack("<4sI", b"data", len(data)) + data
    return struct.pack("<4sI", b"RIFF", len(chunks)) + chunks


@pytest.mark.parametrize("path", ["livez", "readyz"])
def test_health_is_told_to_anybody(control: Controlled, path: str) -> None:
    """Health needs no token and no Host that we know."""
    assert {"status": "ok"} == control.control("GET", path, host="health.check").json


def test_worlds_are_listed_read_made_reset_and_deleted(control: Controlled) -> None:
    """The life of a world; its key works as long as it lives."""
    made = control.control("POST", "worlds", {"name": "mine", "audio": {"a": {"seconds": 9}}})
    names = [world["name"] for world in control.control("GET", "worlds").json["worlds"]]
    control.upload_cover("a", key="aio_mine")
    spent = control.control("GET", "worlds/mine").json["accounts"]["main"]["credits"]
    reset = control.control("POST", "worlds/mine/reset").json
    deleted = control.control("DELETE", "worlds/mine")

    assert (201, {"main": {"key": "aio_mine", "credits": 1000}}) == (made.status, made.json["accounts"])
    assert ["docs", "mine"] == names
    assert (995, 1000, 0) == (spent, reset["accounts"]["main"]["credits"], reset["tasks"])
    assert (204, b"") == (deleted.status, deleted.body)
    assert 404 == control.control("GET", "worlds/mine").status
    assert 401 == control.get(f"{COVER_STATUS}?task_id=x", key="aio_mine").status


@pytest.mark.parametrize("base", ["demo", "docs", "empty"])
def test_a_world_is_made_on_the_pattern_of_another(control: Controlled, base: str) -> None:
    """`from` takes a world file or a living world; keys are new, the rest is the same, what is said wins."""
    made = control.control("POST", "worlds", {"from": base, "name": "copy", "drive": "polls"}).json

    assert "polls" == made["drive"]
    assert {"aio_copy"} == {
        row["key"] for name, row in made["accounts"].items() if name == next(iter(made["accounts"]))
    }
    assert len({row["key"] for row in made["accounts"].values()}) == len(made["accounts"])


def test_names_and_keys_are_given_once(control: Controlled) -> None:
    """A taken name, key, task id or audio id is 409, and changes nothing."""
    taken = [
        control.control("POST", "worlds", {"name": "docs"}),
        control.control("POST", "worlds", {"name": "new", "accounts": {"a": {"key": "aio_second_key"}}}),
        control.control("POST", f"{W}/music-tasks", {"id": MUSIC}),
        control.control("POST", f"{W}/audio", {"id": AUDIO, "seconds": 9}),
    ]

    assert [409] * 4 == [got.status for got in taken]
    assert 404 == control.control("GET", "worlds/new").status
    assert 200 == control.post("/api/v1/audio/music/upload-cover/generate", {"audio_id": AUDIO}).status


def test_the_clock_advances_and_tells_what_happened(control: Controlled) -> None:
    """Each stage that is entered is an event, at its instant, in order."""
    cover, music = control.cover(), control.upload_cover("aud_30s")
    got = control.control("POST", f"{W}/clock/advance", {"seconds": 2.5}).json
    events = [(event["task"], event["state"]) for event in got["events"] if event["task"] in {cover, music}]

    assert 2.5 == got["moved"] == control.control("GET", f"{W}/clock").json["moved"]
    assert {(cover, "IN_PROGRESS"), (music, "text")} == set(events[:2])
    assert {(cover, "SUCCESS"), (music, "first")} == set(events[2:])
    assert sorted(event["at"] for event in got["events"]) == [event["at"] for event in got["events"]]


@pytest.mark.parametrize("drive", ["time", "manual", "polls"])
def test_the_clock_jumps_from_event_to_event(fake: Fake, drive: str) -> None:
    """`next` goes exactly to the next stage under each drive, and stays where there is none."""
    fake.control("POST", "worlds", {"name": "w", "drive": drive, "music_tasks": {"gen": {}}})
    fake.cover("gen", key="aio_w")
    jumps = [fake.control("POST", "worlds/w/clock/next").json["events"] for _ in range(3)]

    assert [["IN_PROGRESS"], ["SUCCESS"], []] == [[event["state"] for event in jump] for jump in jumps]


def test_looking_moves_nothing(control: Controlled) -> None:
    """Listing and reading tasks, clocks and worlds, HEAD, 401 and 404 are no polls."""
    control.control("POST", "worlds", {"name": "w", "drive": "polls", "music_tasks": {"gen": {}}})
    task = control.cover("gen", key="aio_w")
    for path in ("worlds", "worlds/w", "worlds/w/clock", "worlds/w/tasks", f"worlds/w/tasks/{task}"):
        control.control("GET", path)
    for method, key in (("HEAD", "aio_w"), ("GET", "aio_unknown"), ("GET", "aio_your_api_key_here"), ("POST", "aio_w")):
        control.send(method, f"{COVER_STATUS}?task_id={task}", key=key)
    control.get(f"{COVER_STATUS}?task_id={task}&task_id=x", key="aio_w")

    assert ["PENDING", "IN_PROGRESS", "SUCCESS"] == [control.status(task, key="aio_w") for _ in range(3)]


def test_tasks_are_listed_by_state_and_number(control: Controlled) -> None:
    """`state` picks, `limit` cuts, `total` counts all that match."""
    task = control.cover()
    pending = control.control("GET", f"{W}/tasks?state=PENDING").json
    few = control.control("GET", f"{W}/tasks?limit=2").json

    assert ([task], 1) == ([of["id"] for of in pending["tasks"]], pending["total"])
    assert (2, control.control("GET", W).json["tasks"]) == (len(few["tasks"]), few["total"])
    assert 400 == control.control("GET", f"{W}/tasks?limit=0").status


def test_a_task_shows_its_facts_and_what_comes(control: Controlled) -> None:
    """Who started it, from what, for how much, and the next change."""
    shown = control.control("GET", f"{W}/tasks/{control.cover('gen_completed')}").json

    assert ("startCover", "gen_completed", 1, "main") == tuple(
        shown[name] for name in ("started_by", "source", "price", "account")
    )
    assert {"state": "IN_PROGRESS", "in_seconds": 1.0} == shown["next"]


@pytest.mark.parametrize(("state", "status"), [("completed", 200), ("pending", 400), ("failing", 400)])
def test_music_tasks_are_put_into_a_world(control: Controlled, state: str, status: int) -> None:
    """Completed ones can get a cover, pending and failing ones can't."""
    made = control.control("POST", f"{W}/music-tasks", {"state": state})
    control.control("POST", f"{W}/clock/advance", {"seconds": 100})

    assert 201 == made.status
    assert status == control.post("/api/v1/audio/music/cover/generate", {"taskId": made.json["id"]}).status


def test_audio_is_made_with_a_length_or_measured(control: Controlled) -> None:
    """JSON gives the length; a file is measured, its id and account are in the query."""
    told = control.control("POST", f"{W}/audio", {"seconds": 5.5, "id": "told"})
    measured = control.control("POST", f"{W}/audio?id=sung&account=second", wav(7), content_type="audio/wav")
    broken = control.control("POST", f"{W}/audio", b"no audio at all", content_type="audio/mpeg")
    typed = control.control("POST", f"{W}/audio", wav(1), content_type="video/mp4")

    assert {"id": "told", "seconds": 5.5, "account": ""} == told.json
    assert {"id": "sung", "seconds": 7.0, "account": "second"} == measured.json
    assert [400, 400] == [broken.status, typed.status]


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("worlds", {"nam": "x"}, "did you mean 'name'?"),
        ("worlds", {"from": "dmo"}, "did you mean 'demo'?"),
        ("worlds", {"stage_seconds": {"PENDNG": 1}}, "body.stage_seconds.PENDNG"),
        ("worlds", {"tasks": {"": {"lifecycle": "cover"}}}, "expected at least 1 character"),
        (f"{W}/music-tasks", {"account": "scond"}, "did you mean 'second'?"),
        (f"{W}/music-tasks", {"yields": {"stalls_at": "nope"}}, "body.yields.stalls_at: expected a stage"),
        (f"{W}/audio", {"seconds": -1}, "expected at least 0"),
        (f"{W}/audio", {"seconds": 1, "yields": {"error": "no"}}, "body.yields.error: expected an error"),
        (f"{W}/clock/advance", {"second": 1}, "did you mean 'seconds'?"),
        ("worlds/dosc/reset", None, "did you mean 'docs'?"),
        (f"{W}/tasks/gen_complete", None, "did you mean 'gen_completed'"),
    ],
)
def test_what_is_not_understood_is_refused_with_the_nearest_name(
    control: Controlled, path: str, body: Any, said: str
) -> None:
    """Unknown fields, names and values are problems that say what could have been meant."""
    before = control.control("GET", W).json
    got = control.control("GET" if "/tasks/" in path else "POST", path, body)

    assert got.status in {400, 404}
    assert said in got.json["detail"]
    assert before == control.control("GET", W).json


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example:8080"},
    ],
)
def test_what_a_web_page_could_send_is_refused(control: Controlled, headers: dict[str, str]) -> None:
    """A foreign Origin, site or Host (DNS rebinding) is 403."""
    assert 403 == control.control("POST", f"{W}/reset", **headers).status


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:8080", "[::1]"])
def test_loopback_names_are_fine(control: Controlled, host: str) -> None:
    """A page of our own origin and any loopback name may call."""
    assert 200 == control.control("POST", f"{W}/reset", host=host, origin=f"http://{host}").status


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_forms_content_type_is_refused(control: Controlled, kind: str) -> None:
    """What a form on any page could send without asking is refused."""
    assert 403 == control.control("POST", "worlds", b'{"name": "x"}', content_type=kind).status


def test_an_unknown_path_or_method_is_a_problem(control: Controlled) -> None:
    """Outside the table: 404 with the nearest path, 405 with Allow."""
    unknown, wrong = control.control("GET", "wordls"), control.control("PUT", "worlds")

    assert (404, 405) == (unknown.status, wrong.status)
    assert "did you mean '/__mock/worlds'" in unknown.json["detail"].lower()
    assert "GET, POST" == wrong.headers["allow"]


def test_coverage_counts_operations_statuses_clauses_and_errors(control: Controlled) -> None:
    """Each exchange counts once for what it rests on; unknown paths count for their error alone."""
    control.cover()
    control.post("/api/v1/audio/music/cover/generate", {"taskId": MUSIC})
    control.get(f"{COVER_STATUS}?task_id=nobody")
    control.get(f"{COVER_STATUS}?task_id=nobody")
    control.get("/nowhere")
    got = control.control("GET", f"{W}/coverage").json

    assert {"startCover": {"200": 1, "400": 1}, "getCoverStatus": {"404": 2}} == got["operations"]
    assert {"C1": 1, "C2": 1, "C5": 1, "C12": 2, "G12": 1} == got["clauses"]
    assert {"cover-already-generated": 1, "cover-task-not-found": 2, "no-such-path": 1} == got["errors"]
    assert (5, 0) == (got["total"], got["evicted"])


def test_the_newest_tasks_can_be_asked_for_first(control: Controlled) -> None:
    """In either order, with a limit, with and without a state."""
    cover = control.cover()
    every = control.control("GET", f"{W}/tasks").json
    newest = control.control("GET", f"{W}/tasks?order=newest").json

    assert every["tasks"] == newest["tasks"][::-1]
    assert [cover] == [task["id"] for task in control.control("GET", f"{W}/tasks?order=newest&limit=1").json["tasks"]]
    pending = control.control("GET", f"{W}/tasks?order=newest&limit=1&state=PENDING").json
    assert ([cover], 1) == ([task["id"] for task in pending["tasks"]], pending["total"])


def test_a_task_shows_what_it_has_made(control: Controlled) -> None:
    """Nothing before its end; then the same URLs that status answers, or that the world dictates."""
    cover = control.cover()
    assert [] == control.control("GET", f"{W}/tasks/{cover}").json["results"]
    control.control("POST", f"{W}/tasks/{cover}/complete")
    made = control.control("GET", f"{W}/tasks/{cover}").json["results"]

    assert [row["image_url"] for row in made] == control.get(f"{COVER_STATUS}?task_id={cover}").json["data"]["images"]


def test_older_exchanges_are_read_page_by_page(control: Controlled) -> None:
    """`before` and `limit` lead back to the first."""
    for _ in range(5):
        control.get(f"{COVER_STATUS}?task_id=nobody")
    pages, before = [], 6
    while before > 1:
        page = control.control("GET", f"{W}/journal?limit=2&before={before}").json["entries"]
        pages.append([entry["number"] for entry in page])
        before = page[0]["number"]

    assert [[4, 5], [2, 3], [1]] == pages
