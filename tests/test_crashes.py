"""Crashes (5xx) where a refusal was due: when they break the sentence about that refusal, and when none but G15."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest
from covermock.contract_tests.exchange import Answer, Exchange, Sent
from covermock.contract_tests.servers.expect.reasons import KEY, Reason
from covermock.contract_tests.servers.oracles import refusals_never_crash

FACT = "a request without a key"
DUE = Reason(FACT, 401, (("G3", "documented"),), (("G3", "documented"),), KEY)
OTHER, ASKED = Sent("GET", "/other"), Sent("GET", "/asked")


def blamed(story: str) -> list[Any]:
    """Return what is blamed: `.` and `x` are other requests, which crash at x; `o` and `X` those without a key."""
    exchanges = [
        Exchange(number, ASKED if sign in "oX" else OTHER, Answer(500 if sign in "xX" else 401), 0, 0)
        for number, sign in enumerate(story)
    ]
    found: list[Any] = []
    crashes = [(one, DUE) for one, sign in zip(exchanges, story, strict=True) if sign == "X"]
    session = SimpleNamespace(
        crashes={FACT: crashes} if crashes else {},
        tries=Counter({FACT: story.count("o") + story.count("X")}),
        transport=SimpleNamespace(history=exchanges),
        evidence=SimpleNamespace(note_broken=lambda sentences, *_: found.extend(sentences)),
    )
    refusals_never_crash(session)  # type: ignore[arg-type]  # what it looks at
    return found


@pytest.mark.parametrize(
    ("story", "broken"),
    [
        ("...X....X....X....X...X..", True),  # each time at first, and all others never
        ("...X.o..X....X....o...X.X", True),  # often enough
        ("...X....o....o....o...o.oooooooo", False),  # an accident
        ("...xxXxxXxxXXxxxxXxxX....", False),  # for a while everything crashed, and then it wasn't asked again
        ("...xxXxxXxxXXxxxxXxxX..oooooo..", False),  # or was
        ("........XXXX......", False),  # nobody asked for anything else meanwhile
    ],
)
def test_a_crash_over_one_refusal_alone_breaks_its_sentence(story: str, *, broken: bool) -> None:
    """What comes by chance, or over everything for a while, breaks no documented sentence."""
    assert (list(DUE.other) if broken else []) == blamed(story)


def test_nothing_is_said_where_nothing_crashed() -> None:
    """A run in which each refusal came as it should."""
    assert [] == blamed("..o..o..o")
