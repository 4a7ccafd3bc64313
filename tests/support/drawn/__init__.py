"""Gateways drawn by chance: what is open, and what the contract only guesses, each in its own way."""

from .keys import KEYS
from .points import GUESSES, OPEN, may_break, open_points, plain, refuted, refuting
from .wire import Served

__all__ = ["GUESSES", "KEYS", "OPEN", "Served", "may_break", "open_points", "plain", "refuted", "refuting"]
