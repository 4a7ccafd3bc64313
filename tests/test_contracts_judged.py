"""Contracts of other shapes, and of the same under other names: the judge of servers knows no more than the file."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from covermock.contract_tests import HELD, UNTRIED, Judgement, judge, settings_for
from covermock.fixtures.serving import ServerThread
from covermock.mock_server import Settings
from covermock.mock_server.gateway.first import first_spec
from covermock.openapi import GATEWAY, Contract, load
from covermock.openapi.needs import needs
from support.remix import REMIX, ROOT
from support.renaming import Names, renamed

TRANSCRIPTS = ROOT / "examples" / "contracts" / "transcripts.yaml"
DOCS = {"music": ("gen123213213213123bksv",), "audio": ("aud_30s=30", "aud_5_9s=5.9", "aud_6s=6", "aud_60s=60")}
ODD = sorted((ROOT / "tests" / "support" / "contracts").iterdir())
ROLES = ("main", "second", "poor")
UNSEEN = "nobody can see"


def sources(contract: Contract, world: str) -> dict[str, tuple[str, ...]]:
    """Return what the first world of a contract has to start tasks from, by kind."""
    if world == "docs":
        return {**DOCS, "audio": (*DOCS["audio"], "aud_60_1s=60.1")}
    spec, measures = first_spec(contract), {kind: need.of for kind, need in needs(contract).items()}
    rows = [(kind, name, row) for kind, some in spec.get("sources", {}).items() for name, row in some.items()]
    rows += [(row["lifecycle"], name, row) for name, row in spec.get("tasks", {}).items()]
    found: dict[str, tuple[str, ...]] = {}
    for kind, name, row in rows:
        number = f"={row[measures[kind]]}" if measures[kind] in row else ""
        ready = row.get("state") in {None, *(cycle.success.name for cycle in contract.lifecycles.values())}
        if (
            ready
            and "account" not in row
            and "outcome" not in row.get("yields", {})
            and "error" not in row.get("yields", {})
        ):
            found[kind] = (*found.get(kind, ()), f"{name}{number}")
    return found


def judged(path: Path, max_requests: int = 800) -> Judgement:
    """Judge the mock that has nothing but the file, by the same file."""
    contract = load(path)
    with ServerThread(Settings("", path, over={"stage_seconds": 0.15})) as server:
        world = server.direct.find(server.mock.first)
        keys = dict(zip(ROLES, world.keys.values(), strict=False))
        given = {
            "named": sources(contract, server.mock.first),
            "fail_on": "assumed",
            "patience": 60.0,
            "max_requests": max_requests,
        }
        return judge(settings_for(server.url, keys, given), contract=contract)


def findings(judgement: Judgement) -> list[str]:
    return [f"{one.clause} {one.title}: expected {one.expected}, received {one.received}" for one in judgement.findings]


def held(judgement: Judgement) -> set[str]:
    return {one.clause.id for one in judgement.verdicts if one.state == HELD}


@pytest.mark.parametrize("path", [REMIX, TRANSCRIPTS], ids=lambda path: path.stem)
def test_another_contract_is_judged_with_its_file_alone(path: Path) -> None:
    """Nothing is broken, and every clause is exercised that can be seen from outside."""
    judgement = judged(path)
    untried = {one.clause.id: one.reason for one in judgement.verdicts if one.state == UNTRIED}
    out_of_reach = {"X4", "U10"} if path == REMIX else set()  # a price, and a state that no task of the world reaches

    assert [] == findings(judgement)
    assert {} == {name: why for name, why in untried.items() if UNSEEN not in why and name not in out_of_reach}


@pytest.fixture(scope="module", params=[GATEWAY, TRANSCRIPTS], ids=lambda path: path.stem)
def plain(request: pytest.FixtureRequest) -> tuple[Path, set[str]]:
    """Return a contract, and what is held of it under its own names."""
    return request.param, held(judged(request.param))


@pytest.mark.seeds(1, 20)
def test_other_names_give_the_same_verdicts(seed: int, plain: tuple[Path, set[str]], tmp_path: Path) -> None:
    """Under names drawn by chance nothing is broken, and the same clauses are held."""
    path, before = plain
    text, names = renamed(path.read_text(encoding="utf-8"), seed)
    other = tmp_path / "renamed.yaml"
    other.write_text(text, encoding="utf-8")

    judgement = judged(other)

    assert [] == findings(judgement)
    assert translated(before, names) == held(judgement)


def translated(clauses: set[str], names: Names) -> set[str]:
    return {names.clauses[name] for name in clauses}


@pytest.mark.parametrize("path", ODD, ids=lambda path: path.stem)
def test_contracts_of_odd_shapes_are_served_and_judged(path: Path) -> None:
    """A key in the query, whole numbers as ids, lists of errors, references through several steps, other statuses."""
    judgement = judged(path, max_requests=300)

    assert ("", []) == (judgement.trouble, findings(judgement))
    assert len(judgement.contract.clauses) - 3 <= len(held(judgement))


def test_the_suite_under_pytest_judges_another_contract(tmp_path: Path) -> None:
    """With COVERMOCK_SPEC there is a test for each clause of that file, and sources come from variables."""
    with ServerThread(Settings("", TRANSCRIPTS, over={"stage_seconds": 0.15})) as server:
        key, other = server.direct.find(server.mock.first).keys.values()
        names = {"URL": server.url, "API_KEY": key, "SECOND_API_KEY": other}
        names |= {"SPEC": str(TRANSCRIPTS), "GIVEN": "recording=recording_ok"}
        command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "-n", "0"]
        done = subprocess.run(
            [*command, "--pyargs", "covermock.contract_tests"],
            env={**os.environ, **{f"COVERMOCK_{name}": value for name, value in names.items()}},
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
    lines = done.stdout.splitlines()

    assert 0 == done.returncode, done.stdout + done.stderr
    assert [] == [name for name in load(TRANSCRIPTS).clauses if not any(f"[{name}]" in line for line in lines)]
    assert any("PASSED" in line and "[R12]" in line for line in lines)
