"""Which sentences of a clause an answer puts to the test: the contract says it, by pointers and `about`."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from covermock.openapi import LEVELS, Contract, Operation, Sentence, clause_pointer, marks

from ..evidence import Blame


class Sentences:
    """The sentences of one contract."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract

    def named(self, pointer: str | None) -> tuple[Blame, ...]:
        """Return the sentence that a pointer names, or the first of its clause; none where no clause is named."""
        return tuple((clause, one.level) for clause, one in self._from(pointer))[:1]

    def about(self, what: str, pointer: str | None, operation: Operation | None) -> tuple[Blame, ...]:
        """Return the first sentence from a pointer on that fixes the `status` or `type` of an operation's errors."""
        operations = (operation.id,) if operation else ()
        return tuple(
            (clause, one.level)
            for clause, one in self._from(pointer)
            if what in one.about and (not one.operations or {*operations} & {*one.operations})
        )[:1]

    def rule(self, name: str) -> tuple[Blame, ...]:
        """Return the sentence that a fixed fact stands on, by its name in x-rules; none where the file says nothing."""
        return self.named(self.contract.rules.get(name))

    def level(self, pointer: str | None) -> int:
        """Return how far from documented the sentence is."""
        return max((LEVELS.index(level) for _, level in self.named(pointer)), default=0)

    def said_of(self, schema: Mapping[str, Any], value: Any, where: str, *, whole: bool = False) -> str | None:
        """Return the sentence that says, in this very state, what a null or missing part of an answer is.

        What is said of its values in every state doesn't say that it may be missing. With `whole` it may be there.
        """
        *way, name = where.split(".")[1:] or [""]
        given = holder = copy.deepcopy(value)
        for step in way:
            holder = holder[int(step)] if isinstance(holder, list) else holder[step]
        if not isinstance(holder, dict) or (holder.get(name) is not None and not whole):
            return None
        missing = name not in holder
        holder[name] = None
        said, usual = (
            [
                pointer
                for key, pointer, one in marks(self.contract.root, schema, given, "x-clause", always=always)
                if key == name and one is None
            ]
            for always in (False, True)
        )
        return next((one for one in said if not missing or one not in usual), None)

    def said_around(self, schema: Mapping[str, Any], value: Any, where: str, broken: set[str]) -> str | None:
        """Return the sentence about a list in this state, for what stands in it where the state should show none.

        So it is where the list itself is wrong, and where nothing but an assumption says what it holds.
        """
        parts = where.split(".")
        number = next((at for at, part in enumerate(parts) if part.isdigit()), 0)
        around = ".".join(parts[:number])
        said = self.said_of(schema, value, around, whole=True) if number else None
        weakest = self.level(said) == len(LEVELS) - 1
        return said if said and (weakest or around in broken) else None

    def _from(self, pointer: str | None) -> Iterator[tuple[str, Sentence]]:
        clause, number = clause_pointer(pointer or "")
        found = self.contract.clauses.get(clause)
        for sentence in found.sentences[max(number - 1, 0) :] if found else ():
            yield clause, sentence
