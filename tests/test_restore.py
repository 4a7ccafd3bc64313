"""Restoring: whatever is changed in a real export, it is refused, or afterwards everything about the world answers."""

import copy
import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.fakes import COVER, COVER_STATUS, UPLOAD_COVER, UPLOAD_COVER_STATUS, Fake, Got

Place = tuple[str | int, ...]
NUMBERS = [-1, 0, 1, 1.0, 0.5, 2, 999, 10**12, 10**12 + 1, 253402300799, 1e300, -1e300, 2**63, 5e-324]
TEXTS = ["", "x", "main", "docs", "gen_completed", "FAILED", "complete", "startCover", "d1", "aio_docs", "é", "a" * 300]
ODD = [None, True, [], {}, [[]], {"x": {}}, [None], *NUMBERS, *TEXTS]
GETS = ["", "/clock", "/tasks", "/callbacks", "/faults", "/journal", "/journal?contains=x", "/journal/last/explain"]
GETS += ["/ledger", "/events?from=start&timeout=0"]
POSTS = ["/clock/next", "/replay", "/fork", "/reset"]


@cache
def document() -> bytes:
    """Return the export of a world in which there is something of everything."""
    fake = Fake(over={"seed": 7, "stage_seconds": 2})
    fake.control("POST", "worlds/docs/faults", {"status": {"code": 503, "body": {"a": [1]}}, "nth": 3})
    fake.control("POST", "worlds/docs/faults", {"plan": {"outcome": "failure"}, "match": {"operation": "startCover"}})
    fake.control("POST", "worlds/docs/faults", {"callback": {"mode": "late", "seconds": 1}, "lasts": 50})
    fake.control("POST", "worlds/docs/faults", {"status_flickers": {}})
    url = {"callback_url": "http://127.0.0.1:9/"}
    for audio in ("aud123456789", "aud_fails", "aud_30s"):
        fake.post(UPLOAD_COVER, {"audio_id": audio, **url})
        fake.wait(1)
    fake.post(COVER, {"taskId": "gen_completed"})
    fake.get(f"{COVER_STATUS}?task_id=x")
    fake.post(UPLOAD_COVER, b"\xff")
    fake.control("POST", "worlds/docs/clock/advance", {"seconds": 1})
    fake.wait(1)
    return fake.control("GET", "worlds/docs/export").body


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Yield the place of each value within a value."""
    yield at
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in rows:
        yield from places(inner, (*at, name))


def inside(value: Any, place: Sequence[str | int]) -> Any:
    """Return what is at a place."""
    for step in place:
        value = value[step]
    return value


def change(value: Any, data: st.DataObject) -> None:
    """Change the value in one place: delete, double, replace, add a little, or put there what is somewhere else."""
    every = list(places(value))[1:]
    place = data.draw(st.sampled_from(every), "place")
    here, last = inside(value, place[:-1]), place[-1]
    how = data.draw(st.sampled_from(["delete", "double", "odd", "add", "move", "rename"]), "how")
    if how == "delete":
        del here[last]
    elif how == "double" and isinstance(here, list):
        here.insert(int(last), copy.deepcopy(here[int(last)]))
    elif how == "add" and isinstance(here[last], int | float):
        here[last] += data.draw(st.sampled_from([-1, 1, 0.5, 1e9, -1e9]), "more")
    elif how == "move":
        here[last] = copy.deepcopy(inside(value, data.draw(st.sampled_from(every), "from")))
    elif how == "rename" and isinstance(here, dict):
        here[data.draw(st.sampled_from(TEXTS), "name")] = here.pop(last)
    else:
        here[last] = copy.deepcopy(data.draw(st.sampled_from(ODD), "odd"))


def everything(fake: Fake) -> Iterator[Got]:
    """Do everything that can be done with the world, over both APIs, and with its webhooks."""
    mock, base = fake.mock, "worlds/docs"
    for path in GETS:
        yield fake.control("GET", base + path)
    exported = fake.control("GET", f"{base}/export")
    yield exported
    yield from requests(fake)
    for task in [row["id"] for row in fake.control("GET", f"{base}/tasks").json["tasks"]][:6]:
        yield fake.control("PATCH", f"{base}/tasks/{task}", {"outcome": "failure", "stage_seconds": 1})
        for act in ("hold", "release", "complete"):
            yield fake.control("POST", f"{base}/tasks/{task}/{act}")
    for row in fake.control("GET", f"{base}/callbacks").json["callbacks"]:
        yield fake.control("POST", f"{base}/callbacks/{row['id']}/redeliver")
    yield fake.control("POST", f"{base}/music-tasks", {})
    yield fake.control("POST", f"{base}/audio", {"seconds": 9})
    yield fake.control("PUT", f"{base}/clock", {"scale": 1000})
    fake.wait(100)
    yield from requests(fake)
    for path in POSTS:
        yield fake.control("POST", base + path)
    yield fake.control("GET", "worlds")
    again = fake.control("PUT", f"{base}/export", exported.body)
    assert 200 == again.status, again.body
    world = mock.store.world("docs")
    assert world is not None
    for delivery in world.outbox:
        assert mock.gateway.callback(world, delivery, world.clock.now(fake.wall))


def requests(fake: Fake) -> Iterator[Got]:
    """Ask for each task and start one from each source, with each key."""
    world = fake.mock.store.world("docs")
    assert world is not None
    for account in list(world.accounts.values())[:4]:
        for name in list(world.tasks)[:12]:
            yield fake.get(f"{COVER_STATUS}?task_id={name}", key=account.key)
            yield fake.get(f"{UPLOAD_COVER_STATUS}?task_id={name}", key=account.key)
            yield fake.post(COVER, {"taskId": name}, key=account.key)
        for name in [key.partition("/")[2] for key in world.sources][:12]:
            yield fake.post(UPLOAD_COVER, {"audio_id": name, "callback_url": "http://127.0.0.1:9/"}, key=account.key)


def refused_or_fine(changed: Any, *, begun: bool = False) -> int:
    """Restore a document; if it is accepted, make sure that nothing fails afterwards, but what a fault says."""
    fake = Fake()
    restored = fake.control("PUT", f"worlds/docs/export?begun={str(begun).lower()}", json.dumps(changed).encode())
    assert restored.status in {200, 400, 409}, restored.body
    if restored.status == 200:
        failures = [got.body for got in everything(fake) if got.status >= 500 and b'"a":[' not in got.body]
        assert [] == [body for body in failures if b"ailure of the mock itself" in body]
    return restored.status


def test_a_document_that_nobody_changed_is_fine() -> None:
    """So what is refused below is refused for what was changed; from its beginning, too."""
    assert [200, 200] == [refused_or_fine(json.loads(document()), begun=begun) for begun in (False, True)]


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data(), begun=st.booleans())
def test_a_changed_document_is_refused_or_a_world_in_which_everything_answers(data: st.DataObject, begun: bool) -> None:
    """One, two or three changes anywhere: 400 where it comes in, or no failure of the mock in anything after."""
    changed = json.loads(document())
    for _ in range(data.draw(st.integers(1, 3), "changes")):
        change(changed, data)

    assert refused_or_fine(changed, begun=begun) in {200, 400, 409}


def test_a_ledger_that_does_not_add_up_or_a_result_without_urls_is_refused() -> None:
    """Credits that nobody was granted, or a picture that no answer could show: 400 where they come in."""
    fake = Fake()
    fake.cover()
    document = fake.control("GET", "worlds/docs/export").json
    richer, blind = copy.deepcopy(document), copy.deepcopy(document)
    richer["state"]["accounts"][0]["balance"] += 1
    blind["state"]["tasks"][-1]["results"] = [{"image_url": "http://127.0.0.1/1.png"}, {}]

    assert 200 == fake.control("PUT", "worlds/docs/export", document).status
    for wrong, word in ((richer, "credits that add up"), (blind, "image_url")):
        refused = fake.control("PUT", "worlds/docs/export", wrong)
        assert 400 == refused.status
        assert word in refused.body.decode()
