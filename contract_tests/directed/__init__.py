"""Directed checks: plain functions named as facts, which yield the requests that put them to the test."""

from collections.abc import Callable, Generator

from ..exchange import Exchange, Sent
from ..expectations import Expectation
from ..session import Session
from . import auth, business, identity, robustness, validation

Asked = Sent | tuple[Sent, Expectation]
Check = Callable[[Session], Generator[Asked, Exchange, None]]

CHECKS: tuple[Check, ...] = (*identity.CHECKS, *auth.CHECKS, *business.CHECKS, *validation.CHECKS, *robustness.CHECKS)

__all__ = ["CHECKS", "Asked", "Check"]
