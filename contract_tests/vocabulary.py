"""What both judges say: verdict words, findings, the names of the variables that hold keys."""

from dataclasses import dataclass

from covermock.openapi import LEVELS

HELD, BROKEN, UNTRIED = "held", "broken", "not exercised"
KEY_VARIABLES = {
    "main": "COVERMOCK_API_KEY",
    "second": "COVERMOCK_SECOND_API_KEY",
    "poor": "COVERMOCK_POOR_API_KEY",
    "last": "COVERMOCK_LAST_API_KEY",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A broken sentence of a clause, with the evidence; no `level` where no clause says it. `times` counts examples."""

    clause: str
    level: str
    expected: str
    received: str
    curl: str = ""
    times: int = 1

    def counts(self, line: str) -> bool:
        """Return True if it is known at least as well as the level `line`, or stands on no clause."""
        return not self.level or LEVELS.index(self.level) <= LEVELS.index(line)
