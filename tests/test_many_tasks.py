"""The table of tasks: in order however many there are, and no part of it so big that its growth makes anybody wait."""

import pytest
from covermock.mock_server.world import task as module
from covermock.mock_server.world.task import Step, Task, Tasks
from support.fakes import UPLOAD_COVER_STATUS, Fake


def task(number: int) -> Task:
    """Return a task with an id of its own."""
    return Task(f"t{number}", "music", "main", 0.0, 0.0, (Step("complete", 0.0),))


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few tasks are many."""
    monkeypatch.setattr(module, "_FIRST", 5)
    monkeypatch.setattr(module, "_PARTS", 4)


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize("count", [0, 1, 5, 6, 8, 10, 11, 40])
def test_a_table_in_parts_is_a_dict(count: int) -> None:
    """What there is is found by its id, and stands in the order in which it came, whichever part it is in."""
    wanted = {f"t{number}": task(number) for number in range(count)}
    tasks = Tasks(wanted.values())

    assert count == len(tasks)
    assert list(wanted) == list(tasks) == list(tasks.keys())
    assert list(wanted.items()) == list(tasks.items())
    assert list(wanted.values()) == list(tasks.values())
    assert list(reversed(wanted)) == list(reversed(tasks))
    assert list(reversed(wanted.values())) == list(reversed(tasks.values()))
    assert all(tasks[name] is one is tasks.get(name) and name in tasks for name, one in wanted.items())
    assert tasks.get("x") is None
    assert tasks.get("x", 1) == 1
    assert "x" not in tasks
    with pytest.raises(KeyError):
        tasks["x"]


@pytest.mark.usefixtures("parts")
def test_a_world_whose_tasks_are_in_parts_works_as_any_other() -> None:
    """Polls, the list, the newest first, an export and a restore find all of them."""
    fake = Fake()
    ids = [fake.upload_cover() for _ in range(20)]
    before = len(fake.world.tasks) - 20
    document = fake.control("GET", "worlds/docs/export").json

    assert fake.control("PUT", "worlds/docs/export", document).status < 300
    assert ids == list(fake.world.tasks)[before:]
    assert ["pending"] * 20 == [fake.status(one, UPLOAD_COVER_STATUS) for one in ids]
    shown = fake.control("GET", "worlds/docs/tasks?order=newest&limit=3").json
    assert len(fake.world.tasks) == shown["total"]


def test_no_part_of_a_million_tasks_grows_for_long() -> None:
    """No part of a million tasks has as many as one that is full can't move in 5 ms, some 87,000."""
    assert module._FIRST <= 43_690
    assert 1_000_000 / module._PARTS < 87_000
