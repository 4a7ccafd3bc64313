"""A gateway by the evidence alone, whose open points and refuted guesses are drawn. It shares no code with the mock."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from threading import RLock
from types import SimpleNamespace
from typing import Any

from .credits import Credits
from .form import Form, Refused, Reply
from .keys import Door
from .reading import Body
from .tasks import Task, Views, id_of
from .trouble import Trouble

BASE = "/api/v1/audio/music"
LENGTHS = {"plain": 30.0, "short": 5.9, "min": 6.0, "max": 60.0, "long": 60.1, "failing": 30.0}
_POLLS = 0.3  # seconds between two polls of a task, where they are limited
_LONG_RUN = 2.0  # seconds after which a task that still runs counts for no limit


@dataclass(frozen=True)
class Route:
    """An operation."""

    method: str
    kind: str
    starts: bool


ROUTES = {
    f"{BASE}/cover/generate": Route("POST", "cover", starts=True),
    f"{BASE}/cover/status": Route("GET", "cover", starts=False),
    f"{BASE}/upload-cover/generate": Route("POST", "music", starts=True),
    f"{BASE}/upload-cover/status": Route("GET", "music", starts=False),
}


@dataclass
class Asked:
    """A request as it goes through the checks. `about` is what its id names, once that was looked up."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    route: Route | None = None
    who: str = "main"
    id: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    about: Any = None


class Gateway:
    """The state of a drawn gateway, and `respond`. `audio` and `music` are what a user would name to `check`."""

    def __init__(self, points: dict[str, Any], seed: int = 0) -> None:
        self.p = SimpleNamespace(**points)
        self.chance = Random(f"gateway {seed}")  # noqa: S311 - no secret
        self.form, self.views, self.reader, self.door = Form(self.p), Views(self.p), Body(self.p), Door(self.p)
        self.trouble = Trouble(self.p, self.form, self.chance)
        self.made, self.tasks = 0, dict[str, Task]()
        self.started: dict[tuple[str, str | None, str], tuple[str, float]] = {}
        self._older_tasks()
        self.audio = {name: self._id() for name in LENGTHS}
        self.music = [self._id(), self._id()]
        self.account = Credits(self.p, {"main": self.p.credits, "second": self.p.credits, "poor": 0})
        self.lock = RLock()
        self.deliver: Callable[[Task], None] = lambda _: None
        for name in self.music:
            self.tasks[name] = Task(name, "music", "main", "", time.time() - 1e6, (0.0,) * 3, results=["given"])
        if self.p.covered:
            self._keep(Task(self._id(), "cover", "main", self.music[0], time.time() - 1e5, (0.0,) * 2))

    def _older_tasks(self) -> None:
        """Have tasks of the main account from before the run, of which the run knows nothing."""
        for kind, lengths in (("cover", (0.0,) * 2), ("music", (0.0,) * 3)):
            self._keep(Task(self._id(), kind, "main", "older", time.time() - 1e6, lengths))

    def _id(self) -> str:
        self.made += 1
        return id_of(self.p.ids, self.made, self.chance)

    def _keep(self, task: Task) -> Task:
        task.results = task.results or [f"{self.chance.getrandbits(64):016x}"]
        self.tasks[f"{task.kind}:{task.id}" if self.p.same_ids and task.id in self.tasks else task.id] = task
        return task

    def respond(self, asked: Asked) -> Reply:
        """Answer a request."""
        with self.lock:
            return self.trouble.before(lambda: self._respond(asked))

    def _respond(self, asked: Asked) -> Reply:
        route = ROUTES.get(asked.path)
        try:
            return self.form.accepted(self._answer(asked, route))
        except Refused as no:
            if no.about == "busy":
                return self.trouble.limited()
            allow = route.method if route else "GET"
            return self.form.refusal(no, upload="/upload-cover/" in asked.path, allow=allow)

    # ------------------------------------------------------------------ the checks

    def _answer(self, asked: Asked, route: Route | None) -> dict[str, Any]:
        if route is None or (route.method != asked.method and self.p.methods != "any"):
            self._elsewhere(asked, route)
        assert route is not None
        asked.route = route
        asked.who = self.door.glimpse(asked.headers)
        for check in self.p.checks.split():
            getattr(self, f"_check_{check}")(asked)
        return self._start(asked, route) if route.starts else self._show(asked, route)

    def _elsewhere(self, asked: Asked, route: Route | None) -> None:
        if self.p.key_first:
            self._check_key(asked)
        if route is None:
            raise Refused(self.p.paths if isinstance(self.p.paths, int) else 404, about="path")
        status = self.p.methods if isinstance(self.p.methods, int) else 405
        raise Refused(status, self.p.refused_type, about="method")

    def _check_key(self, asked: Asked) -> None:
        asked.who = self.door.account(asked.headers, asked.query, upload="/upload-cover/" in asked.path)
        if self.p.poll_credits and asked.who == "poor" and asked.path.endswith("/status"):
            raise Refused(self.p.poll_credits, "insufficient_credits")
        polls = asked.route is not None and not asked.route.starts
        if self.p.polls_cost and polls and self.account.left(asked.who, time.time()) <= 0:
            raise Refused(*(self.p.poor or (402,)))

    def _check_request(self, asked: Asked) -> None:
        assert asked.route is not None
        if asked.route.starts:
            asked.fields = self.reader.fields(asked.headers, asked.body, asked.route.kind)
            asked.id = self.reader.named(asked.fields, asked.route.kind)
        else:
            asked.id = self.reader.parameter(asked.query)

    def _check_identity(self, asked: Asked) -> None:
        assert asked.route is not None
        if asked.id is None:
            asked.id = self._glimpse(asked)
        if asked.id is None:
            return
        look = self._audio if asked.route.starts and asked.route.kind == "music" else self._task
        look(asked, asked.route)

    def _glimpse(self, asked: Asked) -> str | None:
        """Return the id as far as it can be read before the request was looked at."""
        assert asked.route is not None
        try:
            if asked.route.starts:
                return self.reader.named(self.reader.value(asked.body), asked.route.kind)
            return self.reader.parameter(asked.query)
        except Refused:
            return None

    def _audio(self, asked: Asked, _: Route) -> None:
        kind = next((name for name, one in self.audio.items() if one == asked.id), None)
        if kind is None or (self.p.own_audio and asked.who != "main"):
            raise Refused(self._odd_status(asked.id, self.p.no_audio))
        asked.about = LENGTHS[kind]

    def _task(self, asked: Asked, route: Route) -> None:
        kind = "music" if route.starts else route.kind
        task = self._found(asked.id or "", kind)
        missing = self.p.no_upload if kind == "music" and not route.starts else 404
        if task is None or task.kind != kind:
            self._no_such_task(asked, route, task, missing)
            return
        if task.source == "" and not route.starts and not self.p.given_shown:
            raise Refused(missing)
        if task.owner != asked.who and self.p.foreign != 200:
            raise Refused(self.p.foreign if self.p.foreign != 404 else missing, "not_found")
        self._hide(task, route)
        asked.about = task

    def _hide(self, task: Task, route: Route) -> None:
        """Refuse a task that can't be seen yet, or not any more."""
        now, (status, seconds), (gone, kept) = time.time(), self.p.hidden, self.p.expires
        task.polls += not route.starts
        lags = self.p.replica if task.polls % 2 else 0.0
        if not route.starts and now < task.began + max(seconds, lags):
            raise Refused(status)
        if self.p.limit == "polls" and not route.starts and now < task.polled + _POLLS:
            raise Refused(429, "rate_limit", about="busy")
        task.polled = task.polled if route.starts else now
        if task.source and kept and now > task.began + max(task.seconds, seconds, self.p.replica) + kept:
            raise Refused(gone)

    def _found(self, name: str, kind: str) -> Task | None:
        if self.p.ids in {"uuid", "objectid", "ulid"} and self.p.uuid_case == "any":
            name = name.upper() if self.p.ids == "ulid" else name.lower()
        return self.tasks.get(f"{kind}:{name}") or self.tasks.get(name)

    def _no_such_task(self, asked: Asked, route: Route, task: Task | None, missing: int) -> None:
        if task is None:
            raise Refused(self._odd_status(asked.id, missing))
        if route.starts:
            raise Refused(self.p.cover_as_music)
        if not self.p.kinds or task.source == "":
            raise Refused(missing)
        asked.about = Task(task.id, route.kind, task.owner, "x", task.began, task.lengths[-2:], results=["x"])

    def _odd_status(self, name: str | None, usual: int) -> int:
        """Return the status for an id that nobody has: some look at its form first, if theirs have a plain one."""
        plain = self.p.ids not in {"unicode", "percent", "query", "blanks", "quotes", "urn"}
        strange = plain and not re.fullmatch(r"[A-Za-z0-9._~:/+=-]+", name or "")
        return self.p.strange_id if strange and self.p.strange_id != 404 else usual

    def _check_business(self, asked: Asked) -> None:
        assert asked.route is not None
        if not asked.route.starts or asked.about is None:
            return
        if asked.route.kind == "music":
            within = 6 < asked.about < 60 if self.p.ends_out else 6 <= asked.about <= 60
            if not within:
                raise Refused(self.p.length)
            return
        if asked.about.stage(time.time()) < len(asked.about.lengths) or asked.about.fails:
            raise Refused(self.p.unfinished)
        if self.p.no_source and asked.about.source:
            raise Refused(self.p.no_source)
        if any(self._still_counts(one) for one in self.tasks.values() if one.source == asked.about.id):
            raise Refused(400)

    def _still_counts(self, cover: Task) -> bool:
        failed = cover.fails and cover.stage(time.time()) == len(cover.lengths)
        return cover.kind == "cover" and not (failed and self.p.cover_again)

    def _check_credits(self, asked: Asked) -> None:
        assert asked.route is not None
        left = self.account.left(asked.who, time.time())
        if asked.route.starts and left < self._price(asked.route):
            raise Refused(*(self.p.poor or (402,)))

    def _price(self, route: Route) -> int:
        return int(self.p.prices[route.kind == "music"])

    # ------------------------------------------------------------------ tasks

    def _start(self, asked: Asked, route: Route) -> dict[str, Any]:
        number, now = len(self.tasks), time.time()
        word, name = ("msg", "taskId") if route.kind == "cover" else ("message", "task_id")
        same = (asked.who, asked.id, str(asked.fields))
        if now < self.started.get(same, ("", -1e9))[1] + self.p.dedup and self.p.dedup:
            return {"code": 200, word: "success", "data": {name: self.started[same][0]}}
        if self.p.busy and self._running(asked.who, now) >= self.p.busy:
            raise Refused(429, "rate_limit", about="busy")
        fails = bool(self.p.failing) and number % self.p.failing == 0
        fails |= asked.id == self.audio["failing"]
        lengths = self._lengths(route.kind, number)
        task = self._keep(Task(self._new_id(asked), route.kind, asked.who, asked.id or "?", now, lengths, fails))
        self.account.charge(task, self._price(route))
        task.callback = asked.fields.get("callback_url") or ""
        if task.callback:
            self.deliver(task)
        self.started[same] = (task.id, now)
        return {"code": 200, word: "success", "data": {name: task.id}}

    def _running(self, who: str, now: float) -> int:
        young = (one for one in self.tasks.values() if one.owner == who and now - one.began < _LONG_RUN)
        return sum(one.stage(now) < len(one.lengths) for one in young)

    def _lengths(self, kind: str, number: int) -> tuple[float, ...]:
        length = self.p.stages
        usual = [length * (0.3 + number % 3 if self.p.uneven else 1) for _ in range(2 if kind == "cover" else 3)]
        return (*usual[:-1], 1e9) if self.p.endless == kind else tuple(usual)

    def _new_id(self, asked: Asked) -> str:
        if self.p.same_ids == "of the music" and asked.route and asked.route.kind == "cover":
            return asked.id or ""
        if self.p.same_ids == "one" and asked.route and asked.route.kind == "cover":
            return "the-one-cover"
        return self._id()

    def _show(self, asked: Asked, route: Route) -> dict[str, Any]:
        task: Task = asked.about
        self.account.balances[asked.who] -= self.p.polls_cost
        word = "msg" if route.kind == "cover" else "message"
        return {"code": 200, word: "success", "data": self.views.of(task, self._seen_at(task))}

    def _seen_at(self, task: Task) -> float:
        """Return the instant of which a copy of the data knows: every other one lags behind."""
        now = time.time()
        if self.p.cache and now > task.cached[0] + self.p.cache:
            task.cached = (now, now)
        return (task.cached[1] if self.p.cache else now) - (self.p.replica if task.polls % 2 else 0.0)
