"""A state machine over the model of the gateway: stories of clients, which shrink to a short one when they fail."""

from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.reporting import with_reporter
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from ...exchange import MAIN_KEY, Sent
from ..send.budget import OutOfBudgetError
from ..session import Session

_STEPS = 8
_WHO = st.sampled_from(["main", "main", "second", "poor", ""])


class Story(RuleBasedStateMachine):
    """Clients that start covers and music, and poll, in any order and with any key; the model says what is due.

    Its model is the session's knowledge of accounts, music tasks, audio and tasks; requests that may be accepted are
    sent only while there are credits for probes.
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
        kind = task.kind if task else next(iter(self.session.contract.polls))
        self.tell(self.session.poll(kind, task.id if task else "task_of_nobody", "", self.key(who)))

    @rule(who=_WHO, which=st.integers(0, 7), name=st.sampled_from(["taskId", "task_id"]))
    def start_cover(self, who: str, which: int, name: str) -> None:
        """Ask for a cover of music that is there, covered, running or unknown."""
        music = [
            *self.session.settings.music_task,
            *(k for k, t in self.session.knowledge.tasks.items() if t.kind == "music"),
        ]
        task_id = music[which % len(music)] if music and which else "music_of_nobody"
        self.tell(self.session.start("cover", {name: task_id}, "", self.key(who)))

    @rule(who=_WHO, kind=st.sampled_from(["short_audio", "long_audio", "audio", "none"]), custom=st.booleans())
    def start_music(self, who: str, kind: str, custom: bool) -> None:
        """Ask for music from audio that is too short, too long, unknown, or (without a prompt) fine."""
        audio = getattr(self.session.settings, kind, "") or "audio_of_nobody"
        self.tell(self.session.start("music", {"audio_id": audio, "custom_mode": custom}, "", self.key(who)))

    @precondition(lambda self: self.session.has("main"))
    @rule(which=st.integers(0, 3))
    def use_a_wrong_key(self, which: int) -> None:
        headers = (("Authorization", ["Bearer aio_nobody", f"Basic {MAIN_KEY}", MAIN_KEY, "Bearer"][which]),)
        self.tell(self.session.poll(next(iter(self.session.contract.polls)), "task_of_nobody", "", "", headers))

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
        exchange = self.session.send(sent.with_story(f"is step {len(self.told)} of a story"), expected, probe=True)
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
    except AssertionError:
        return list(machine.told)
    except OutOfBudgetError:
        return []
    except Exception as error:  # noqa: BLE001 - Hypothesis wraps what it can't reproduce; the evidence is kept anyway
        return [] if not machine.told else [*machine.told, f"({type(error).__name__})"]
    return []
