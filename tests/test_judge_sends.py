"""How the judge of servers sends: it goes slower when it is told to, and undoes what nobody asked for."""

import gzip
import zlib

import pytest
from covermock.contract_tests.exchange import Answer, Sent
from covermock.contract_tests.servers.send.codings import UnknownCodingError, decoded
from covermock.contract_tests.servers.send.pace import Pace
from covermock.contract_tests.servers.send.wire import Target, receive
from support.drawn import Served, plain

LATER = {"retry-after": "3"}
LONG_AGO = {"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}


@pytest.mark.parametrize(
    ("answer", "tries", "paid", "pause"),
    [
        (Answer(429, LATER), 0, True, 3.0),
        (Answer(429, LATER), 5, False, 3.0),
        (Answer(429, LATER), 6, False, None),
        (Answer(429, {"retry-after": "0.5"}), 0, False, 0.5),
        (Answer(429, {"retry-after": "9999"}), 0, False, 30.0),
        (Answer(429, {"retry-after": "soon"}), 0, True, 0.5),
        (Answer(429), 0, False, 0.5),
        (Answer(429), 1, False, None),
        (Answer(503, LATER), 0, False, 3.0),
        (Answer(503, LATER), 1, False, None),
        (Answer(503, LATER), 0, True, None),
        (Answer(429, LATER, problem="a dropped connection"), 0, False, None),
        (Answer(404, LATER), 0, False, None),
    ],
)
def test_what_was_not_served_is_sent_again(answer: Answer, tries: int, paid: bool, pause: float | None) -> None:
    """A 429 cost nothing, so it is repeated, paid or not, as often as Retry-After asks for it; a 503 may have cost."""
    assert pause == Pace().pause_before(answer, tries, paid=paid)


def test_a_429_that_the_contract_knows_is_no_rate_limit() -> None:
    """Where an error of the contract has that status, only Retry-After makes it one."""
    pace = Pace(told_only=True)
    pace.note(Answer(429))

    assert (0, None, 3.0) == (
        pace.limited,
        pace.pause_before(Answer(429), 0, paid=False),
        pace.pause_before(Answer(429, LATER), 0, paid=False),
    )


def test_a_date_that_has_passed_asks_for_no_long_pause() -> None:
    """Retry-After may be a date; one in the past means now, or soon."""
    pause = Pace().pause_before(Answer(429, LONG_AGO), 0, paid=False)

    assert pause is not None
    assert pause <= 0.5


def test_a_rate_limit_slows_everybody_down() -> None:
    """After a 429 the next turns come later, one after the other."""
    pace = Pace()
    free = [pace.turn() for _ in range(3)]
    pace.note(Answer(429, LATER))
    later = [pace.turn() for _ in range(3)]

    assert [0.0] * 3 == free
    assert later == sorted(later)
    assert later[0] > 1.0
    assert (1, 3.0) == (pace.limited, pace.waited)


def test_codings_are_undone_or_named() -> None:
    """Gzip and deflate, with or without a head, can be undone; others are named; a wrong name is an error."""
    text, raw = b'{"code": 200}' * 9, zlib.compressobj(wbits=-15)
    bare = raw.compress(text) + raw.flush()

    assert text == decoded(text, "") == decoded(text, "identity")
    assert (
        text == decoded(gzip.compress(text), "gzip") == decoded(gzip.compress(zlib.compress(text)), "deflate, x-gzip")
    )
    assert text == decoded(zlib.compress(text), "deflate") == decoded(bare, "deflate")
    assert 1 << 20 == len(decoded(gzip.compress(bytes(5 << 20)), "gzip"))
    with pytest.raises(UnknownCodingError, match="br"):
        decoded(text, "br")
    for broken in (text, gzip.compress(text)[:-9]):
        with pytest.raises(ValueError, match="no gzip"):
            decoded(broken, "gzip")


@pytest.mark.parametrize("before", ["", "100", "103"])
@pytest.mark.parametrize("coding", ["", "gzip", "raw deflate"])
def test_an_answer_is_read_as_it_is_meant(before: str, coding: str) -> None:
    """Whatever a proxy says before it, and however it is packed."""
    with Served(plain() | {"before": before, "coding": coding, "body": "extended chunks"}) as served:
        answer = receive(Target.of(served.url), Sent("GET", "/nowhere", ""), 30.0)

    assert (401, "authentication_error") == (answer.status, answer.json["error"]["type"])
