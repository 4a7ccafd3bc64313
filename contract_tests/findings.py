"""What was found: which sentence of which clause an exchange breaks, and what was seen of each clause at all."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from covermock.openapi import LEVELS, Contract, Sentence

from .exchange import Exchange

Blame = tuple[str, str]
"""A clause's id and the level of the sentence that is meant."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence of the contract that the gateway broke, with the evidence. `title` is the fact that doesn't hold."""

    clause: str
    level: str
    title: str
    expected: str
    received: str
    curl: str = ""
    story: str = ""
    number: int = 0
    times: int = 1

    @property
    def fingerprint(self) -> str:
        """Return what stays the same when the same deviation is found again."""
        return f"{self.clause}/{self.level}/{self.title}"

    def counts(self, line: str) -> bool:
        """Tell whether the sentence is known at least as well as the level `line`."""
        return LEVELS.index(self.level) <= LEVELS.index(line)


@dataclass
class Evidence:
    """Everything that was found and seen, from many threads. `redact` takes the keys out of whatever is kept."""

    redact: Callable[[str], str] = str
    curl: Callable[[Exchange], str] = lambda _: ""
    found: dict[str, Finding] = field(default_factory=dict)
    seen: Counter[Blame] = field(default_factory=Counter)
    reasons: dict[str, str] = field(default_factory=dict)
    times: Counter[str] = field(default_factory=Counter)
    suspects: list[tuple[Exchange, Any]] = field(default_factory=list)
    by_exchange: dict[int, list[str]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def saw(self, blames: Iterable[Blame]) -> None:
        """Note that sentences were put to the test."""
        with self._lock:
            self.seen.update(blames)

    def broke(self, blames: Iterable[Blame], title: str, expected: str, received: str, at: Exchange | None) -> None:
        """Note that sentences are broken, once for each title; the first example is kept."""
        for clause, level in blames:
            made = Finding(
                clause,
                level,
                self.redact(title),
                self.redact(expected),
                self.redact(received),
                self.redact(self.curl(at)) if at else "",
                self.redact(at.sent.story) if at else "",
                at.number if at else 0,
            )
            with self._lock:
                self.seen[clause, level] += 1
                self.times[made.fingerprint] += 1
                self.found.setdefault(made.fingerprint, made)
                self.by_exchange.setdefault(made.number, []).append(made.fingerprint)

    def suspected(self, made: Exchange, due: Any) -> None:
        """Keep an exchange whose key was not looked at, or too late: the whole history will tell which."""
        with self._lock:
            self.suspects.append((made, due))

    def skipped(self, clauses: Iterable[str], reason: str) -> None:
        """Note why clauses were not put to the test; the first reason is kept."""
        with self._lock:
            for clause in clauses:
                self.reasons.setdefault(clause, self.redact(reason))

    @property
    def findings(self) -> list[Finding]:
        """Return the findings, strongest evidence first, in the order of the clauses."""
        order = {clause: number for number, clause in enumerate(self.found)}
        return sorted(self.found.values(), key=lambda f: (LEVELS.index(f.level), order[f.fingerprint]))


def sentence(contract: Contract, clause: str, level: str) -> Sentence:
    """Return the sentence of a clause that has this level, or its weakest one."""
    sentences = contract.clauses[clause].sentences
    return next((known for known in sentences if known.level == level), sentences[-1])


def redactor(keys: Mapping[str, str]) -> Callable[[str], str]:
    """Return a function that takes every key out of a text, and spells out what no terminal or file should get."""
    secrets = sorted((key for key in keys.values() if key), key=len, reverse=True)

    def redact(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, "[key]")
        return "".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in text)

    return redact
