"""One run's means: ask the gateway, learn from the answer, have it judged. All ways of judging share one."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from threading import Event, Lock
from typing import Any
from urllib.parse import quote, urlencode

from covermock.openapi import GATEWAY, Contract, Operation, facts, load, sample_text
from covermock.openapi.needs import mentions, need_of

from ..exchange import Answer, Exchange, Sent, curl
from ..reports.redaction import redactor
from ..statuses import LIMITED
from .agenda import Agenda
from .evidence import Evidence
from .expect.bodies import Bodies, id_prefix
from .expect.expectations import Expectation, Expectations
from .expect.keys import wrong_keys
from .expect.knowledge import Knowledge, KnownTask
from .expect.reasons import IDENTITY, Reason
from .expect.sources import Given, given_sources
from .judge import SLOW_SECONDS, Judge
from .send.budget import Budget, OutOfBudgetError
from .send.lockouts import Lockouts
from .send.transport import Transport
from .settings import MAX_REQUESTS, Settings

_PLENTY = 200  # requests that must be left for what could be left out
_LONG_WAITED = 60.0  # seconds that a rate limit may cost before the run contents itself with less
_TRIES = 20  # free requests that failed and are sent once more
_REPETITIONS = 2  # of each of them: two mishaps in a row are rare, three are none
Place = tuple[str, str]
_SLOW = 6  # slow answers (a missing one counts twice) after which a run contents itself with less


class Session(Agenda):
    """Asks one gateway. `ask` may be called from many threads."""

    def __init__(self, settings: Settings, contract: Contract | None = None) -> None:
        super().__init__()
        self.settings = settings
        self.contract = contract or load(GATEWAY)
        self.operations = self.contract.by_id
        self.starts = tuple(one for one in self.contract.operations if one.starts)
        self.polls = tuple({one.id: one for one in self.contract.polled_by.values()}.values())
        self.budget = Budget(settings.max_credits, settings.max_requests)
        scheme = self.contract.scheme
        self.transport = Transport(settings.url, settings.keys, self.budget, settings.rate, scheme)
        self.transport.pace.told_only = any(row.status == LIMITED for row in self.contract.errors.values())
        given = given_sources(self.contract, settings.named)
        self.knowledge = Knowledge(given, self.contract.lifecycles, "whose-source" in self.contract.open)
        self.expectations = Expectations(self.contract, self.knowledge)
        self.evidence = Evidence(redactor(settings.keys.values()), lambda one: curl(one.sent, settings.url, scheme))
        self.judge = Judge(self.contract, self.evidence, self.knowledge.unknown)
        self.lockouts = Lockouts(self.transport, self.evidence.warn)
        self.chance = random.Random(settings.seed)  # noqa: S311 - for made-up ids, not for secrets
        self.wrong_keys = list(wrong_keys(self.contract, settings.keys.get("main", "")))
        self.strays: set[str] = set()  # facts that the gateway has not kept, and may have charged for
        self.unknown = self.knowledge.unknown
        self.postponed: list[tuple[Sent, Expectation, str]] = []
        self.story: list[str] = []
        self.deliveries: list[tuple[str, float, int]] = []  # webhooks: URL, when, and what they were answered with
        self.slow = 0
        self._tries = _TRIES
        self._probing = defaultdict[str, Lock](Lock)
        self.first_ended = Event()  # set once a task has ended that others may be started from
        self.tries = Counter[str]()  # free requests that had to be refused, by the fact
        self.crashes: dict[str, list[tuple[Exchange, Reason]]] = defaultdict(list)
        self.more: list[Any] = []  # the flows that another ten credits would pay for

    def ask(self, sent: Sent, expected: Expectation | None = None, *, probe: bool = False) -> Exchange:
        """Send the request, learn from the answer and judge it; `expected` instead of what is known by itself.

        With `probe` it is paid from the credits for probes. Raises `OutOfBudgetError` and `StoppedError` instead of
        sending.
        """
        expectation = expected or self.expectations.of(sent)
        exchange = self.send(sent, expectation, probe=probe)
        self.judge.judge(exchange, expectation)
        return exchange

    def send(self, sent: Sent, expectation: Expectation | None = None, *, probe: bool = False) -> Exchange:
        """Send the request and learn from the answer, but leave the judging to the caller."""
        expectation = expectation or self.expectations.of(sent)
        if expectation.due and expectation.top_price:
            with self._lock:
                alone = self._probing[expectation.due.fact]
            with alone:  # so that the first acceptance ends the kind
                self._refuse_repetition(expectation)
                return self._send(sent, expectation, probe or expectation.risk > 0)
        return self._send(sent, expectation, probe)

    def _send(self, sent: Sent, expectation: Expectation, probe: bool) -> Exchange:
        cost = expectation.price or expectation.risk
        exchange = self.transport.send(sent, cost, probe=probe)
        if exchange.answer.seconds > SLOW_SECONDS:
            exchange = self._second_look(sent, exchange, free=not cost)
        elif exchange.answer.is_failure and not cost and not (sent.method != "GET" and expectation.due is None):
            exchange = self._another_try(sent, exchange, expectation)
        exchange = self.lockouts.look(exchange, expectation, lambda: self.transport.send(sent, cost, probe=probe))
        if expectation.due and not expectation.open:
            self.tries[expectation.due.fact] += 1
        self._learn(exchange, expectation)
        return exchange

    def _second_look(self, sent: Sent, first: Exchange, *, free: bool) -> Exchange:
        """Return a repetition of a slow answer: only what is slow twice is the gateway's fault."""
        missing = bool(first.answer.problem)
        harmless = free and (not first.answer.ok or sent.method == "GET")
        if harmless and not missing and not self.is_slow and self.budget.requests_left:
            again = self.transport.send(sent)
            if again.answer.seconds <= SLOW_SECONDS:
                return again
        with self._lock:
            self.slow += 1 + missing
        return first

    def _another_try(self, sent: Sent, first: Exchange, expected: Expectation) -> Exchange:
        """Return a repetition of a free request that failed: what fails once only breaks the rule of answers alone."""
        with self._lock:
            self._tries -= 1
        for _ in range(_REPETITIONS if self._tries >= 0 else 0):
            if not self.budget.requests_left:
                return first
            again = self.transport.send(sent)
            if not again.answer.is_failure:
                self.judge.judge_failure(first)
                if expected.due and not expected.open and not first.answer.problem:
                    self.crashes[expected.due.fact].append((first, expected.due))
                return again
        return first

    @cached_property
    def mentions(self) -> Mapping[str, set[str]]:
        """Return the clauses that each start and the operation that polls it mention, by its id."""
        return {one.id: mentions(self.contract, [one.raw, self.contract.polled_by[one.id].raw]) for one in self.starts}

    @property
    def has_plenty(self) -> bool:
        """Return True while there are more requests than a run needs, so that some may ask what others have asked."""
        return not self.is_slow and self.budget.max_requests > MAX_REQUESTS and self.budget.requests_left > _PLENTY

    @property
    def is_over(self) -> bool:
        """Return True if the seconds have passed in which a run was to go on."""
        return 0 < self.settings.seconds < self.transport.now

    @property
    def is_slow(self) -> bool:
        """Return True if the gateway is so slow that the run contents itself with less."""
        return self.slow >= _SLOW or self.transport.pace.waited > _LONG_WAITED

    def _refuse_repetition(self, expectation: Expectation) -> None:
        """Send no more of what was accepted once although it had to be refused, or could cost more than is left."""
        due, price, budget = expectation.due, expectation.top_price, self.budget
        if due and due.fact in self.strays:
            raise OutOfBudgetError(f"the gateway accepted such a request although {due.fact}")
        if budget.strays and price > budget.left:
            told = f"{budget.stray_requests} requests that it had to refuse, at up to {budget.strays} credits"
            raise OutOfBudgetError(f"the gateway accepted {told}, and {budget.left} are left (--max-credits)")

    def _learn(self, exchange: Exchange, expectation: Expectation) -> None:
        operation, answer, due = expectation.operation, exchange.answer, expectation.due
        if operation is None:
            return
        named = self.expectations.ids(exchange.sent)
        alone = due and due.rank == IDENTITY and not (expectation.later or expectation.open or answer.is_failure)
        if alone and not self.judge.poverty.wants_credits(operation, exchange):
            self.unknown.setdefault(operation.id, answer.status)
        if operation.starts and answer.is_failure:
            self.knowledge.doubtful |= {(operation.id, name) for name in named}
        if not answer.ok:
            return
        if due and expectation.top_price:
            self.budget.stray(expectation.top_price, expectation.risk)
            self.strays.add(due.fact)
        self._learn_task(exchange, operation, named)

    def _learn_task(self, exchange: Exchange, operation: Operation, named: list[str]) -> None:
        if operation.starts:
            task_id = self.fact(operation, exchange.answer, "task.id")
            if isinstance(task_id, str) and task_id:
                self.knowledge.learn(operation, task_id, exchange.sent.who or "main", named[0] if named else "")
            return
        task = self.knowledge.tasks.get(named[0] if named else "")
        status = self.fact(operation, exchange.answer, "task.status")
        if task and isinstance(status, str) and status != task.status:
            task.statuses.append(status)

    def fact(self, operation: Operation, answer: Answer, name: str) -> Any:
        """Return what an accepted request's answer says of an x-value, or None.

        Where another operation of its kind has it is looked at, too: a misspelled id is a finding, and no reason to
        lose the task.
        """
        others = (one for one in self.contract.operations if one.handler == operation.handler)
        schemas = [one.schema(one.success) for one in (operation, *others)]
        found = (one for schema in schemas for one in facts(self.contract.root, schema, answer.json, name))
        return next(found, None) if answer.ok else None

    def started(self, operation: Operation, exchange: Exchange) -> KnownTask | None:
        """Return the task whose start the answer accepts."""
        name = self.fact(operation, exchange.answer, "task.id")
        return self.knowledge.tasks.get(name) if isinstance(name, str) else None

    def about(
        self,
        operation: Operation,
        name: str | None,
        body: Mapping[str, Any] | None = None,
        *,
        story: str,
        who: str = "main",
        place: Place | None = None,
    ) -> Sent:
        """Return a request to an operation about an id, which stands in its first place, or in another one.

        Without a `name` there is none, where that is possible: a path always has one.
        """
        where, field = place or (*operation.id_places, ("", ""))[0]
        named = {field: name} if name is not None and field else {}
        sent = self.plain(operation, named if where != "body" else {}, story=story, who=who)
        if operation.body is None:
            return sent
        inside = {one: self.contract.ids.value(_kind(operation), text) for one, text in named.items()}
        return sent.with_body({**(inside if where == "body" else {}), **(body or {})})

    def valid(
        self, operation: Operation, name: str | None, *, story: str, who: str = "main", place: Place | None = None
    ) -> Sent:
        """Return a request about an id, with the body of the operation's first example."""
        body = self.bodies(operation).examples[0].body
        return self.about(operation, name, body, story=story, who=who, place=place)

    def plain(
        self, operation: Operation, named: Mapping[str, str | None] | None = None, *, story: str, who: str = "main"
    ) -> Sent:
        """Return a request without a body. `named` are its parameters, None for one left out; others are made up."""
        values = {**self._needed(operation), **(named or {})}
        given = {name: value for name, value in values.items() if value is not None}
        path = operation.path
        for one in operation.parameters:
            if one.place == "path":
                value = given.pop(one.name, None) or self.unknown_id(operation)
                path = path.replace(f"{{{one.name}}}", quote(value, safe="", errors="surrogatepass"))
        headers = [(one.name, given.pop(one.name)) for one in operation.places["header"] if one.name in given]
        query = urlencode(given, errors="surrogatepass", quote_via=quote)
        return Sent(operation.method, path, who, query, tuple(headers), None, story)

    def _needed(self, operation: Operation) -> dict[str, str]:
        """Return the parameters that an operation needs besides its id, as its examples have them."""
        ids, needed = {name for _, name in operation.id_places}, (one for one in operation.parameters if one.required)
        return {one.name: sample_text(self.contract.root, one) for one in needed if one.name not in ids}

    def sent_to(self, operation: Operation) -> list[Exchange]:
        """Return what was asked of an operation until now."""
        return [one for one in list(self.transport.history) if self.expectations.operation(one.sent) is operation]

    def polled(self, task: KnownTask) -> Operation:
        return self.contract.polled_by[task.started_by]

    def poll(self, task: KnownTask, story: str, who: str | None = None) -> Sent:
        """Return a poll of the task, with the key of its owner unless another role is named."""
        return self.about(self.polled(task), task.id, story=story, who=task.owner if who is None else who)

    def bodies(self, operation: Operation) -> Bodies:
        return self.expectations.bodies[operation.id]

    def usable(self, operation: Operation) -> list[Given]:
        """Return the given sources that the operation has to accept, as far as anybody knows."""
        return self.knowledge.usable(need_of(operation))

    def unknown_id(self, operation: Operation | None = None) -> str:
        """Return an id that nobody has; it looks like those that the operation is about."""
        with self._lock:
            number = self.chance.getrandbits(72)
        ids, kind = self.contract.ids, _kind(operation) if operation else ""
        if kind in ids.whole:
            return str(number >> 24)
        return ids.spelled(kind, f"{id_prefix(operation) if operation else 'gone'}{number:018x}")

    def has(self, who: str) -> bool:
        return who in self.settings.keys

    @contextmanager
    def attempt(self, *clauses: str) -> Iterator[None]:
        """Note for `clauses` why they were not put to the test, where the budget ends what is done here."""
        try:
            yield
        except OutOfBudgetError as error:
            self.evidence.note_untried(clauses, str(error))


def _kind(operation: Operation) -> str:
    need = need_of(operation)
    return need.kind if need else ""
