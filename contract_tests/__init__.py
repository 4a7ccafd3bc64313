"""The judge of servers: suites, oracles and verdicts. Imports `covermock.openapi` only, never the mock it may judge."""

from .findings import Finding
from .running import Progress, judged
from .settings import Settings, from_environment, keys_of, made
from .verdicts import BROKEN, HELD, UNTRIED, Judgement, Verdict

__all__ = [
    "BROKEN",
    "HELD",
    "UNTRIED",
    "Finding",
    "Judgement",
    "Progress",
    "Settings",
    "Verdict",
    "from_environment",
    "judged",
    "keys_of",
    "made",
]
