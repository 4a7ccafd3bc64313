"""The judge of servers: what it sends, what it expects, how it asks, and what follows from the answers."""

from .running import Progress, judge
from .settings import Settings, from_environment, keys_of, settings_for
from .verdicts import Judgement, Verdict

__all__ = ["Judgement", "Progress", "Settings", "Verdict", "from_environment", "judge", "keys_of", "settings_for"]
