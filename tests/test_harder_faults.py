"""How the judge of servers finds what is nearly right, and what its credits buy; measured in docs/defects.md."""

from pathlib import Path
from typing import Any

import pytest
from covermock.contract_tests import Settings, judge, settings_for
from covermock.contract_tests.servers.ask.ids import near_ids
from covermock.contract_tests.servers.ask.paid.plan import USUAL, choose, plan_flows
from covermock.contract_tests.servers.expect.bodies import Bodies
from covermock.contract_tests.servers.session import Session
from covermock.fixtures.serving import ServerThread
from covermock.mock_server import Settings as MockSettings
from covermock.openapi import load

WORLD = Path(__file__).parents[1] / "tools" / "kill_matrix_world.yaml"
KEYS = {"main": "aio_your_api_key_here", "second": "aio_second_key", "poor": "aio_poor_key", "last": "aio_last_key"}
OWN = tuple(f"gen_last_{word}" for word in ("one", "two", "three", "four", "five", "six"))
SOURCES: dict[str, Any] = {
    "music_task": ("gen123213213213123bksv", "gen_two", "gen_three"),
    "last_music": OWN,
    "failing_audio": "aud_fails",
    "audio": ("aud_30s=30", "aud_60_1s=60.1"),
}


def settings(url: str = "http://127.0.0.1:9", **more: Any) -> Settings:
    return settings_for(url, KEYS, {**SOURCES, "fail_on": "assumed", "patience": 60.0, **more})


@pytest.mark.parametrize(
    ("known", "several"),
    [("upl_7f3a90", 5), ("25280855628615026", 0), ("a1", 0), ("C0VER9", 5)],
)
def test_an_id_nearly_right_is_another_one(known: str, several: int) -> None:
    """One character changed, cut, longer, another case, another spelling; numbers may be somebody's, and are left."""
    near = [name for _, name in near_ids(known)]

    assert several == len({*near} - {known})
    assert {abs(len(name) - len(known)) for name in near} <= {0, 1}


def test_each_two_optional_fields_are_tried_together() -> None:
    """Bodies that are valid, with each optional field alone and each two of them, but for those that examples have."""
    contract = load()
    bodies = Bodies(contract, contract.by_id["startUploadCover"])
    names = [frozenset(body) for body in bodies.combinations()]
    known = {frozenset({*one.body, *({bodies.hook} if one.hooked else ())}) for one in bodies.examples}
    optional = [name for name in bodies.properties if name not in bodies.id_names]

    assert len(names) == len(set(names))
    assert [] == [
        (one, other)
        for one in optional
        for other in optional
        if not any({one, other} <= body for body in {*names, *known})
    ]


@pytest.mark.parametrize("spends", [False, True])
def test_what_is_planned_is_within_the_credits(spends: bool) -> None:
    """At each limit; beyond the usual only where a run may spend all."""
    session = Session(settings())
    flows = list(plan_flows(session, None))
    for credits_ in range(130):
        chosen = choose(session, flows, credits_, spends=spends)
        unusual = [one for one in chosen if not one.usual]

        assert credits_ >= sum(one.credits for one in chosen)
        assert spends or not unusual or sum(one.credits for one in chosen) <= USUAL
        assert chosen or not credits_


@pytest.mark.parametrize(
    ("defect", "clause"),
    [
        ("startUploadCover-price-free", "U13"),
        ("startCover-price-twice", "C6"),
        ("", ""),
    ],
)
def test_the_last_credits_show_what_a_task_costs(defect: str, clause: str) -> None:
    """With credits for exactly one task, failing audio and own music: prices and refunds, within the limit."""
    over = {"stage_seconds": 0.15}
    with ServerThread(MockSettings(str(WORLD), defect=defect, over=over)) as server:
        given = {"music_task": (), "audio": (), "max_credits": 12, "max_requests": 500, "thorough": True}
        judgement = judge(settings(server.url, **given))

    assert clause == next((one.clause for one in judgement.findings), "")
    assert 12 >= judgement.ledger.spent + judgement.ledger.strays


def test_a_purse_that_was_emptied_before_blames_nobody() -> None:
    """A second run with the same key finds no credits: that is said, and no finding."""
    with ServerThread(MockSettings(str(WORLD), over={"stage_seconds": 0.05})) as server:
        own = {"music_task": (), "failing_audio": (), "audio": (), "last_audio": ("aud_30s",)}
        given = settings(server.url, max_credits=12, max_requests=250, **own)
        first, second = judge(given), judge(given)

    assert [] == [one.title for judgement in (first, second) for one in judgement.findings]


def test_polls_that_no_one_can_read_are_blamed_and_crash_nothing() -> None:
    """A webhook is compared with the polls that could be read; here every second one ends with a comma too many."""
    over = {"stage_seconds": 0.15}
    with ServerThread(MockSettings(str(WORLD), defect="answers-with-comma@one-in-2", over=over)) as server:
        judgement = judge(settings(server.url, max_credits=20, max_requests=250))

    assert "G1" in {one.clause for one in judgement.findings}
