"""Which sentences of a clause an answer puts to the test: the contract says it, by pointers and `about`."""

from collections.abc import Iterator

from covermock.openapi import Contract, Operation, Sentence, clause_pointer

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

    def _from(self, pointer: str | None) -> Iterator[tuple[str, Sentence]]:
        clause, number = clause_pointer(pointer or "")
        found = self.contract.clauses.get(clause)
        for sentence in found.sentences[max(number - 1, 0) :] if found else ():
            yield clause, sentence
