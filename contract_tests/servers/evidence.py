"""What was found: which sentence of which clause an exchange breaks, and what was seen of each clause at all."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from covermock.openapi import LEVELS, Contract, Sentence

from ..exchange import Exchange
from ..vocabulary import Finding

Blame = tuple[str, str]
"""A clause's id and the level of the sentence that is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayFinding(Finding):
    """A sentence that the gateway broke. `title` is the fact that doesn't hold, `story` says why it was asked."""

    title: str
    story: str = ""
    number: int = 0

    @property
    def fingerprint(self) -> str:
        """Return what stays the same when the same deviation is found again."""
        return f"{self.clause}/{self.level}/{self.title}"


@dataclass
class Evidence:
    """Everything that was found and seen, from many threads. `redact` takes the keys out of whatever is kept."""

    redact: Callable[[str], str] = str
    curl: Callable[[Exchange], str] = lambda _: ""
    found: dict[str, GatewayFinding] = field(default_factory=dict)
    seen: Counter[Blame] = field(default_factory=Counter)
    reasons: dict[str, str] = field(default_factory=dict)
    times: Counter[str] = field(default_factory=Counter)
    suspects: list[tuple[Exchange, Any]] = field(default_factory=list)
    warnings: Counter[str] = field(default_factory=Counter)
    by_exchange: dict[int, list[str]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def note_tried(self, blames: Iterable[Blame]) -> None:
        with self._lock:
            self.seen.update(blames)

    def note_broken(
        self, blames: Iterable[Blame], title: str, expected: str, received: str, at: Exchange | None
    ) -> None:
        """Note that sentences are broken, once for each title; the first example is kept."""
        for clause, level in blames:
            found = GatewayFinding(
                clause=clause,
                level=level,
                title=self.redact(title),
                expected=self.redact(expected),
                received=self.redact(received),
                curl=self.redact(self.curl(at)) if at else "",
                story=self.redact(at.sent.story) if at else "",
                number=at.number if at else 0,
            )
            with self._lock:
                self.seen[clause, level] += 1
                self.times[found.fingerprint] += 1
                self.found.setdefault(found.fingerprint, found)
                self.by_exchange.setdefault(found.number, []).append(found.fingerprint)

    def warn(self, text: str) -> None:
        """Note what is no fault, and worth a word."""
        with self._lock:
            self.warnings[self.redact(text)] += 1

    def suspect(self, exchange: Exchange, due: Any) -> None:
        """Keep an exchange whose key was not looked at, or too late: the whole history will tell which."""
        with self._lock:
            self.suspects.append((exchange, due))

    def note_untried(self, clauses: Iterable[str], reason: str) -> None:
        """Note why clauses were not put to the test; the first reason is kept."""
        with self._lock:
            for clause in clauses:
                self.reasons.setdefault(clause, self.redact(reason))

    @property
    def findings(self) -> list[GatewayFinding]:
        """Return the findings, strongest evidence first, in the order of the clauses."""
        order = {clause: number for number, clause in enumerate(self.found)}
        return sorted(self.found.values(), key=lambda f: (LEVELS.index(f.level), order[f.fingerprint]))


def sentence(contract: Contract, clause: str, level: str) -> Sentence:
    """Return the sentence of a clause that has this level, or its weakest one."""
    sentences = contract.clauses[clause].sentences
    return next((known for known in sentences if known.level == level), sentences[-1])
