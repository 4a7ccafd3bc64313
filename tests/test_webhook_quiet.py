"""How long the judge of servers waits for webhooks: by what was recorded, never by a constant alone."""

from threading import Condition

import pytest
from covermock.contract_tests.servers.ask.paid.deliveries import Delivery
from covermock.contract_tests.servers.ask.paid.webhooks import Hook, quiet_at, usual_gap


def hook(*times: float, answers: tuple[int, ...] = ()) -> Hook:
    found = Hook("http://127.0.0.1/hook", answers, Condition())
    found.deliveries += [Delivery(at, "POST", {}, b"{}") for at in times]
    return found


@pytest.mark.parametrize(
    ("times", "gap", "until"),
    [
        ([10.0], 1.0, 12.5),  # alone: by the pause that this gateway makes elsewhere
        ([10.0], 0.1, 11.2),  # never shorter: a busy machine delays, too
        ([10.0], 60.0, 16.0),  # never longer: somebody waits for the verdict
        ([10.0, 11.0], 0.1, 13.5),  # by its own pause, where it has one
        ([10.0, 11.0, 13.0], 1.0, 18.0),  # a gateway that doubles its pauses is waited for
        ([10.0, 11.0, 14.0], 1.0, 13.5),  # what came after the quiet is counted, and nothing more awaited
        ([10.0, 10.2, 10.4, 10.6], 0.5, 11.8),
    ],
)
def test_quiet_follows_from_the_pauses_that_were_seen(times: list[float], gap: float, until: float) -> None:
    """Two and a half pauses of this gateway, within bounds."""
    assert until == pytest.approx(quiet_at(times, gap))


def test_the_usual_pause_is_that_of_refused_webhooks() -> None:
    """An accepted webhook that came twice tells no pause; the shortest one counts, or a guess where none was seen."""
    refused = [hook(5.0, 6.5, answers=(500,)), hook(5.0, 6.0, answers=(503,)), hook(7.0, answers=(500,))]

    assert pytest.approx(1.0) == usual_gap([hook(1.0, 1.1), *refused])
    assert pytest.approx(0.5) == usual_gap([hook(1.0, 1.1), hook(2.0, answers=(500,))])
