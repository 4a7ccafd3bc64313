"""Restore: exports of worlds with a past, changed anywhere; what is accepted has to be a world to live in."""

import json
from typing import Any

from ..choices import Choices
from ..edits import edited
from ..inside import FIRST, JSON, WALL, Answer, Mock, Request, Settings, control, empty, webhook_bodies
from ..promises import Broken, answered
from ..sessions import balanced
from ..values import Values
from .gateway import KEY, WORDS, WORLDS

_OFFSETS = (0.0, 2.5)
_WORDS = (
    *WORDS,
    "fz",
    "d1",
    "f1",
    "success",
    "music",
    "cover",
    "planned",
    "sending",
    "time",
    "polls",
    "manual",
    "state",
    "wall",
    "origin",
)


class Restore:
    """Exported worlds, changed and put back."""

    longest = 120

    def __init__(self) -> None:
        self._mock = Mock(Settings(world=FIRST), WALL)
        self._values = Values(self._mock.control.admin.root, _WORDS)
        self.documents = [_lived(self._mock, world) for world in WORLDS[:6]]

    def case(self, data: bytes) -> Any:
        """Return a document to restore, and whether as it was in its beginning."""
        choices = Choices(data)
        begun = choices.one_in(6)
        document = choices.pick(self.documents)
        if choices.one_in(2):
            part = choices.pick(("state", "journal", "controls", "spec", "origin"))
            changed = {**document, part: edited(document[part], choices, self._values)}
        else:
            changed = edited(document, choices, self._values)
        return {"document": changed, "begun": begun}

    def play(self, case: Any) -> None:
        """Restore the document; where it is accepted, do with the world what can be done with one."""
        mock = self._mock
        empty(mock)
        body, query = json.dumps(case["document"]).encode(), "begun=true" if case["begun"] else ""
        restored = control(mock, "PUT", "worlds/fz/export", body, query)
        answered(restored.status, restored.body, "restoreWorld")
        if restored.status == 200:
            self._use(mock)

    def _use(self, mock: Mock) -> None:
        self._ask("GET", "worlds", 200)
        for view in (
            "",
            "/ledger",
            "/clock",
            "/tasks",
            "/journal",
            "/callbacks",
            "/faults",
            "/journal/last/explain",
            "/journal/count",
        ):
            self._ask("GET", f"worlds/fz{view}", 0 if "journal/" in view else 200)
        exported = self._ask("GET", "worlds/fz/export", 200)
        balanced(self._ask("GET", "worlds/fz/ledger", 200).body)
        world: Any = mock.store.world("fz")
        for offset in _OFFSETS:
            webhook_bodies(mock, "fz", world.clock.now(WALL + offset))
            self._clients(world, WALL + offset)
            self._ask("GET", "worlds", 200, WALL + offset)
        self._follow()
        for act in ("replay", "clock/next", "fork", "reset", "clock/next"):
            self._ask("POST", f"worlds/fz/{act}", 0)
        again = control(mock, "PUT", "worlds/fz/export", exported.body)
        if again.status != 200:
            raise Broken(f"an export that can't be restored: {again.status}", again.body[:500])

    def _clients(self, world: Any, wall: float) -> None:
        for account in list(world.accounts.values())[:2]:
            head = {**JSON, "authorization": f"Bearer {account.key}"}
            for task in [*list(world.tasks)[-2:], "aud_a"]:
                for operation in self._mock.contract.operations:
                    body = json.dumps({"taskId": task, "audio_id": task}).encode() if operation.body else b""
                    query = "" if operation.body else "task_id=" + task
                    answer = self._mock.answer(Request(operation.method, operation.path, query, head, body), wall)
                    forced = bool(answer.why.get("faults"))
                    answered(answer.status, answer.body, str(answer.why.get("operation")), forced=forced)
        for task in list(world.tasks)[:2]:
            for act in ("hold", "release", "fail"):
                self._ask("POST", f"worlds/fz/tasks/{task}/{act}", 0, wall)

    def _follow(self) -> None:
        answer = self._ask("GET", "worlds/fz/events", 0)
        if answer.stream is not None:
            for after in (0.0, 0.5, 20.0):
                self._mock.look(answer.stream, WALL + after)
                self._mock.piece(answer.stream, WALL + after)

    def _ask(self, method: str, path: str, status: int, wall: float = WALL) -> Answer:
        path = path.replace("/events", "/events?from=start")
        target, _, query = f"/__mock/{path}".partition("?")
        answer = self._mock.answer(
            Request(method, target.encode("utf-8", "surrogatepass").decode("latin-1"), query, JSON), wall
        )
        answered(answer.status, answer.body, str(answer.why.get("operation")))
        if status and answer.status != status:
            raise Broken(
                f"{answer.status} of {answer.why.get('operation')} in a world that was restored", answer.body[:500]
            )
        return answer

    def seeds(self) -> list[bytes]:
        """Return a few inputs of each length."""
        return [bytes((first * 23 + at * at * 29) % 256 for at in range(6 * first)) for first in range(1, 20)]


def _lived(mock: Mock, world: Any) -> Any:
    """Return the export of a world in which something has happened."""
    empty(mock)
    assert control(mock, "POST", "worlds", json.dumps(world).encode()).status == 201
    control(
        mock, "POST", "worlds/fz/faults", b'{"latency": 0.01, "match": {"operation": "getCoverStatus"}, "times": 5}'
    )
    control(
        mock,
        "POST",
        "worlds/fz/faults",
        b'{"id": "late", "status": {"code": 503}, "nth": 4, "probability": 0.5, "lasts": 60}',
    )
    head = {**JSON, "authorization": f"Bearer {KEY}"}
    for number, body in enumerate(
        (b'{"audio_id": "aud_a", "callback_url": "http://127.0.0.1:9/h"}', b'{"audio_id": "aud_a"}', b"{}")
    ):
        mock.answer(Request("POST", "/api/v1/audio/music/upload-cover/generate", "", head, body), WALL + number)
        mock.answer(
            Request("POST", "/api/v1/audio/music/cover/generate", "", head, b'{"taskId": "gen_a"}'), WALL + number
        )
    control(mock, "POST", "worlds/fz/clock/advance", b'{"seconds": 2}')
    for task in ("gen_a", "gen_pending", "x\xff"):
        mock.answer(Request("GET", "/api/v1/audio/music/cover/status", f"task_id={task}", head), WALL + 3)
    return json.loads(control(mock, "GET", "worlds/fz/export").body)
