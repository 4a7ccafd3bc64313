"""The same script of requests for a mock in memory and for several over one Redis: each answer must be the same.

Ids differ between the two, since each process draws its own; so an id is shown as the how-manieth that was accepted.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha1
from random import Random
from typing import Any

from covermock.mock_server import Answer, Request
from covermock.mock_server.stores.redis import RedisStore
from covermock.mock_server.stores.redis.connection.link import StoreUnreachableError
from covermock.mock_server.stores.redis.scripts import COMMIT

from .engines import Engine
from .fakes import COVER, COVER_STATUS, UPLOAD_COVER, UPLOAD_COVER_STATUS, Fake

WORLDS = ("a", "b", "c")
_DRIVES = {"a": "time", "b": "polls", "c": "manual"}
_MADE = re.compile(r"(?:upl|mus|gen|cov|song_|aud)?_?[0-9a-f]{18}")  # an id that a mock draws, in whatever it stands
_COMMITS = (sha1(COMMIT.encode(), usedforsecurity=False).hexdigest(), COMMIT)


def spec(name: str, granted: int) -> dict[str, Any]:
    """Return a small world of which every request may meet an end."""
    audio = {"ok": {"seconds": 9}, "short": {"seconds": 1}, "bad": {"seconds": 9, "yields": {"outcome": "failure"}}}
    first = {"outcome": "stall", "first": {"id": f"first_{name}"}}
    return {
        "name": name,
        "drive": _DRIVES[name],
        "stage_seconds": 3,
        "accounts": {"main": {"key": f"k_{name}", "credits": granted}, "second": {"key": f"s_{name}", "credits": 11}},
        "audio": {**audio, "stall": {"seconds": 9, "yields": first}},
        "music_tasks": {f"m{number}": {} for number in range(3)} | {"fails": {"yields": {"outcome": "failure"}}},
    }


_CHANGES = ("reset", "anew", "advance", "next", "act", "act", "act", "keep", "restore", "fault", "clear")
_FAULTS = (
    {"status": {"code": 429}, "nth": 1},
    {"status": {"code": 429}, "nth": 3},
    {"status": {"code": 503}, "times": 2, "probability": 0.5},
    {"latency": {"seconds": 0.4}, "times": 3},
    {"plan": {"outcome": "failure"}, "times": 2},
    {"ids_repeated": {}, "times": 1},
    {"status_flickers": {}, "times": 4},
    {"not_found_at_first": {"polls": 2}, "times": 5},
    {"callback": {"mode": "early"}, "times": 2},
    {"reset": {}, "takes_effect": True, "times": 1},
)


@dataclass(slots=True)
class Asked:
    """A request as both get it; `task` is the number of an accepted one that `%s` in its target or body stands for."""

    method: str
    target: str
    key: str
    body: str = ""
    task: "Accepted | None" = None

    def request(self, side: int) -> Request:
        """Return it in the words of the mock in memory (0) or of those over Redis (1)."""
        name = self.task.ids[side] if self.task else "nobody"
        path, _, query = self.target.replace("%s", name).partition("?")
        headers = {"host": "x"} | ({"authorization": f"Bearer {self.key}"} if self.key else {})
        body = self.body.replace("%s", name).encode()
        return Request(self.method, path, query, headers | ({"content-type": "application/json"} if body else {}), body)


@dataclass(slots=True)
class Accepted:
    """A task that both have accepted: its id in memory and over Redis."""

    world: str
    ids: tuple[str, str]


@dataclass
class Twins:
    """A mock in memory and as many processes over one Redis, all at the same instant."""

    engine: Engine
    processes: int = 2
    accepted: list[Accepted] = field(default_factory=list)
    exports: dict[str, tuple[Any, Any, list[Accepted]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.engine.empty()
        self.memory = Fake()
        self.shared = [Fake(store=self.engine.store()) for _ in range(self.processes)]

    def close(self) -> None:
        """Close all connections."""
        for one in self.shared:
            one.mock.store.close()

    def wait(self, seconds: float) -> None:
        """Let the same time pass for all."""
        for one in (self.memory, *self.shared):
            one.wait(seconds)

    def ask(self, process: int, batch: Sequence[Asked]) -> None:
        """Let the batch come together at a process, and one after the other in memory."""
        over = self.shared[process].mock.answer_each([one.request(1) for one in batch], self.memory.wall)
        self.compare(batch, over)

    def compare(self, batch: Sequence[Asked], over: Sequence[Answer]) -> None:
        """Ask the mock in memory for the same, and see that it answers the same."""
        for asked, theirs in zip(batch, over, strict=True):
            ours = self.memory.mock.answer(asked.request(0), self.memory.wall)
            pair = (str(ours.why.get("task", "")), str(theirs.why.get("task", "")))
            if ours.status == theirs.status == 200 and asked.method == "POST" and all(pair):
                self.accepted.append(Accepted(str(ours.why["world"]), pair))
            shown = self._shown(0, ours), self._shown(1, theirs)
            assert shown[0] == shown[1], f"{asked}: {_difference(*shown)}"

    def lose(self, process: int, batch: Sequence[Asked], trip: int, *, sent: bool) -> None:
        """Let the connection break under a batch: what is about one world is then committed whole, or not at all."""
        other = (process + 1) % self.processes
        before = {world: self._total(other, world) for world in WORLDS}
        with breaking(self.shared[process], trip, sent=sent) as broken:
            over = self.shared[process].mock.answer_each([one.request(1) for one in batch], self.memory.wall)
        if not broken:
            self.compare(batch, over)
            return
        self.shared[process].mock.store.close()
        for world in WORLDS:
            own = [one for one in batch if one.key in {f"k_{world}", f"s_{world}"}]
            added = self._total(other, world) - before[world]
            assert added in {0, len(own)}, f"{added} of {len(own)} requests of world {world}"
            if added:
                self._follow(other, world, own)

    def _total(self, process: int, world: str) -> int:
        return int(self.shared[process].control("GET", f"worlds/{world}/journal?limit=1").json["total"])

    def _follow(self, process: int, world: str, own: Sequence[Asked]) -> None:
        """Do in memory what was committed over Redis, though nobody was told."""
        known = {one.ids for one in self.accepted}
        for one in own:
            self.memory.mock.answer(one.request(0), self.memory.wall)
        pages = [
            one.control("GET", f"worlds/{world}/tasks?limit=1000").json for one in (self.memory, self.shared[process])
        ]
        ids = zip(*([task["id"] for task in page["tasks"]] for page in pages), strict=True)
        self.accepted += [Accepted(world, pair) for pair in ids if pair not in known and pair[0] != pair[1]]

    def control(self, process: int, method: str, path: str, body: tuple[Any, Any] | None = None) -> tuple[Any, Any]:
        """Call the control API of both; return what each said."""
        mine, other = body or (None, None)
        theirs = self.shared[process].control(method, path.replace("%s", "%s"), other)
        ours = self.memory.control(method, path, mine)
        assert ours.status == theirs.status, (method, path, ours.body, theirs.body)
        return ours.json if ours.body else None, theirs.json if theirs.body else None

    def act(self, process: int, task: Accepted, act: str) -> None:
        """Hold, release, fail or complete a task in both."""
        path = f"worlds/{task.world}/tasks"
        theirs = self.shared[process].control("POST", f"{path}/{task.ids[1]}/{act}")
        ours = self.memory.control("POST", f"{path}/{task.ids[0]}/{act}")
        assert ours.status == theirs.status

    def forget(self, world: str) -> None:
        """Forget the tasks of a world that begins anew: their ids may be given again."""
        self.accepted = [one for one in self.accepted if one.world != world]

    def keep(self, process: int, world: str) -> None:
        """Keep what a world is now."""
        ours, theirs = self.control(process, "GET", f"worlds/{world}/export")
        self.exports[world] = ours, theirs, [one for one in self.accepted if one.world == world]

    def restore(self, process: int, world: str) -> None:
        """Put a world back to where it was kept."""
        ours, theirs, accepted = self.exports[world]
        self.control(process, "PUT", f"worlds/{world}/export", (ours, theirs))
        self.forget(world)
        self.accepted += accepted

    def agree(self, process: int) -> None:
        """See that all worlds are the same in both: credits, tasks, uses, journal and control calls, in their order."""
        for world in WORLDS:
            ours = self._whole(0, self.memory, world)
            theirs = self._whole(1, self.shared[process], world)
            assert ours == theirs, _difference(ours, theirs)

    def _whole(self, side: int, fake: Fake, world: str) -> Any:
        ledger = fake.control("GET", f"worlds/{world}/ledger").json
        for account in ledger.get("accounts", {}).values():
            assert account["granted"] == account["available"] + account["held"] + account["captured"], ledger
        entries = fake.control("GET", f"worlds/{world}/journal?limit=1000").json.get("entries", [])
        rows = [(one["number"], one["method"], one["path"], one["query"], one["status"]) for one in entries]
        tasks = fake.control("GET", f"worlds/{world}/tasks?limit=1000").json
        callbacks = fake.control("GET", f"worlds/{world}/callbacks").json
        state = fake.control("GET", f"worlds/{world}/export").json.get("state", {})
        orders = [*state.get("journal", []), *state.get("controls", [])]
        assert len({one.get("order") for one in orders}) == len(orders)
        return self._plain(side, [ledger, rows, tasks, callbacks, state.get("uses"), state.get("faults")])

    def _shown(self, side: int, answer: Answer) -> Any:
        try:
            body = json.loads(answer.body) if answer.body else None
        except ValueError:
            body = answer.body.decode(errors="replace")
        why = {name: answer.why.get(name) for name in ("world", "account", "operation", "error", "state", "faults")}
        return self._plain(side, [answer.status, bool(answer.hold), body, why])

    def _plain(self, side: int, value: Any) -> Any:
        """Return a value with each id shown as the number of its task; others that were drawn are all alike."""
        text = json.dumps(value, sort_keys=True)
        for number, one in enumerate(self.accepted):
            text = text.replace(one.ids[side], f"<{one.world} {number}>")
        return json.loads(_MADE.sub("<drawn>", text))


def _difference(ours: Any, theirs: Any, where: str = "") -> str:
    """Return where two values of JSON differ, and how."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        pairs = [(name, ours.get(name), theirs.get(name)) for name in {**ours, **theirs}]
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = list(zip(range(len(ours)), ours, theirs, strict=True))
    else:
        return f"{where}: memory {ours!r}, Redis {theirs!r}"
    return "; ".join(_difference(one, other, f"{where}.{name}") for name, one, other in pairs if one != other)


@contextmanager
def between(fake: Fake, trip: int, act: Callable[[], None]) -> Iterator[None]:
    """Do something at the trip of that number to Redis, as another process may; afterwards, if there were fewer.

    Nothing is done any more once the step's first commit was sent.
    """
    store = fake.mock.store
    assert isinstance(store, RedisStore)
    ask_each, count, done = store.link.ask_each, 0, False

    def ask(commands: Any) -> Any:
        nonlocal count, done
        count += 1
        commits = any(words[0] in {"EVALSHA", "EVAL"} and words[1] in _COMMITS for words in commands)
        if not done and (count >= trip or commits):
            done = True
            act()
        return ask_each(commands)

    store.link.ask_each = ask  # type: ignore[method-assign]
    try:
        yield
    finally:
        store.link.ask_each = ask_each  # type: ignore[method-assign]
        if not done:
            act()


@contextmanager
def breaking(fake: Fake, trip: int, *, sent: bool) -> Iterator[list[bool]]:
    """Lose the connection to Redis at the trip of that number, before or after its words have arrived there."""
    store = fake.mock.store
    assert isinstance(store, RedisStore)
    link, ask_each, count, broken = store.link, store.link.ask_each, 0, []

    def ask(commands: Sequence[Sequence[Any]]) -> list[Any]:
        nonlocal count
        count += 1
        if count != trip:
            return ask_each(commands)
        broken.append(True)
        if sent:
            ask_each(commands)
        link._lose(OSError("gone"))
        return [StoreUnreachableError("gone")] * len(commands)

    link.ask_each = ask  # type: ignore[method-assign]
    try:
        yield broken
    finally:
        link.ask_each = ask_each  # type: ignore[method-assign]


class Script:
    """Draws what is asked, and asks it."""

    def __init__(self, twins: Twins, random: Random) -> None:
        self.twins = twins
        self.random = random
        for world in WORLDS:
            self._make(world, 0)

    def _make(self, world: str, process: int) -> None:
        given = spec(world, self.random.choice((5, 12, 23, 60))) | {"seed": self.random.randrange(10**9)}
        self.twins.control(process, "POST", "worlds", (given, given))

    def _process(self) -> int:
        return self.random.randrange(self.twins.processes)

    def step(self) -> None:
        """Ask a batch at one process; others may do something in its midst."""
        twins, random = self.twins, self.random
        process = self._process()
        batch = self._batch()
        drawn = random.random()
        if drawn < 0.4:
            twins.ask(process, batch)
        elif drawn < 0.55:
            twins.lose(process, batch, random.choice((1, 1, 2, 3)), sent=random.random() < 0.6)
        else:
            fake = twins.shared[process]
            other = random.choice([one for one in range(twins.processes) if one != process])
            requests = [one.request(1) for one in batch]
            with between(fake, random.choice((1, 1, 1, 2, 3)), lambda: self._interfere(other, batch)):
                over = fake.mock.answer_each(requests, twins.memory.wall)
            twins.compare(batch, over)
        if random.random() < 0.25:
            twins.wait(random.choice((0.0, 0.5, 1, 3, 20)))
        if random.random() < 0.3:
            self._change(self._process())
        if random.random() < 0.2:
            twins.agree(self._process())

    def _interfere(self, process: int, batch: list[Asked]) -> None:
        if self.random.random() < 0.6:
            self.twins.ask(process, self._batch())
        else:
            self._change(process, {one.task.world for one in batch if one.task})

    def _change(self, process: int, known: Collection[str] = ()) -> None:
        """Let a control call change a world; one whose ids are `known` doesn't begin anew, to give them once more."""
        world = self.random.choice(WORLDS)
        name = self.random.choice(_CHANGES)
        name = "anew" if world in known and name in {"reset", "restore"} else name
        getattr(self, f"_{name}")(process, world)

    def _reset(self, process: int, world: str) -> None:
        self.twins.forget(world)
        self.twins.control(process, "POST", f"worlds/{world}/reset")

    def _anew(self, process: int, world: str) -> None:
        self.twins.forget(world)
        self.twins.exports.pop(world, None)
        self.twins.control(process, "DELETE", f"worlds/{world}")
        self._make(world, process)

    def _advance(self, process: int, world: str) -> None:
        body = {"seconds": self.random.choice((0, 1, 4, 30))}
        self.twins.control(process, "POST", f"worlds/{world}/clock/advance", (body, body))

    def _next(self, process: int, world: str) -> None:
        self.twins.control(process, "POST", f"worlds/{world}/clock/next")

    def _act(self, process: int, _: str) -> None:
        if self.twins.accepted:
            act = self.random.choice(("hold", "release", "fail", "complete"))
            self.twins.act(process, self.random.choice(self.twins.accepted), act)

    def _keep(self, process: int, world: str) -> None:
        self.twins.keep(process, world)

    def _restore(self, process: int, world: str) -> None:
        if world in self.twins.exports:
            self.twins.restore(process, world)

    def _fault(self, process: int, world: str) -> None:
        row = self.random.choice(_FAULTS)
        self.twins.control(process, "POST", f"worlds/{world}/faults", (row, row))

    def _clear(self, process: int, world: str) -> None:
        self.twins.control(process, "DELETE", f"worlds/{world}/faults")

    def _batch(self) -> list[Asked]:
        size = self.random.choice((1, 2, 3, 5, 8, 13))
        alone = self.random.choice((*WORLDS, None))  # often all are about one world
        return [self._asked(alone or self.random.choice(WORLDS)) for _ in range(size)]

    def _asked(self, world: str) -> Asked:
        random = self.random
        key = random.choice((f"k_{world}", f"k_{world}", f"k_{world}", f"s_{world}"))
        own = [one for one in self.twins.accepted if one.world == world]
        task = random.choice(own[-6:]) if own else None
        kind = random.choice(("start",) * 5 + ("cover",) * 3 + ("poll",) * 6 + ("odd",) * 2)
        if kind == "start":
            audio = random.choice(("ok", "ok", "ok", "bad", "bad", "stall", "short", "none"))
            more = random.choice(("", "", "", ',"callback_url":"http://127.0.0.1:9/x"'))
            return Asked("POST", UPLOAD_COVER, key, '{"audio_id":"' + audio + '"' + more + "}")
        if kind == "cover":
            music = random.choice(("m0", "m1", "m2", "fails", "%s"))
            return Asked("POST", COVER, key, '{"taskId":"' + music + '"}', task)
        if kind == "poll":
            path = random.choice((COVER_STATUS, UPLOAD_COVER_STATUS, UPLOAD_COVER_STATUS))
            return Asked("GET", f"{path}?task_id=%s", key, "", task)
        method, target, other, body = random.choice(_ODD)
        return Asked(method, target, key if other is None else other, body, task)


# Method, target, key (None: the account's) and body of requests that are refused.
_ODD = (
    ("GET", f"{COVER_STATUS}?task_id=%s", "nobody's", ""),
    ("GET", f"{COVER_STATUS}?task_id=%s", "", ""),
    ("GET", f"{COVER_STATUS}?task_id=%ED%A0%80%00%FF", None, ""),
    ("GET", f"{COVER_STATUS}?task_id=\xff\x00\x9f", None, ""),
    ("GET", "/api/v1/nothing", None, ""),
    ("PUT", COVER, None, "{}"),
    ("POST", UPLOAD_COVER, None, '{"audio_id":"\\ud800"}'),
    ("POST", UPLOAD_COVER, None, '{"audio_id":"\\u0000 a:b\\n"}'),
    ("POST", UPLOAD_COVER, None, '{"audio_id":123456789012345678901234567890}'),
    ("POST", UPLOAD_COVER, None, '{"audio_id":"' + "x" * 3000 + '"}'),
    ("POST", COVER, None, '{"taskId":"\\udfff\\ud800","callback_url":"\\ud800"}'),
    ("POST", COVER, None, "{"),
    ("GET", f"{COVER_STATUS}?task_id=%s&__code=404", None, ""),
)
