"""What docs/client.md, docs/pytest.md and examples/ show is run, and says what is so."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from covermock.cli.command_line import cli
from covermock.contract_tests.clients.finding import pointer_of
from covermock.contract_tests.clients.rules import RULES
from covermock.openapi import GATEWAY, clause_pointer, load

ROOT = Path(__file__).parents[1]
CLIENT, PYTEST = ((ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("client", "pytest"))
EXAMPLE = (ROOT / "examples" / "test_with_gateway.py").read_text(encoding="utf-8")


def test_the_code_is_that_of_the_example() -> None:
    """Every block of Python in the page is a part of the example, word for word."""
    blocks = re.findall(r"```python\n(.*?)```", PYTEST, re.DOTALL)

    assert blocks
    assert [] == [block for block in blocks if block not in f"{EXAMPLE}\n"]


def test_what_stands_beside_other_tools_is_what_the_foreign_project_does() -> None:
    """Each line of code in the table is one of the project that `make foreign` runs."""
    foreign = ROOT / "tools" / "foreign"
    code = "".join(path.read_text(encoding="utf-8") for path in [*foreign.rglob("*.py")]).replace('", "', " ")
    table = PYTEST.partition("## Beside other tools")[2].partition("##")[0]
    lines = re.findall(r"^\| [^|]* \| `([^`]+)` \|$", table, re.MULTILINE)

    assert len(lines) > 3
    assert [] == [line for line in lines if line not in code]


@pytest.mark.parametrize(
    "command",
    [
        ["pytest", "-q", "-p", "no:cacheprovider", "examples/test_with_gateway.py"],
        ["unittest", "examples/test_with_unittest.py"],
    ],
)
def test_the_examples_of_fixtures_pass(command: list[str]) -> None:
    """With pytest, and with unittest alone."""
    ran = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)

    assert 0 == ran.returncode, ran.stdout + ran.stderr


def test_every_rule_is_in_the_table() -> None:
    """The page lists each rule with its clause, and no other."""
    rows = re.findall(r"^\| `([a-z-]+)` \| .* \| (\w+|none) \|$", CLIENT, re.MULTILINE)

    stands_on = [(rule.name, clause_pointer(pointer_of(load(GATEWAY), rule))[0]) for rule in RULES.values()]

    assert [(name, clause or "none") for name, clause in stands_on] == rows


def test_the_flags_are_the_commands_own() -> None:
    """Each flag of the client command is in the page."""
    flags = {option.opts[0] for option in cli.commands["client"].params if option.opts[0].startswith("--")}

    assert set() == {flag for flag in flags if f"`{flag}" not in CLIENT}


def test_the_ci_file_checks_every_example() -> None:
    """Each client in examples/ has a row in the matrix of the workflow, which runs it through all scenarios."""
    job = yaml.safe_load((ROOT / "examples" / "contract.yml").read_text(encoding="utf-8"))["jobs"]["contract"]
    checked = {row["command"].split()[-1] for row in job["strategy"]["matrix"]["include"]}
    clients = {f"examples/{path.name}" for path in (ROOT / "examples").iterdir() if path.stem.count("_") == 1}

    assert {name for name in clients if "test_with" not in name} == checked
    assert any("covermock client --scenarios all" in step.get("run", "") for step in job["steps"])
