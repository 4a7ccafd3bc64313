"""The clauses of a contract: sentences, each with its level of evidence and its source."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .source import Source

LEVELS = ("documented", "corroborated", "inferred", "assumed")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a clause with its level of evidence and its source.

    `about`: what of an error it fixes, its `status` and `type`; `operations`: those that it is about, or all;
    `unseen`: what of it nobody can see from outside.
    """

    text: str
    level: str
    source: str
    about: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    unseen: str = ""


@dataclass(frozen=True, slots=True)
class Clause:
    """A rule of the contract: its id (`G3`, `C5`, `U2`) and its sentences, strongest evidence first."""

    id: str
    sentences: tuple[Sentence, ...]
    line: int

    @property
    def level(self) -> str:
        """Return the level of its best known sentence."""
        return self.sentences[0].level

    @property
    def text(self) -> str:
        return " ".join(sentence.text for sentence in self.sentences)


def read_clauses(source: Source) -> dict[str, Clause]:
    """Return the clauses of a file by their ids."""
    return {
        name: Clause(
            name,
            tuple(map(_sentence, rows)),
            source.line(("x-clauses", name)),
        )
        for name, rows in source.data.get("x-clauses", {}).items()
    }


def _sentence(row: Mapping[str, Any]) -> Sentence:
    about, operations = tuple(row.get("about", ())), tuple(row.get("for", ()))
    return Sentence(row["sentence"], row["level"], row["source"], about, operations, row.get("unseen", ""))


def clause_pointer(text: str) -> tuple[str, int]:
    """Return the clause and the number of the sentence that `U5#3` points to, 0 where it names none."""
    clause, _, number = text.partition("#")
    return clause, int(number) if number.isdigit() else 0
