"""The gateway's paths: a world, and requests of its four operations in it, with faults and the passing of time."""

import json
from typing import Any

from ..choices import Choices
from ..promises import Broken
from ..sessions import KEY, Player, Session
from ..values import NUMBERS, Values, body_of

AUDIO, MUSIC = "aud_a", "gen_a"
_ACCOUNTS = {"main": {"key": KEY, "credits": 40}, "poor": {"key": "aio_poor", "credits": 0}}
_SOURCES = {
    "audio": {AUDIO: {"seconds": 30}, "aud_short": {"seconds": 5.9}, "aud_own": {"seconds": 6, "account": "poor"}},
    "music_tasks": {MUSIC: {}, "gen_pending": {"state": "pending"}, "gen_failing": {"state": "failing"}},
}
_PLAIN = {"name": "fz", "seed": 7, "accounts": _ACCOUNTS, **_SOURCES}
_FIRST = {
    "id": "first",
    "created_at": "2026-02-24T12:00:30Z",
    "results": [{"id": "r", "audio_url": "u", "image_url": "i"}],
}
WORLDS: list[dict[str, Any]] = [
    {**_PLAIN, "stage_seconds": 1},
    {**_PLAIN, "drive": "polls"},
    {**_PLAIN, "drive": "manual", "stage_seconds": 0},
    {**_PLAIN, "speed": 1000, "prices": {"startCover": 0, "startUploadCover": 39}},
    {**_PLAIN, "audio": {AUDIO: {"seconds": 60, "yields": {"first": _FIRST, "outcome": "failure"}}}},
    {**_PLAIN, "music_tasks": {MUSIC: {"yields": {"error": "insufficient-credits"}}}, "callback_secret": "s"},
    {**_PLAIN, "starts": "9999-12-31T23:59:58Z"},
]
WORDS = (
    "{id0}", "{id1}", "{id2}", AUDIO, MUSIC, "aud_short", "aud_own", "gen_pending", "gen_failing", "first", KEY,
    "aio_poor", "startCover", "getCoverStatus", "startUploadCover", "main", "poor", "complete", "SUCCESS", "pending",
)  # fmt: skip
_AUTHORIZATIONS = (f"Bearer {KEY}",) * 5 + (
    f"bearer {KEY}",
    "Bearer aio_poor",
    "Bearer ",
    "Basic eDp5",
    "Bearer aio_real_key_123456789",
)
_TYPES = ("application/json",) * 4 + (
    "application/json; charset=utf-8",
    "text/plain",
    "",
    ";",
    "APPLICATION/JSON",
    "application/*",
)
_PREFERENCES = (
    "code=404",
    "code=503",
    "example=success",
    "code=999",
    'code="200", example=accepted',
    "code=402;example=x",
    "code=",
)
_AGAIN = 8  # of so many sessions one is played again, after another
_PASSES = (0.5, 1.0, 1.5, 10.0, 3600.0, 0.0, -5.0, 1e6, 1e9)


class GatewayPaths:
    """Requests of the contract's operations."""

    longest = 200
    steps = 4

    def __init__(self) -> None:
        self.player = Player("ledger")
        contract, admin = self.player.mock.contract, self.player.admin
        self.operations = contract.operations
        self._values = Values(contract.root, WORDS)
        self._settings = Values(admin.root, WORDS)
        self._schemas = admin.root["components"]["schemas"]
        self._last: tuple[Session, int] | None = None
        self._played = 0

    @property
    def requests(self) -> int:
        """Return how many requests of the gateway's paths were sent so far."""
        return self.player.requests

    def case(self, data: bytes) -> list[Session]:
        """Return a session; it is played before and after the one that came before."""
        choices = Choices(data)
        if choices.one_in(8):
            near = self._settings.near(self._schemas["World"], choices)
            world = {**near, "name": "fz", "accounts": _ACCOUNTS} if isinstance(near, dict) else _PLAIN
        else:
            world = choices.pick(WORLDS)
        steps = [self._step(choices)]
        while choices.more and len(steps) < self.steps:
            steps.append(self._step(choices))
        return [{"world": json.dumps(world), "steps": steps}]

    def play(self, case: list[Session]) -> None:
        """Play the sessions; the first again at the end, and it has to be answered as before."""
        digests = [self.player.play(session) for session in case]
        if len(case) > 1:
            self._same(case, digests[0])
            return
        self._played += 1
        if self._played % _AGAIN == 0:
            self._last = case[0], digests[0]
        elif self._played % _AGAIN == 1 and self._last is not None:
            self._same([self._last[0], case[0]], self._last[1])

    def _same(self, case: list[Session], digest: int) -> None:
        if self.player.play(case[0]) != digest:
            broken = Broken("answers that depend on what came before")
            broken.case = case
            raise broken

    def seeds(self) -> list[bytes]:
        """Return a few inputs of each length."""
        return [bytes((first * 37 + at * at * 11) % 256 for at in range(20 * first)) for first in range(1, 16)]

    def _step(self, choices: Choices) -> list[Any]:
        kind = choices.below(16)
        if kind < 11:
            return self.request(choices)
        if kind == 11:
            return ["pass", choices.pick(_PASSES)]
        if kind == 12:
            body = body_of(self._settings.near(self._schemas["Fault"], choices), choices)
            return ["request", "POST", "/__mock/worlds/fz/faults", "", _JSON, body.decode("latin-1")]
        if kind == 13:
            act, body = choices.pick(_ACTS), json.dumps({"seconds": choices.pick(NUMBERS)})
            return ["request", "POST", f"/__mock/worlds/fz/{act}", "", _JSON, body if act == "clock/advance" else ""]
        return self._stray(choices)

    def request(self, choices: Choices) -> list[Any]:
        """Return a request of an operation."""
        operation = choices.pick(self.operations)
        query = "&".join(
            f"{parameter.name}={_quoted(self._values.near(parameter.schema, choices))}"
            for parameter in operation.places["query"]
            for _ in range(0 if choices.one_in(12) else 2 if choices.one_in(30) else 1)
        )
        content = operation.raw.get("requestBody", {}).get("content", {}).get("application/json", {})
        body = body_of(self._values.near(content["schema"], choices), choices) if content else b""
        headers = (
            {"authorization": _AUTHORIZATIONS[0], "content-type": _TYPES[0]}
            if not choices.one_in(4)
            else self._headers(choices)
        )
        return ["request", operation.method, operation.path, query, headers, body.decode("latin-1")]

    def _headers(self, choices: Choices) -> dict[str, str]:
        headers = {"authorization": choices.pick(_AUTHORIZATIONS), "content-type": choices.pick(_TYPES)}
        if choices.one_in(2):
            headers["prefer"] = choices.pick(_PREFERENCES)
        if choices.one_in(6):
            headers["host"] = choices.pick(("", "a", "[::1]:80", "x:y:z", "é", "a/b", "a" * 300, "localhost:8080"))
        if choices.one_in(6):
            headers["x-api-key"] = KEY
        if choices.one_in(16):
            del headers["content-type"]
        return headers

    def _stray(self, choices: Choices) -> list[Any]:
        """Return a request of a path or method that may not exist."""
        operation = choices.pick(self.operations)
        method = choices.pick(("GET", "POST", "HEAD", "OPTIONS", "PUT", "TRACE", "", "get", "é"))
        path = choices.pick(
            ("/", "", "*", operation.path, operation.path + "/", operation.path.upper(), "/api", "//", "/%00")
        )
        return ["request", method, path + choices.text(4), choices.text(12), self._headers(choices), choices.text()]


_JSON = {"content-type": "application/json"}
_ACTS = ("clock/advance", "clock/next", "reset", "tasks/{id0}/fail", "tasks/{id0}/complete", "tasks/{id0}/hold")


def _quoted(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "surrogatepass").decode("latin-1").replace("&", "%26")
