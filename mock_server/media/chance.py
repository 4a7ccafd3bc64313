"""Chance that is none: all media are drawn from it, so the same name gives the same bytes."""

import hashlib
import random


def chance_of(*parts: object) -> random.Random:
    """Return chance that gives the same draws for the same parts, in every process."""
    # `repr` keeps ("a", 11) and ("a1", 1) apart, and takes lone surrogates.
    return random.Random(hashlib.sha256(repr(parts).encode()).digest())  # noqa: S311 - art, not secrets
