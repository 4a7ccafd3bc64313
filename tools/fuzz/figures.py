"""What the runs in build/fuzz/ did, as a table."""

import json
from collections.abc import Sequence
from typing import Any

import sections

from .engine import WORK
from .targets import TARGETS

WHAT = {
    "reader": "bytes of a connection, cut in two ways, with heads that came before and without: the same requests",
    "http": "bytes on a connection, whole and cut, on a fresh server and on one that has seen all before",
    "gateway": "the four operations, with faults and time, in a world; played again after others",
    "control": "every operation of the control API, then everything that can be looked at",
    "world": "world files, then a client in each that is accepted",
    "contract": "gateway.yaml with changes, then every operation of each that is accepted",
    "restore": "exports with changes, then a life in each that is accepted",
    "growth": "a part of any of these 250, 1,000 and 4,000 times: four times as much, at most nine times as long",
}


def runs() -> list[dict[str, Any]]:
    """Return all runs that were written down."""
    file = WORK / "runs.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [json.loads(line) for line in lines]


def page(known: Sequence[dict[str, Any]]) -> str:
    """Return the table of inputs by target."""
    rows = [_row(name, [run for run in known if run["target"] == name]) for name in TARGETS]
    whole = _row("all", known)
    head = (
        "target",
        "inputs",
        "of them different",
        "requests in them",
        "per second of processor time",
        "longest (ms)",
        "memory (MiB)",
        "broke something",
    )
    commits = ", ".join(dict.fromkeys(run["commit"] for run in known))
    lines = [sections.table(head, [*rows, whole]), "", f"{sections.machine()}; attacked: {commits}."]
    return "\n".join(lines)


def _row(name: str, known: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    inputs, differing = (sum(run[key] for run in known) for key in ("inputs", "differing"))
    requests = sum(run.get("requests", 0) for run in known)
    seconds = sum(run["processor"] for run in known)
    longest = max((run["longest"] for run in known), default=0.0)
    memory = max((run.get("memory", 0) for run in known), default=0)
    broken = sum(sum(run["broken"].values()) for run in known)
    told = f"{name}: {WHAT[name]}" if name in WHAT else name
    each = f"{inputs / seconds:,.0f}" if seconds else "0"
    return (
        told,
        f"{inputs:,}",
        f"{differing:,}",
        f"{requests:,}",
        each,
        f"{longest * 1000:.0f}",
        f"{memory:,}",
        f"{broken:,}",
    )
