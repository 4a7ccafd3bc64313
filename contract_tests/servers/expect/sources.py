"""The sources that a run was given: what the user calls them, and what of them the contract asks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from covermock.openapi import Contract, nearest
from covermock.openapi.needs import Need, needs

PENDING, FAILING, LAST = "pending_", "failing_", "last_"


@dataclass(frozen=True, slots=True)
class Given:
    """An id that the user gave. `measure` is None where it is said to be right; `ready`: the task has succeeded.

    `fails`: what is started from it fails. `owner` is the role of the account that has it.
    """

    kind: str
    id: str
    measure: float | None = None
    ready: bool = True
    fails: bool = False
    owner: str = "main"


def spelled(contract: Contract) -> dict[str, Given]:
    """Return what each name of a kind means: `music`, `pending_music`, `failing_audio`, `last_music`; and older names.

    Those are, of a task, `music_task` and `pending_music_task`; of a source with a range, `short_audio` and so on.
    """
    found: dict[str, Given] = {}
    for kind, need in needs(contract).items():
        plain = Given(kind, "")
        found |= dict.fromkeys((kind, f"{kind}_task") if need.is_task else (kind,), plain)
        found[f"{FAILING}{kind}"] = replace(plain, fails=True)
        found[f"{LAST}{kind}"] = replace(plain, owner="last")
        found[f"{FAILING}{LAST}{kind}"] = replace(plain, fails=True, owner="last")
        if need.is_task:
            found |= {f"{PENDING}{name}": Given(kind, "", None, ready=False) for name in (kind, f"{kind}_task")}
        found |= {f"{name}_{kind}": Given(kind, "", measure) for name, measure in _telling(need)}
    return found


def _telling(need: Need) -> Iterator[tuple[str, float]]:
    """Yield names and values of the measures that tell whether a range is kept."""
    if need.least is not None:
        yield from (("min", need.least), ("short", need.least - 0.1))
    if need.most is not None:
        yield from (("max", need.most), ("long", need.most + 0.1))


def given_sources(contract: Contract, named: Mapping[str, tuple[str, ...]]) -> tuple[Given, ...]:
    """Return the sources that names and texts mean: an id, or `ID=MEASURE`. Raises `ValueError` for other names."""
    known, ranges = spelled(contract), needs(contract)
    found: list[Given] = []
    for name, texts in named.items():
        meant = known.get(name.replace("-", "_"))
        if meant is None:
            raise ValueError(f"expected a kind of source of the contract, received {name!r} ({nearest(name, known)})")
        measured = ranges[meant.kind].measured and meant.measure is None
        found += [_one(meant, text.strip(), measured=measured) for text in texts if text.strip()]
    return tuple(dict.fromkeys(found))


def _one(meant: Given, text: str, *, measured: bool) -> Given:
    name, equals, number = text.rpartition("=")
    if measured and equals and name:
        try:
            return replace(meant, id=name, measure=float(number))
        except ValueError:
            raise ValueError(f"expected ID=NUMBER, received {text!r}") from None
    return replace(meant, id=text)
