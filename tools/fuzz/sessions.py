"""Sessions: a world, and what is asked of it in order. Played against one mock, judged step by step.

A session is JSON. `{id0}`, `{id1}` … in a path, query or body stand for the ids that answers have named so far.
"""

import json
import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from covermock.openapi import Operation, Validator

from .inside import FIRST, HOST, JSON, WALL, Answer, Mock, Request, Settings, control, empty
from .promises import Broken, answered

Session = dict[str, Any]
NAME = "fz"
KEY = "aio_fz"
_IDS = re.compile(r'"(?:taskId|task_id|id)":\s?"([^"\\]{1,80})"')
_FAR = 1e9  # seconds of wall time in which everything that waits has to end


class Player:
    """Plays sessions on one mock. `renewed` each time, so that answers depend on the session alone."""

    def __init__(self, *views: str) -> None:
        """Make the mock. `views` are what is looked at of each world after a session."""
        self._views = views
        self.mock = Mock(Settings(world=FIRST), WALL)
        self.admin = self.mock.control.admin
        self._wall = WALL
        self.requests = 0  # on the gateway's paths
        contracts = (self.mock.contract, self.admin)
        self._known = {one.id: (one, contract.root) for contract in contracts for one in contract.operations}

    def play(self, session: Session) -> int:
        """Play a session; return a digest of all answers. Raises `Broken`."""
        empty(self.mock)
        self._wall, digest, ids = WALL, 0, list[str]()
        made = control(self.mock, "POST", "worlds", session["world"].encode("latin-1"))
        self._judge(made)
        for step in session["steps"]:
            if step[0] == "pass":
                self._wall += step[1]
                continue
            self.requests += not step[2].startswith("/__mock/")
            answer = self._ask(*[_filled(text, ids) for text in step[1:4]], step[4], _filled(step[5], ids))
            digest = zlib.crc32(answer.body, digest) + answer.status
            ids += _IDS.findall(answer.body.decode("utf-8", "replace"))[: max(0, 12 - len(ids))]
        self._look_around()
        return digest

    def _ask(self, method: str, path: str, query: str, headers: Mapping[str, str], body: str) -> Answer:
        answer = self.mock.answer(Request(method, path, query, {**HOST, **headers}, body.encode("latin-1")), self._wall)
        if answer.hold is not None:
            answer = self._waited(answer)
        self._judge(answer)
        if answer.stream is not None:
            self._follow(answer)
        return answer

    def _waited(self, answer: Answer) -> Answer:
        hold = answer.hold
        assert hold is not None
        soon = min(hold.again(self._wall), self._wall + _FAR)
        due = self.mock.look(hold, soon) or self.mock.look(hold, self._wall + _FAR)
        if due is None:
            raise Broken("an answer that never comes", answer.why)
        return due

    def _follow(self, answer: Answer) -> None:
        assert answer.stream is not None
        for after in (0.0, 0.5, 20.0):
            self.mock.look(answer.stream, self._wall + after)
            self.mock.piece(answer.stream, self._wall + after)

    def _judge(self, answer: Answer) -> None:
        why = answer.why
        forced = bool(why.get("faults")) or "preferred" in why
        answered(answer.status, answer.body, f"{why.get('operation')} {why.get('error')}", forced=forced)
        if not forced:
            known = self._known.get(str(why.get("operation")))
            if known:
                documented(*known, answer)

    def _look_around(self) -> None:
        """Ask what anybody may ask at any time; nothing that was done may have spoilt that."""
        named = [f"worlds/{name}/{view}" for name in self.mock.store.names() for view in self._views]
        for view in ["worlds", *named]:
            answer = self._ask("GET", f"/__mock/{view}", "", HOST, "")
            if answer.status != 200:
                raise Broken(f"{answer.status} of {view.rpartition('/')[2]} after a session", answer.body[:300])
            if view.endswith("/ledger"):
                balanced(answer.body)


def balanced(body: bytes) -> None:
    """Raise `Broken` unless every credit that was granted is somewhere."""
    for name, row in json.loads(body)["accounts"].items():
        if row["granted"] != row["available"] + row["held"] + row["captured"] or min(row.values()) < 0:
            raise Broken("credits that vanish or come from nowhere", f"{name}: {row}")


def documented(operation: Operation, root: Mapping[str, Any], answer: Answer) -> None:
    """Raise `Broken` for an answer that its contract doesn't describe."""
    if answer.why.get("error") in _ANYWHERE:
        return
    status = str(answer.status)
    if status not in operation.responses:
        raise Broken(f"an undocumented {status} of {operation.id}", answer.body[:300])
    validator = _validator(operation, status, root)
    if validator is not None and answer.stream is None:
        problems = validator.violations(json.loads(answer.body))
        if problems:
            where = f"{operation.id} {status} against its schema: {_INDEX.sub('.#', problems[0].where)}"
            raise Broken(where, f"{problems[0]} {answer.body[:300]!r}")


_ANYWHERE = {"method-not-allowed", "no-such-path", "invalid-params", "invalid-json", "body-too-large"}
_INDEX = re.compile(r"\.\d+")
_VALIDATORS: dict[tuple[str, str], Validator | None] = {}


def _validator(operation: Operation, status: str, root: Mapping[str, Any]) -> Validator | None:
    key = operation.id, status
    if key not in _VALIDATORS:
        content = operation.responses[status].get("content", {})
        schema = next((row.get("schema") for kind, row in content.items() if "json" in kind), None)
        _VALIDATORS[key] = Validator(schema, root) if schema else None
    return _VALIDATORS[key]


def _filled(text: str, ids: Iterable[str]) -> str:
    if "{id" in text:
        for number, name in enumerate(ids):
            text = text.replace(f"{{id{number}}}", name)
    return text


__all__ = ["JSON", "KEY", "NAME", "Player", "Session", "balanced", "documented"]
