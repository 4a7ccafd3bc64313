"""All defects of a contract: those with a name of their own, those that operators make of it, and the subtle ones."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache, cached_property
from operator import itemgetter
from pathlib import Path
from typing import Any

from covermock.openapi import Contract, InvalidSourceError, nearest, read

from .blame import acceptance
from .conditions import Condition, conditions
from .defect import GROUPS, Defect, InapplicableError
from .operators import OPERATORS
from .subtle import ONLY, Row, subtle

NAMES = Path(__file__).with_name("names.yaml")
_TOLD = frozenset({"operator", "says", "clause", "level", "group"})


@cache
def _names() -> Row:
    found: Row = read(NAMES).data
    return found


class Catalogue(Mapping[str, Defect]):
    """The defects of one contract by their names: `named` by people, `generated` by operators, and `subtle` ones.

    Each is made when it is asked for. `NAME@CONDITION` is the defect NAME where the condition holds, listed or not.
    """

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        groups = _names()["groups"]
        self._own = {name: {**row, "group": group} for group in GROUPS for name, row in groups[group].items()}

    @cached_property
    def named(self) -> tuple[str, ...]:
        return tuple(name for name, row in self._own.items() if self._applies(row))

    @cached_property
    def conditions(self) -> Mapping[str, Condition]:
        return conditions(self.contract)

    @cached_property
    def rows(self) -> Mapping[str, Row]:
        """Return the operator and its settings of each defect that has no condition."""
        rows = {name: self._own[name] for name in self.named}
        taken = [_settings(row) for row in rows.values()]
        found = sorted(_applications(self.contract), key=itemgetter(0))
        free = {name: row for name, row in found if name not in self._own and _settings(row) not in taken}
        return {**rows, **{name: row for name, row in free.items() if self._applies(row)}}

    @property
    def generated(self) -> tuple[str, ...]:
        """Return the names of those that operators make, and nobody would call subtle."""
        return tuple(name for name in self.rows if name not in self.named and not self._is_subtle(name))

    @cached_property
    def subtle(self) -> tuple[str, ...]:
        """Return the names of the harder ones: nearly right, or wrong under a condition only."""
        return (*filter(self._is_subtle, self.rows), *subtle(self.contract, self.rows))

    def _is_subtle(self, name: str) -> bool:
        return name not in self.named and OPERATORS[self.rows[name]["operator"]].subtle

    def _applies(self, row: Row) -> bool:
        try:
            self._make(row)
        except InapplicableError:
            return False
        return True

    def _make(self, row: Row) -> Defect:
        operator = OPERATORS[row["operator"]]
        defect = operator.apply(self.contract, **_settings(row)[1])
        defect = replace(defect, group=row.get("group", operator.group))
        if not set(_names()["operations"]) <= self.contract.by_id.keys():
            return defect
        clause, level = acceptance(self.contract, row["clause"]) if "clause" in row else (defect.clause, defect.level)
        sentence = row.get("says", defect.sentence)
        return replace(defect, clause=clause, level=row.get("level", level), sentence=sentence)

    def __getitem__(self, name: str) -> Defect:
        base, _, condition = name.partition(ONLY)
        defect = replace(self._make(self._row(base)), name=name)
        if not condition:
            return defect
        found = self.conditions[condition]
        return replace(defect, sentence=f"{defect.sentence}, {found.words}", conditions=(found,))

    def _row(self, base: str) -> Row:
        """Return the row of a defect; those of the operators are looked for when one of them is asked for."""
        own = self._own.get(base)
        return own if own is not None and self._applies(own) else self.rows[base]

    def __iter__(self) -> Iterator[str]:
        return iter((*self.named, *self.generated, *self.subtle))

    def __len__(self) -> int:
        return len(tuple(iter(self)))

    def find(self, name: str) -> Defect:
        """Return the defect of that name. Raises `InvalidSourceError` naming the nearest ones."""
        base, only, condition = name.partition(ONLY)
        try:
            self._row(base)
        except KeyError:
            likely = sorted(self.rows, key=lambda known: known.partition("-")[0] != base.partition("-")[0])
            known = nearest(base, likely)
            raise InvalidSourceError(f"expected the name of a defect, received {name!r} ({known})") from None
        if only and condition not in self.conditions:
            known = nearest(condition, self.conditions)
            raise InvalidSourceError(f"{name}: expected a condition behind {ONLY}, received {condition!r} ({known})")
        return self[name]


def _settings(row: Row) -> tuple[str, dict[str, Any]]:
    """Return the operator of a row and its settings alone."""
    return row["operator"], {name: value for name, value in row.items() if name not in _TOLD}


def _applications(contract: Contract) -> Iterator[tuple[str, Row]]:
    for word, operator in OPERATORS.items():
        try:
            for name, settings in operator.each(contract):
                yield name, {"operator": word, **settings}
        except InapplicableError:
            continue


def find_defect(name: str, contract: Contract) -> Defect:
    """Return the contract's defect of that name. Raises `InvalidSourceError` naming the nearest ones."""
    return Catalogue(contract).find(name)
