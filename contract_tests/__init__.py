"""The judges of servers and of clients. They import `covermock.openapi` only, never the mock that they may judge."""

from .servers import Judgement, Progress, Settings, Verdict, from_environment, judge, keys_of, settings_for
from .servers.evidence import GatewayFinding as Finding
from .vocabulary import BROKEN, HELD, UNTRIED

judged, made = judge, settings_for  # their names until 0.1

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
    "judge",
    "judged",
    "keys_of",
    "made",
    "settings_for",
]
