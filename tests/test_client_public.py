"""Clients as people write them keep the contract; `make habits` runs them through everything, in all languages."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from covermock.contract_tests.clients.scenarios import SCENARIOS
from covermock.contract_tests.vocabulary import HELD, UNTRIED
from covermock.fixtures.running_clients import Client, Run

from .clients.public import PROGRAMS, command

HERE = [name for name in PROGRAMS if Path(name).suffix in {".py", ".mjs", ".cjs", ".sh"}]
MET = ("happy", "poll-limited")


@pytest.mark.parametrize("suffix", sorted({Path(name).suffix for name in HERE}))
def test_a_public_habit_is_held(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions and pools, keep-alive or not, HTTP/1.0, chunks, Expect, both ways at once: nothing is at fault."""
    monkeypatch.setenv("PAUSE", "0.1")
    commands = [command(name) for name in HERE if Path(name).suffix == suffix]
    clients = [Client(found, 60) for found in commands if found]
    if not clients:
        pytest.skip(f"what runs {suffix} is missing")

    with ThreadPoolExecutor(min(4, (os.cpu_count() or 1) * 2)) as pool:
        work = [(client, SCENARIOS[name]) for client in clients for name in MET]
        verdicts = list(pool.map(lambda pair: (pair[0].command[-1], Run(*pair).verdict()), work))

    held = {"happy": {HELD}, "poll-limited": {HELD, UNTRIED}}  # who waits for a webhook doesn't poll
    told = [(name, one.name, one.output, [f.rule for f in one.findings], one.state) for name, one in verdicts]
    assert [] == [row for row in told if row[-1] not in held[row[1]]]
