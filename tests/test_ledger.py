"""The laws of plans and credits in a world: nothing goes backward, nothing is lost, whatever is done in between."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.fakes import Fake

ORDERS = {
    "PENDING": 0,
    "IN_PROGRESS": 1,
    "SUCCESS": 9,
    "FAILED": 9,
    "pending": 0,
    "text": 1,
    "first": 2,
    "complete": 9,
    "failed": 9,
}
DRIVES = st.sampled_from(["time", "manual", "polls"])
OUTCOMES = st.sampled_from(["success", "failure", "stall"])
SECONDS = st.sampled_from([0, 0.25, 1, 8])
PLANS = st.fixed_dictionaries({}, optional={"drive": DRIVES, "outcome": OUTCOMES, "stage_seconds": SECONDS})
DEEDS = st.one_of(
    st.tuples(st.just("advance"), SECONDS),
    st.tuples(st.just("wait"), SECONDS),
    st.tuples(st.just("scale"), st.sampled_from([0, 1, 10])),
    st.tuples(st.just("plan"), PLANS),
    st.tuples(st.sampled_from(["poll", "next", "cover", "upload", "hold", "release", "fail", "complete"]), st.none()),
)


class Life:
    """A world with a few credits, and what is done in it."""

    def __init__(self, drive: str) -> None:
        self.fake = Fake(over={"drive": drive, "stage_seconds": 1})
        self.fake.control("POST", "worlds", {"name": "w", "accounts": {"main": {"credits": 12}}})
        self.fake.key = "aio_w"
        self.number = 0

    def do(self, deed: str, value: Any) -> None:
        """Do one thing; what acts on a task takes the newest ones in turn."""
        self.number += 1
        if deed in {"advance", "next", "scale"}:
            path, method = {"advance": ("clock/advance", "POST"), "next": ("clock/next", "POST")}.get(
                deed, ("clock", "PUT")
            )
            body = None if value is None else {"scale" if deed == "scale" else "seconds": value}
            self.control(method, path, body)
        elif deed == "wait":
            self.fake.wait(value)
        elif deed == "cover":
            self.fake.post(
                "/api/v1/audio/music/cover/generate", {"taskId": self.control("POST", "music-tasks", {})["id"]}
            )
        elif deed == "upload":
            self.fake.post(
                "/api/v1/audio/music/upload-cover/generate",
                {"audio_id": self.control("POST", "audio", {"seconds": 9})["id"]},
            )
        else:
            self.act(deed, value)

    def act(self, deed: str, value: Any) -> None:
        """Poll, plan, hold, release, fail or complete a task."""
        tasks = [task for task in self.control("GET", "tasks")["tasks"] if task["started_by"]]
        if not tasks:
            return
        task = tasks[self.number % len(tasks)]
        if deed == "poll":
            kind = "cover" if task["lifecycle"] == "cover" else "upload-cover"
            self.fake.get(f"/api/v1/audio/music/{kind}/status?task_id={task['id']}")
        elif deed == "plan":
            self.control("PATCH", f"tasks/{task['id']}", value)
        else:
            self.control("POST", f"tasks/{task['id']}/{deed}")

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control API on the world; it never crashes."""
        got = self.fake.control(method, f"worlds/w/{path}", body)
        assert got.status < 300, got.body
        return got.json

    def states(self) -> dict[str, str]:
        """Return the state of every started task."""
        return {task["id"]: task["state"] for task in self.control("GET", "tasks")["tasks"] if task["started_by"]}


@settings(max_examples=30, deadline=None)
@given(DRIVES, st.lists(DEEDS, max_size=25))
def test_credits_are_conserved_and_no_task_goes_backward(drive: str, deeds: list[tuple[str, Any]]) -> None:
    """Granted is available, held and captured, after every deed; a stage never comes back, and an end stays."""
    life = Life(drive)
    before: dict[str, str] = {}
    for deed, value in deeds:
        life.do(deed, value)
        row = life.control("GET", "ledger")["accounts"]["main"]
        states = life.states()

        assert row["granted"] == 12 == row["available"] + row["held"] + row["captured"]
        assert min(row.values()) >= 0
        for task, state in before.items():
            assert ORDERS[state] <= ORDERS[states[task]], (deed, value)
            assert state == states[task] or ORDERS[state] < 9, (deed, value)
        before = states
