"""The `covermock` command: puts the parts together, knows no rule of its own."""

from .entry import main

__all__ = ["main"]
