"""The stand-in: a pure core that a contract drives, and thin edges. Imports `covermock.openapi` only."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .http.messages import Answer, Request
    from .mock import Mock, Settings
    from .server.blocking import pieces, wait_for_answer

_HOMES = {
    "Answer": "http.messages",
    "Mock": "mock",
    "Request": "http.messages",
    "Settings": "mock",
    "wait_for_answer": "server.blocking",
    "pieces": "server.blocking",
}

__all__ = ["Answer", "Mock", "Request", "Settings", "pieces", "wait_for_answer"]


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: `serve --help` needs the limits and no more."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
