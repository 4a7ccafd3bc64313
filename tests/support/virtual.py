"""Clients in virtual time: a mock in this process, a clock that pauses move, and the judge of `covermock client`.

What a program of `tests/clients` does, or a generator that asks and pauses, is the same on the slowest machine.
"""

import builtins
import heapq
import io
import json
import sys
import traceback
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

from covermock.contract_tests.clients.scenarios import Scenario
from covermock.contract_tests.clients.verdicts import RunVerdict
from covermock.fixtures.commands import Outcome
from covermock.fixtures.laboratory import Laboratory, in_process
from covermock.fixtures.running_clients import Client, Run
from covermock.mock_server import Answer, Mock, Request, Settings

BEGIN = 1_800_000_000.0
_LAG = 0.002  # seconds that a request takes besides what the mock makes it take
_BROKEN = frozenset({"reset", "empty", "truncated"})


class TimeIsUpError(BaseException):
    """The run's time is over: nothing of a client catches this."""


class Stage:
    """A mock that stands where a server would, and the clock of all that is asked of it."""

    def __init__(self, settings: Settings, seconds: float) -> None:
        self.now, self.end = BEGIN, BEGIN + seconds
        self.mock = Mock(replace(settings, public_url="http://localhost:8001"), self.now)
        self.url = "http://127.0.0.1:8000"
        self.laboratory = self.direct = Laboratory(in_process(self.mock, lambda: self.now), self.url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Have nothing to end."""

    def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 0.0)
        if self.now > self.end:
            raise TimeIsUpError

    def answer(self, request: Request) -> tuple[Answer | None, float]:
        """Return the answer, None where the connection breaks instead, and when it arrives."""
        answer, due = self.mock.answer(request, self.now), self.now
        while answer.hold is not None:
            due = max(answer.hold.again(due), due + _LAG)
            answer = self.mock.look(answer.hold, due) or answer
        return (None if answer.wire and answer.wire.kind in _BROKEN else answer), due + _LAG


# Generators.


@dataclass(frozen=True)
class Ask:
    """A request that a generator yields; it gets a `Reply`, or `ConnectionError` where none comes."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True)
class Reply:
    """What came back; `value` is its JSON, if it is any."""

    status: int
    headers: Mapping[str, str]
    value: Any


Steps = Generator["Ask | float | list[Steps]", Any, Any]


def as_request(ask: Ask, key_host: str = "127.0.0.1:8000") -> Request:
    path, _, query = ask.path.partition("?")
    body = ask.body if isinstance(ask.body, bytes) else b"" if ask.body is None else json.dumps(ask.body).encode()
    headers = {"host": key_host, **{name.lower(): value for name, value in ask.headers.items()}}
    return Request(ask.method, path, query, headers, body)


def act(stage: Stage, steps: Steps) -> Any:
    """Play a generator, and those that it yields beside each other, to its end; return what it returns."""
    order, ended = count(), []
    values: list[Any]
    queue: list[tuple[float, int, Steps, Callable[[], Any]]] = []
    parents: dict[Steps, tuple[Steps, list[Any]]] = {}
    heapq.heappush(queue, (stage.now, next(order), steps, partial(next, steps)))

    def go_on(at: float, who: Steps, how: Callable[[], Any]) -> None:
        heapq.heappush(queue, (at, next(order), who, how))

    while queue:
        at, _, who, how = heapq.heappop(queue)
        stage.sleep(at - stage.now)
        try:
            wish = how()
        except StopIteration as end:
            parent, values = _hand_on(who, end.value, parents)
            if parent is not None:
                go_on(stage.now, parent, partial(parent.send, values))
            ended.append((who, end.value))
            continue
        if isinstance(wish, Ask):
            answer, due = stage.answer(as_request(wish))
            go_on(due, who, _reaction(who, answer))
        elif isinstance(wish, list) and wish:
            values = [None] * len(wish)
            for child in wish:
                parents[child] = (who, values)
                go_on(stage.now, child, partial(next, child))
        else:
            go_on(stage.now + (wish or 0.0), who, partial(who.send, wish))
    return next(value for who, value in ended if who is steps)


def _hand_on(who: Steps, value: Any, parents: dict[Steps, Any]) -> tuple[Steps | None, list[Any]]:
    """Return who waits for several and has them all now, with their values."""
    parent, values = parents.pop(who, (None, []))
    if parent is None:
        return None, []
    values.append(value)
    values.remove(None)
    return (None, []) if None in values else (parent, values)


def _reaction(who: Steps, answer: Answer | None) -> Callable[[], Any]:
    if answer is None:
        return lambda: who.throw(ConnectionError("reset"))
    try:
        value = json.loads(answer.body)
    except ValueError:
        value = None
    reply = Reply(answer.status, {name.lower(): text for name, text in answer.headers}, value)
    return lambda: who.send(reply)


# Programs that sleep and use http.client.


def execute(stage: Stage, program: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a program on the stage's clock, its requests answered by the stage's mock; return its exit code."""
    fakes = _fakes(stage, [program.name, *arguments], environment)

    def importing(name: str, *rest: Any) -> Any:
        return fakes[name] if name in fakes else builtins.__import__(name, *rest)

    namespace = {"__builtins__": {**vars(builtins), "__import__": importing}, "__name__": "__main__"}
    try:
        exec(compile(program.read_text(encoding="utf-8"), str(program), "exec"), namespace)  # noqa: S102 - our own
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1 if end.code else 0
    except TimeIsUpError:
        raise
    except Exception:  # noqa: BLE001 - a crash of the client is its end
        print(traceback.format_exc())  # noqa: T201 - it is its output
        return 1
    return 0


def _fakes(stage: Stage, argv: list[str], environment: Mapping[str, str]) -> dict[str, Any]:
    class Connection:
        def __init__(self, _: str, timeout: float = 30.0) -> None:
            self.timeout = timeout

        def request(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> None:
            text = body.encode("latin-1") if isinstance(body, str) else body
            self.answer, due = stage.answer(as_request(Ask(method, path, headers, text)))
            stage.sleep(min(due - stage.now, self.timeout))
            if self.answer is None or due - stage.now > 0:
                raise OSError("no answer")

        def getresponse(self) -> Any:
            assert self.answer is not None
            headers, body = SimpleNamespace(), self.answer.body
            headers = _Headers({name.lower(): value for name, value in self.answer.headers})
            return SimpleNamespace(status=self.answer.status, headers=headers, read=lambda: body)

        def close(self) -> None:
            """Have nothing to close."""

    import http.client

    return {
        "time": SimpleNamespace(sleep=stage.sleep, monotonic=lambda: stage.now, time=lambda: stage.now),
        "os": SimpleNamespace(environ=dict(environment)),
        "sys": SimpleNamespace(argv=argv, exit=sys.exit),
        "http.client": SimpleNamespace(HTTPConnection=Connection, HTTPException=http.client.HTTPException),
    }


class _Headers(dict[str, str]):
    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())


# Runs.


class Play(Run):
    """A run whose client is a function: it gets the stage and the values that a command is given."""

    def __init__(
        self, script: Callable[[Stage, Mapping[str, str]], Any], scenario: Scenario, seconds: float = 60, **client: Any
    ) -> None:
        serving: Any = lambda settings: Stage(settings, seconds)  # noqa: E731
        super().__init__(Client((script.__name__,), seconds, **client), scenario, serving)
        self.script = script

    def execute(self, values: Mapping[str, str]) -> Outcome:
        stage: Any = self.server
        printed, code, stopped = io.StringIO(), None, ""
        with redirect_stdout(printed):
            try:
                code = int(self.script(stage, values) or 0)
            except TimeIsUpError:
                stopped = "late"
        return Outcome(code, "", stopped, BEGIN, stage.now, printed.getvalue().encode(), 0)


def play(
    steps: Callable[[Mapping[str, str]], Steps], scenario: Scenario, seconds: float = 60, **client: Any
) -> RunVerdict:
    """Return the verdict on a generator of steps in a scenario."""

    def script(stage: Stage, values: Mapping[str, str]) -> Any:
        return act(stage, steps(values))

    return Play(script, scenario, seconds, **client).verdict()


def play_program(
    program: Path, arguments: Sequence[str], scenario: Scenario, environment: Mapping[str, str], **client: Any
) -> RunVerdict:
    """Return the verdict on a program in a scenario."""

    def script(stage: Stage, values: Mapping[str, str]) -> Any:
        given = {f"GATEWAY_{name.upper()}": value for name, value in values.items()}
        return execute(stage, program, arguments, {**environment, **given})

    return Play(script, scenario, **client).verdict()
