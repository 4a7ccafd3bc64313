"""Requests that are sent at the same time."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ....exchange import Exchange, Sent
from ...expect.expectations import Expectation
from ...session import Session


def at_once(session: Session, several: Sequence[tuple[Sent, Expectation]]) -> list[Exchange]:
    """Send the requests at once and learn from the answers, which the caller judges.

    Raises `OutOfBudgetError` if any of them could not be sent.
    """
    with ThreadPoolExecutor(len(several), "covermock-check") as pool:
        return list(pool.map(lambda one: session.send(*one), several))
