"""The stand-in: a pure core that a contract drives, and thin edges. Imports `covermock.openapi` only."""

from .mock import Mock, Settings
from .patience import answered, pieces
from .request import Answer, Request

__all__ = ["Answer", "Mock", "Request", "Settings", "answered", "pieces"]
