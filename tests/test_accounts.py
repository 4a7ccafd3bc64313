"""Credits: none is made, none is lost, and no account spends what it does not have."""

from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support.fakes import COVER, COVER_STATUS, KEY, UPLOAD_COVER, UPLOAD_COVER_STATUS, Fake

ACCOUNTS = {
    "rich": {"key": "aio_rich", "credits": 40},
    "other": {"key": "aio_other", "credits": 11},
    "poor": {"key": "aio_poor", "credits": 0},
}
WORLD = {
    "name": "island",
    "accounts": ACCOUNTS,
    "music_tasks": {
        "gen_a": {},
        "gen_b": {},
        "gen_fails": {"yields": {"outcome": "failure"}},
        "gen_other": {"account": "other"},
    },
    "audio": {"aud_a": {"seconds": 30}, "aud_fails": {"seconds": 30, "yields": {"outcome": "failure"}}},
}
KEYS = [row["key"] for row in ACCOUNTS.values()]


class Economy(RuleBasedStateMachine):
    """Anybody starts, polls and waits, in any order, under any drive."""

    @initialize(drive=st.sampled_from(["time", "manual", "polls"]))
    def begin(self, drive: str) -> None:
        """Make a new world."""
        self.fake = Fake(world="empty")
        self.fake.control("POST", "worlds", {**WORLD, "drive": drive})
        world = self.fake.mock.store.world("island")
        assert world is not None
        self.world = world
        self.covers: Counter[str] = Counter()
        self.music = [(key, name) for name in WORLD["music_tasks"] for key in KEYS]
        self.started: list[tuple[str, str, str]] = []
        self.ended: dict[str, str] = {}

    @rule(key=st.sampled_from(KEYS), pick=st.integers(0, 1000))
    def start_cover(self, key: str, pick: int) -> None:
        """Ask for a cover of any music task, ours or not, running or not."""
        music = self.music[pick % len(self.music)][1]
        got = self.fake.post(COVER, {"taskId": music}, key=key)
        assert got.status in {200, 400, 402, 404}
        if got.status == 200:
            self.started.append((key, COVER_STATUS, got.json["data"]["taskId"]))

    @rule(key=st.sampled_from(KEYS), audio=st.sampled_from(["aud_a", "aud_fails"]))
    def start_upload_cover(self, key: str, audio: str) -> None:
        """Ask for new music, which is a music task itself."""
        got = self.fake.post(UPLOAD_COVER, {"audio_id": audio}, key=key)
        assert got.status in {200, 402}
        if got.status == 200:
            task = got.json["data"]["task_id"]
            self.started.append((key, UPLOAD_COVER_STATUS, task))
            self.music.append((key, task))

    @precondition(lambda self: self.started)
    @rule(pick=st.integers(0, 1000))
    def poll(self, pick: int) -> None:
        """Poll a task; an end that was seen once is seen ever after."""
        key, path, task = self.started[pick % len(self.started)]
        state = self.fake.status(task, path, key=key)
        assert self.ended.get(task, state) == state
        if state in {"SUCCESS", "FAILED", "complete", "failed"}:
            self.ended[task] = state

    @rule(seconds=st.sampled_from([0, 0.5, 1, 2.5, 60]), wall=st.booleans())
    def wait(self, seconds: float, wall: bool) -> None:
        """Let time pass on the wall, or by a control call."""
        if wall:
            self.fake.wait(seconds)
        else:
            self.fake.control("POST", "worlds/island/clock/advance", {"seconds": seconds})

    @invariant()
    def credits_are_conserved(self) -> None:
        """Every credit that was granted is available, held by a running task or captured by a finished one."""
        now = self.world.clock.now(self.fake.wall)
        for name, book in self.world.ledgers(now).items():
            assert book.granted == ACCOUNTS[name]["credits"]
            assert book.granted == book.available + book.held + book.captured
            assert min(book.available, book.held, book.captured) >= 0

    @invariant()
    def a_music_task_has_one_cover(self) -> None:
        """Of all covers of one music task, at most one has not failed (C5)."""
        now = self.world.clock.now(self.fake.wall)
        covers = (task for task in self.world.tasks.values() if task.lifecycle == "cover")
        count = Counter(task.source for task in covers if not self.world.has_failed(task, now))
        assert set(count.values()) <= {1}


TestEconomy = Economy.TestCase
TestEconomy.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_a_cover_costs_one_credit_and_an_upload_cover_five(fake: Fake) -> None:
    """Starting charges at once: the contract's least price (C6, U13); status is free."""
    fake.status(fake.cover())
    after_cover = fake.credits["main"]
    fake.status(fake.upload_cover(), path=UPLOAD_COVER_STATUS)

    assert (999, 994) == (after_cover, fake.credits["main"])


@pytest.mark.parametrize("look", [True, False])
def test_a_failed_task_gives_its_credits_back(fake: Fake, look: bool) -> None:
    """The price is available again from the instant of failure, whether anybody looks or not (G11)."""
    task = fake.cover("gen_cover_fails")
    fake.wait(1.5)
    if look:
        fake.status(task)
    before = fake.credits["main"]
    fake.wait(1)

    assert (999, 1000) == (before, fake.credits["main"])


def test_a_refused_request_costs_nothing(fake: Fake) -> None:
    """No error of any kind takes a credit."""
    for body in ({"taskId": "gen_unknown"}, {}, {"taskId": "gen_pending"}, {"taskId": "gen_no_credits"}):
        assert fake.post(COVER, body).status >= 400

    assert 1000 == fake.credits["main"]


def test_refunds_can_be_spent_again() -> None:
    """An account whose only credit came back starts another task with it."""
    fake = Fake(key="aio_w")
    accounts = {"main": {"key": "aio_w", "credits": 1}}
    music = {"gen_a": {"yields": {"outcome": "failure"}}, "gen_b": {}}
    fake.control("POST", "worlds", {"name": "w", "accounts": accounts, "music_tasks": music})
    first, second = fake.post(COVER, {"taskId": "gen_a"}), fake.post(COVER, {"taskId": "gen_b"})
    fake.wait(2)

    assert (200, 402) == (first.status, second.status)
    assert [200, 400] == [fake.post(COVER, {"taskId": "gen_b"}).status for _ in range(2)]


def test_the_poor_account_is_refused_last(fake: Fake) -> None:
    """An account without credits gets 402 for what is otherwise in order, and its key works (G6)."""
    got = fake.post(UPLOAD_COVER, {"audio_id": "aud_30s"}, key="aio_poor_key")

    assert (402, "insufficient_credits") == got.error
    assert fake.key == KEY
