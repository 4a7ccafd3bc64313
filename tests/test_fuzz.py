"""The short form of `make fuzz`: a few inputs of each target, the same each time, and all that was ever found."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from covermock.mock_server.http.messages import Request
from covermock.mock_server.real_time import CLOCKS
from fuzz import promises
from fuzz.engine import FOUND, seeded
from fuzz.inside import WALL
from fuzz.memory_loop import MemoryLoop, running
from fuzz.promises import attempt
from fuzz.targets import TARGETS, Target, growth

INPUTS = 250
CASES = sorted(FOUND.glob("*/*.json"))


@pytest.fixture(scope="module")
def targets() -> dict[str, Target]:
    """Targets that were made already: each takes a moment."""
    return {}


def made(targets: dict[str, Target], name: str) -> Target:
    """Return the target of that name."""
    return targets.setdefault(name, TARGETS[name]())


def first_broken(target: Target, seed: int = 1, inputs: int = INPUTS) -> str:
    """Return what the first input breaks that breaks anything, or nothing."""
    patience = getattr(target, "seconds", None)
    tried = (attempt(target.play, target.case(data), patience) for data in seeded(target, seed, inputs))
    return next((str(broken) for broken in tried if broken is not None), "")


@pytest.fixture(autouse=True)
def no_stopwatch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let how long something takes count in `make fuzz` alone: here, others may keep the machine busy."""
    monkeypatch.setattr(growth, "_WORST", float("inf"))
    monkeypatch.setattr(growth, "_LONGEST", float("inf"))
    monkeypatch.setattr(promises, "SECONDS", 30.0)


@pytest.mark.parametrize("name", TARGETS)
def test_seeded_inputs_break_nothing(targets: dict[str, Target], name: str) -> None:
    """No 5xx, no exception, nothing slow or large, no answer that depends on cuts or history."""
    assert "" == first_broken(made(targets, name), inputs=INPUTS if name != "growth" else 12)


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_was_found_stays_gone(targets: dict[str, Target], path: Path) -> None:
    """Each input that ever broke something is played again."""
    case = json.loads(path.read_text(encoding="utf-8"))["case"]

    assert None is attempt(made(targets, path.parent.name).play, case)


def _crash(*_: Any, **__: Any) -> Any:
    raise KeyError("on purpose")


def _dull(*_: Any, **__: Any) -> Any:
    return []


@pytest.mark.parametrize(
    ("name", "where", "instead", "expected"),
    [
        ("gateway", "covermock.mock_server.http.reader.parse_json", _crash, "a failure: KeyError"),
        ("control", "covermock.mock_server.control.operations.clock.clock_view", _crash, "a failure: KeyError"),
        ("world", "covermock.mock_server.world.files.complete", _crash, "a failure: KeyError"),
        ("contract", "covermock.openapi.contract.refuse_invalid", _dull, "a failure"),
        ("restore", "covermock.mock_server.control.operations.worlds.unfit", _dull, "a failure"),
    ],
)
def test_a_fault_is_seen(monkeypatch: pytest.MonkeyPatch, name: str, where: str, instead: Any, expected: str) -> None:
    """Each target finds a fault that was put into the code."""
    target = TARGETS[name]()
    monkeypatch.setattr(where, instead)

    assert first_broken(target).startswith(expected)


def test_the_clock_of_inputs_is_that_of_their_thread_alone() -> None:
    """A server in another thread, which a test beside has started, sees no clock that jumps back by months."""
    with running(MemoryLoop()), ThreadPoolExecutor(1) as beside:
        assert WALL == CLOCKS.wall() == time.time()
        assert WALL < min(beside.submit(CLOCKS.wall).result(), beside.submit(time.time).result())


def test_what_depends_on_history_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes one request for another that it knows is found by the wire's target."""
    from covermock.mock_server.server.http1.packets import Heads

    known = Heads.request
    monkeypatch.setattr(Heads, "request", lambda self, packet: _spoilt(known(self, packet)))

    assert "depend on cuts or history" in first_broken(TARGETS["http"](), inputs=2000)


def _spoilt(request: Request | None) -> Request | None:
    return request and Request(request.method, request.path, request.query, request.headers, request.body + b" ")


def test_what_is_slow_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """An input that takes longer than any may is a fault."""
    monkeypatch.setattr(promises, "SECONDS", 0.02)

    def slow(_: Any) -> None:
        end = time.process_time() + 0.03
        while time.process_time() < end:
            pass

    assert "more than a second" in str(attempt(slow, None))
