"""One run's means: ask the gateway, learn from the answer, have it judged. All ways of judging share one."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any
from urllib.parse import parse_qs

from covermock.openapi import GATEWAY, Contract, Operation, load

from .budget import Budget, OutOfBudgetError
from .exchange import JSON, Exchange, Sent, curl, json_body, query_of
from .expectations import Expectation, Expectations
from .findings import Evidence, redactor
from .judging import SLOW_SECONDS, Judge
from .knowledge import COVER, Knowledge
from .settings import Settings
from .transport import Transport

_SLOW = 6  # slow answers (a missing one counts twice) after which a run contents itself with less
_STRAYS = 12  # requests that had to be refused and were accepted, after which no more of their kind are sent


class Session:
    """Asks one gateway. `ask` may be called from many threads."""

    def __init__(self, settings: Settings, contract: Contract | None = None) -> None:
        self.settings = settings
        self.contract = contract or load(GATEWAY)
        self.operations = {operation.id: operation for operation in self.contract.operations}
        self.budget = Budget(settings.max_credits, settings.max_requests)
        self.transport = Transport(settings.url, settings.keys, self.budget, settings.rate)
        self.knowledge = Knowledge(settings, dict(self.contract.lifecycles))
        self.expectations = Expectations(self.contract, self.knowledge)
        self.evidence = Evidence(redactor(settings.keys), lambda made: curl(made.sent, settings.url))
        self.judge = Judge(self.contract, self.evidence)
        self.chance = random.Random(settings.seed)  # noqa: S311 - for made-up ids, not for secrets
        self.strays: dict[str, int] = {}
        self.asked: set[str] = set()
        self.quote = 0
        self.spare = 0  # credits that stories may spend
        self.story: list[str] = []
        self.slow = 0
        self._lock = RLock()

    def ask(self, sent: Sent, expected: Expectation | None = None) -> Exchange:
        """Send the request, learn from the answer and judge it; `expected` instead of what is known by itself.

        Raises `OutOfBudgetError` and `StoppedError` instead of sending.
        """
        expectation = expected or self.expectations.of(sent)
        made = self.unjudged(sent, expectation)
        self.judge.judge(made, expectation)
        return made

    def unjudged(self, sent: Sent, expectation: Expectation | None = None) -> Exchange:
        """Send the request and learn from the answer, but leave the judging to the caller."""
        expectation = expectation or self.expectations.of(sent)
        self._spare_strays(expectation)
        paid = expectation.price > 0
        made = self.transport.send(sent, expectation.price, repeatable=not paid)
        if made.answer.seconds > SLOW_SECONDS:
            made = self._second_look(sent, made, free=not paid)
        self._learn(made, expectation)
        return made

    def _second_look(self, sent: Sent, first: Exchange, *, free: bool) -> Exchange:
        """Return a repetition of a slow answer: only what is slow twice is the gateway's fault."""
        missing = bool(first.answer.problem)
        if free and not missing and not self.hurried and self.budget.requests_left:
            again = self.transport.send(sent)
            if again.answer.seconds <= SLOW_SECONDS:
                return again
        with self._lock:
            self.slow += 1 + missing
        return first

    @property
    def hurried(self) -> bool:
        """Tell whether the gateway is so slow that the run contents itself with less."""
        return self.slow >= _SLOW

    def _spare_strays(self, expectation: Expectation) -> None:
        """Send no more of what had to be refused and keeps being accepted, and paid for."""
        operation = expectation.operation
        due = expectation.due
        if operation and due and "x-credits" in operation.raw and self.strays.get(due.fact, 0) >= 2:
            raise OutOfBudgetError(f"the gateway accepted it twice although {due.fact}")
        if operation and due and "x-credits" in operation.raw and sum(self.strays.values()) >= _STRAYS:
            raise OutOfBudgetError(f"the gateway accepted {_STRAYS} requests that it had to refuse")

    def _learn(self, made: Exchange, expectation: Expectation) -> None:
        operation, answer = expectation.operation, made.answer
        if operation is None or not answer.ok:
            return
        if expectation.due and "x-credits" in operation.raw:
            self.budget.stray(operation.raw["x-credits"]["max"])
            with self._lock:
                self.strays[expectation.due.fact] = self.strays.get(expectation.due.fact, 0) + 1
        data = answer.json.get("data") if isinstance(answer.json, dict) else None
        if isinstance(data, dict):
            self._learn_data(made.sent, operation, data)

    def _learn_data(self, sent: Sent, operation: Operation, data: dict[str, Any]) -> None:
        kind = operation.raw["x-task"]
        if operation.handler == "start":
            task_id = task_id_of(data)
            if task_id:
                self.knowledge.learn(kind, task_id, sent.who or "main", source_of(sent, kind))
            return
        task = self.knowledge.tasks.get(parse_qs(sent.query).get("task_id", [""])[0])
        status = data.get("status")
        if task and isinstance(status, str) and status != task.status:
            task.statuses.append(status)

    def post(self, operation: str, body: object, story: str, who: str = "main", **more: Any) -> Sent:
        """Return a request to a starting operation; `body` is bytes as they are, or a JSON value."""
        raw = body if isinstance(body, bytes) else json_body(body)
        headers = (("Content-Type", JSON), *more.pop("headers", ()))
        found = self.operations[operation]
        return Sent(found.method, found.path, who, "", headers, raw, story)

    def get(self, operation: str, story: str, who: str = "main", headers: Any = (), **query: str) -> Sent:
        """Return a request to a status operation."""
        found = self.operations[operation]
        return Sent(found.method, found.path, who, query_of(**query), tuple(headers), None, story)

    def made_up(self, kind: str) -> str:
        """Return an id that nobody has."""
        with self._lock:
            return f"{kind}{self.chance.getrandbits(72):018x}"

    def has(self, *roles: str) -> bool:
        """Tell whether the run has the keys of these roles."""
        return all(role in self.settings.keys for role in roles)

    @contextmanager
    def trying(self, *clauses: str) -> Iterator[None]:
        """Note for `clauses` why they were not put to the test, where the budget ends what is done here."""
        try:
            yield
        except OutOfBudgetError as error:
            self.evidence.skipped(clauses, str(error))


def task_id_of(data: dict[str, Any]) -> str:
    """Return the task id of an accepted request's data, however it is spelled."""
    given = data.get("taskId", data.get("task_id"))
    return given if isinstance(given, str) else ""


def source_of(sent: Sent, kind: str) -> str:
    """Return the id that a starting request was about."""
    import json

    body = json.loads(sent.body or b"{}")
    names = ("taskId", "task_id") if kind == COVER else ("audio_id",)
    return next((str(body[name]) for name in names if isinstance(body, dict) and name in body), "")


__all__ = ["Session"]
