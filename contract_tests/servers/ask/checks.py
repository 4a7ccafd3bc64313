"""Directed checks: plain functions named as facts, which yield the requests that put them to the test."""

from collections.abc import Callable, Iterator

from ...exchange import Sent
from ..expect.expectations import Expectation
from ..session import Session
from . import auth, business, identity, robustness, validation

Ask = Sent | tuple[Sent, Expectation]
Check = Callable[[Session], Iterator[Ask]]
"""Yields requests; one that is a generator gets each exchange back."""

CHECKS: tuple[Check, ...] = (*identity.CHECKS, *auth.CHECKS, *business.CHECKS, *validation.CHECKS, *robustness.CHECKS)

__all__ = ["CHECKS", "Ask", "Check"]
