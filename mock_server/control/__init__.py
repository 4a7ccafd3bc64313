"""The control API under /__mock/: a table of small functions, one for each operation of admin.yaml."""

from .api import PREFIX, Control
from .steps import Steps

__all__ = ["PREFIX", "Control", "Steps"]
