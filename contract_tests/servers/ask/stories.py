"""A state machine over the model of the gateway: stories of clients, which shrink to a short one when they fail."""

from dataclasses import replace
from typing import Any

from covermock.openapi import Operation
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.reporting import with_reporter
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from ...exchange import Sent
from ..send.budget import OutOfBudgetError
from ..session import Session

_STEPS = 8
_WHO = st.sampled_from(["main", "main", "second", "poor", ""])
_NOBODY = "nobodys_id"


class Story(RuleBasedStateMachine):
    """Clients that start and poll tasks, in any order and with any key; the model says what is due.

    Its model is the session's knowledge of accounts, sources and tasks; requests that may be accepted are sent only
    while there are credits for probes.
    """

    session: Session
    told: list[str]

    @initialize()
    def begin(self) -> None:
        type(self).told = []

    @rule(who=_WHO, which=st.integers(0, 7))
    def poll(self, who: str, which: int) -> None:
        """Poll a task that somebody has, or nobody."""
        tasks = list(self.session.knowledge.tasks.values())
        task = tasks[which % len(tasks)] if tasks and which else None
        operation = self.session.polled(task) if task else self.session.polls[0]
        self.tell(self.session.about(operation, task.id if task else _NOBODY, story="", who=self.key(who)))

    @rule(who=_WHO, which=st.integers(0, 7), start=st.integers(0, 7), body=st.integers(0, 3))
    def start(self, who: str, which: int, start: int, body: int) -> None:
        """Start something from what is there, used up, running, out of its range, or unknown."""
        operation = self.session.starts[start % len(self.session.starts)]
        bodies = self.session.bodies(operation)
        names = self.sources(operation)
        name = names[which % len(names)] if names and which else _NOBODY
        example = bodies.examples[body % len(bodies.examples)]
        place = bodies.places[body % len(bodies.places)] if bodies.places else None
        self.tell(self.session.about(operation, name, example.body, story="", who=self.key(who), place=place))

    @precondition(lambda self: self.session.has("main"))
    @rule(which=st.integers(0, 5))
    def use_a_wrong_key(self, which: int) -> None:
        keys = self.session.wrong_keys
        headers = keys[which % len(keys)][1] if keys else ()
        sent = self.session.about(self.session.polls[0], _NOBODY, story="", who="" if keys else "main")
        self.tell(sent.with_headers(headers))

    def sources(self, operation: Operation) -> list[str]:
        """Return the ids that the operation may be asked about: those that were given, and tasks of its kind."""
        need, known = self.session.bodies(operation).need, self.session.knowledge
        given = [one.id for one in known.given if need and one.kind == need.kind]
        return [*given, *(task.id for task in list(known.tasks.values()) if need and task.kind == need.kind)]

    def key(self, who: str) -> str:
        """Return the role, or main where the run has no such key."""
        return who if not who or self.session.has(who) else "main"

    def tell(self, sent: Sent) -> None:
        """Send the next request of the story; fail when it broke a sentence."""
        expected = self.session.expectations.of(sent)
        if (expected.price or expected.risk) > min(self.session.budget.probes, self.session.budget.left):
            return
        words = f"{sent.who or 'no key'} {sent.method} {sent.path} {sent.query or (sent.body or b'').decode()}"
        self.told.append(words)
        step = replace(sent, story=f"is step {len(self.told)} of a story")
        exchange = self.session.send(step, expected, probe=True)
        found = self.session.judge.judge(exchange, expected)
        assert not found, f"{words}: {', '.join(found)}"


def stories_are_judged(session: Session, limit: int) -> list[str]:
    """Tell stories in about `limit` requests; return the shortest one that failed, step by step."""
    machine: Any = type("SessionStory", (Story,), {"session": session, "told": []})
    examples = max(limit // (2 * _STEPS), 1)
    chosen = settings(
        max_examples=examples,
        stateful_step_count=_STEPS,
        deadline=None,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    try:
        with with_reporter(lambda _: None):
            run_state_machine_as_test(seed(session.settings.seed)(machine), settings=chosen)
    except OutOfBudgetError:
        return []
    except Exception:  # noqa: BLE001 - Hypothesis wraps what it can't reproduce; the evidence is kept anyway
        return list(machine.told)
    return []
