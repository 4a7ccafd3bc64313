"""Bodies and parameters at the door: how deep, how long, which numbers. What is accepted can be answered later."""

import pytest
from covermock.mock_server.http.strict_json import LEVELS, deeper
from covermock.mock_server.world.build import FAULT_LEVELS
from hypothesis import given
from hypothesis import strategies as st
from support.fakes import UPLOAD_COVER, Fake

VALUES = st.recursive(st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner))


def depth(value: object) -> int:
    """Return how many levels of lists and objects a value has, reckoned another way."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


def nested(levels: int) -> bytes:
    """Return the JSON of lists within each other."""
    return b"[" * levels + b"]" * levels


@given(VALUES, st.integers(0, 6))
def test_a_value_is_deeper_than_some_levels_or_not(value: object, levels: int) -> None:
    """The same as counting them one by one."""
    assert deeper(value, levels) == (depth(value) > levels)


@pytest.mark.parametrize(("levels", "status"), [(1, 200), (LEVELS - 1, 200), (LEVELS, 400), (900, 400), (10**5, 400)])
def test_how_deep_a_body_may_be_is_a_number(levels: int, status: int) -> None:
    """And not what is left of the stack, which differs from caller to caller."""
    body = b'{"audio_id": "aud_30s", "x": %b}' % nested(levels)

    assert status == Fake().post(UPLOAD_COVER, body).status


@pytest.mark.parametrize(("levels", "status"), [(FAULT_LEVELS, 201), (FAULT_LEVELS + 1, 400), (98, 400)])
def test_what_a_fault_answers_with_can_be_exported_and_restored(levels: int, status: int) -> None:
    """A body of its own that is accepted is answered, exported, shown and restored; a deeper one is refused at once."""
    fake = Fake()
    made = fake.control("POST", "worlds/docs/faults", b'{"status": {"code": 503, "body": %b}}' % nested(levels))
    answered = fake.post(UPLOAD_COVER, {"audio_id": "aud_30s"})
    document = fake.control("GET", "worlds/docs/export")

    assert status == made.status
    assert (nested(levels) if status == 201 else answered.body) == answered.body
    assert [200, 200] == [document.status, fake.control("PUT", "worlds/docs/export", document.body).status]


@pytest.mark.parametrize(
    "query",
    [
        "limit=1_0",
        "limit=%D9%A1",
        "limit=%205",
        "limit=+5",
        "limit=1.0",
        "limit=1e1",
        f"since={'1' * 5000}",
        "status=x",
    ],
)
def test_a_number_in_a_query_is_one_as_json_writes_it(query: str) -> None:
    """Not what Python would take, too: underscores, digits of other scripts, spaces, a plus."""
    refused = Fake().control("GET", f"worlds/docs/journal?{query}")

    assert (400, True) == (refused.status, "expected an integer" in refused.json["detail"])


@pytest.mark.parametrize("seconds", ["nan", "inf", "1e999", "-inf", "1_0", "0x1"])
def test_a_length_in_a_query_is_finite(seconds: str) -> None:
    """What is no number of JSON is refused where it comes in."""
    assert 400 == Fake().control("GET", f"worlds/docs/events?timeout={seconds}").status


@pytest.mark.parametrize("entry", ["1" * 5000, "%D9%A1", "0", "-1", "1.0"])
def test_the_number_of_an_entry_is_one(entry: str) -> None:
    """A number that no entry has, or a text that is none, is refused; never a failure."""
    assert 400 == Fake().control("GET", f"worlds/docs/journal/{entry}/explain").status


def test_integers_that_are_written_as_1_0_are_integers() -> None:
    """JSON Schema calls them so; the same world, the same ids and the same bytes come of either spelling."""
    spellings = [("7", "6", "50", "203", "2"), ("7.0", "6e0", "5.0e1", "20.3e1", "2.0")]
    looks = []
    for seed, price, granted, code, nth in spellings:
        fake = Fake(key="aio_w")
        accounts = f'{{"main": {{"credits": {granted}}}}}'
        prices = f'{{"startUploadCover": {price}}}'
        world = f'{{"name": "w", "seed": {seed}, "prices": {prices}, "accounts": {accounts}}}'
        fake.control("POST", "worlds", world.encode())
        fake.control("POST", "worlds/w/audio", {"id": "a", "seconds": 9})
        fault = f'{{"status": {{"code": {code}, "body": {{"x": 1.0}}}}, "nth": {nth}}}'
        fake.control("POST", "worlds/w/faults", fault.encode())
        answers = [fake.post(UPLOAD_COVER, {"audio_id": "a"}) for _ in range(3)]
        texts = [fake.control("GET", f"worlds/w{path}").body for path in ("", "/faults", "/ledger", "/tasks")]
        looks.append([*((one.status, one.body) for one in answers), *texts])

    assert looks[0] == looks[1]
    assert (203, b'{"x":1.0}') == looks[0][1]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("worlds", {"seed": 2**63}),
        ("worlds", {"seed": 1e300}),
        ("worlds", {"description": "x" * 10_001}),
        ("worlds/docs/faults", {"status": {"code": 503, "headers": {"Content-Length": "1"}}}),
        ("worlds/docs/faults", {"status": {"code": 503, "headers": {"a b": "1"}}}),
        ("worlds/docs/faults", {"status": {"code": 503, "headers": {"a\r\nb": "1"}}}),
        ("worlds/docs/faults", {"reset": {}, "match": {"task": ["x"] * 1001}}),
        ("worlds/docs/faults", {"plan": {"error": "no-such-error"}}),
        ("worlds/docs/faults", {"plan": {"first": {"id": "x", "results": [{"id": "y"}]}}}),
        ("worlds/docs/audio", {"seconds": 9, "yields": {"first": {"id": "x", "results": [{}]}}}),
        ("worlds", {"music_tasks": {"g": {"yields": {"first": {"id": "x", "results": [{}]}}}}}),
    ],
)
def test_what_could_not_be_answered_later_is_refused(path: str, body: object) -> None:
    """Numbers and texts without bound, headers that break the framing, results that no task can be shown with."""
    assert 400 == Fake().control("POST", path, body).status


def test_a_field_with_an_odd_digit_is_left_alone() -> None:
    """A superscript is no index, so nothing is taken out, and nothing fails."""
    fake = Fake()
    fake.control("POST", "worlds/docs/faults", {"field_missing": {"field": "data.²"}})

    assert 200 == fake.post(UPLOAD_COVER, {"audio_id": "aud_30s"}).status
