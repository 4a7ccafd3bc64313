"""What the runs of a client were: the command, when, by which contract, in which worlds, at which pace."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any

from covermock.openapi import Contract

from ..verdicts import RunVerdict


def about_client(
    contract: Contract, command: str, flags: Mapping[str, Any], verdicts: list[RunVerdict], seconds: float
) -> tuple[tuple[str, str], ...]:
    """Return (name, text) pairs for the head of a report; `flags` are those of the command line."""
    return tuple((name, text) for name, text in _facts(contract, command, flags, verdicts, seconds) if text)


def _facts(
    contract: Contract, command: str, flags: Mapping[str, Any], verdicts: list[RunVerdict], seconds: float
) -> Iterator[tuple[str, str]]:
    info = contract.root["info"]
    began = datetime.now(UTC) - timedelta(seconds=seconds)
    yield "command", command
    yield "contract", f"{info['title']} {info['version']} ({contract.file})"
    yield "began", f"{began:%Y-%m-%d %H:%M:%S} UTC, took {seconds:.1f} s"
    yield "judged by", f"covermock {version('covermock')}, fails on {flags['fail_on']}"
    yield "scenarios", flags["scenarios"] or "none: the command ran once in a happy world"
    yield "world", f"{flags['world']}, {flags['timeout']:g} s to finish in"
    yield "pace", _pace(verdicts)


def _pace(verdicts: list[RunVerdict]) -> str:
    """Return how far apart polls have to be and were, in the runs that have a pace."""
    allowed = sorted({one.pace for one in verdicts if one.pace})
    seen = [lane.pause for one in verdicts for lane in one.lanes if lane.pause is not None]
    wanted = f"polls at least {allowed[0]:.2g} s apart" if allowed else ""
    return "; ".join(filter(None, [wanted, f"seen {_range(seen)}" if seen else ""]))


def _range(seconds: list[float]) -> str:
    low, high = f"{min(seconds):.2g}", f"{max(seconds):.2g}"
    return f"{low} s" if low == high else f"{low} to {high} s"
