"""The reference has every command, flag, variable, setting, fixture, fault word and clause, and no other."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import reference
import yaml
from covermock.cli.command_line import cli
from covermock.fixtures.running_clients import names_of
from covermock.mock_server.limits import table as limits
from covermock.openapi import GATEWAY, load
from support.servers import run

import covermock

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
SHIPPED = ("covermock", "openapi", "mock_server", "contract_tests", "fixtures", "cli")
SECRET = {"COVERMOCK_NO_SKIPS"}  # of our own tests
CODE = "\n".join(path.read_text(encoding="utf-8") for folder in SHIPPED for path in (ROOT / folder).rglob("*.py"))
HEADS = {"setting", "word", "clause", "fixture", "variable", "operation", "flag", "limit"}


def section(title: str) -> str:
    """Return a section of the page, up to the next one of its rank."""
    rank = re.search(rf"^(#+) {re.escape(title)}$", PAGE, re.MULTILINE)
    assert rank, title
    return re.split(rf"^#{{2,{len(rank[1])}}} ", PAGE[rank.end() :], maxsplit=1, flags=re.MULTILINE)[0]


def names(title: str) -> set[str]:
    """Return the first cells of a section's table."""
    return set(re.findall(r"^\| `?(\w[\w-]*)`? \|", section(title), re.MULTILINE)) - HEADS


def described(name: str) -> Any:
    """Return an API description, as plain data."""
    return yaml.safe_load((ROOT / "openapi" / f"{name}.yaml").read_text(encoding="utf-8"))


def test_the_page_is_what_its_tool_writes() -> None:
    """`make reference` would change nothing."""
    assert reference.text() == PAGE


def test_every_command_is_there() -> None:
    """The commands that the help lists are those of the page."""
    listed = set(re.findall(r"^  ([a-z]+)  ", run("--help").stdout.partition("Commands:")[2], re.MULTILINE))

    assert listed == set(re.findall(r"^### covermock (\w+)$", PAGE, re.MULTILINE))


@pytest.mark.parametrize("command", re.findall(r"^### covermock (\w+)$", PAGE, re.MULTILINE))
def test_every_flag_is_there(command: str) -> None:
    """What `--help` shows of a command is what the page has of it."""
    shown = set(re.findall(r"^  (--[a-z-]+)", run(command, "--help").stdout, re.MULTILINE)) - {"--help"}

    assert shown == set(re.findall(r"^\| `(--[a-z-]+)` \|", section(f"covermock {command}"), re.MULTILINE))


def test_every_variable_is_there() -> None:
    """Variables that the shipped code names, and those of flags, are on the page, and each there is one of them."""
    named = set(re.findall(r"\bCOVERMOCK_[A-Z_]*[A-Z]\b", CODE))
    twins = {str(one.envvar) for command in cli.commands.values() for one in command.params if one.envvar}
    page = set(re.findall(r"`(COVERMOCK_[A-Z_]+)`", PAGE))

    assert page == (named | twins) - SECRET


def test_every_variable_of_others_is_there() -> None:
    """What the shipped code reads or sets beside ours, and what a client is given, is on the page."""
    read = {name for name in re.findall(r"os\.environ\.get\(\"([A-Z_]+)\"", CODE) if not name.startswith("COVERMOCK_")}

    assert read == names("Variables that others have named")
    assert {f"GATEWAY_{name.upper()}" for name in names_of(load(GATEWAY))} == names("Variables that a client is given")


def test_nothing_is_left_unsaid() -> None:
    """Each row says what its name is, in words that are not the name."""
    rows = re.findall(r"^\| `([^`]+)` \|(?:.*\|)? ([^|]*) \|$", PAGE, re.MULTILINE)

    assert len(rows) > 200
    assert [] == [name for name, says in rows if not says or says.lower() == name.lower()]


def test_every_limit_is_there() -> None:
    """The limits of `serve` are those of the one table."""
    assert {words.partition("=")[0] for words, _ in limits()} <= names("covermock serve")


def test_every_fixture_and_setting_of_pytest_is_there() -> None:
    """Fixtures, options and ini lines of the plugin's source are those of the page."""
    source = (ROOT / "fixtures" / "pytest_plugin.py").read_text(encoding="utf-8")

    assert set(re.findall(r"@pytest\.fixture[^\n]*\ndef (\w+)", source)) == names("Fixtures of pytest")
    settings = re.findall(r"add(?:option|ini)\(\"([\w-]+)\"", source)
    assert set(settings) == set(re.findall(r"^\| `([\w-]+)` \|", section("Settings of pytest"), re.MULTILINE))


def test_every_public_name_is_there() -> None:
    """What can be imported from `covermock` is on the page."""
    assert {*covermock.__all__} == set(re.findall(r"`(\w+)`", section("Names to import from `covermock`")))


@pytest.mark.parametrize(
    ("title", "schema"),
    [
        ("Settings of a world", "World"),
        ("What becomes of tasks (`yields`)", "Yields"),
        ("What is to come of a task", "Plan"),
        ("Words of a fault", "Fault"),
    ],
)
def test_every_setting_and_fault_word_is_there(title: str, schema: str) -> None:
    """The words of a world and of a fault are those of admin.yaml."""
    assert set(described("admin")["components"]["schemas"][schema]["properties"]) == names(title)


def test_every_clause_and_operation_is_there() -> None:
    """The clauses and operations are those of the two descriptions."""
    gateway, admin = described("gateway"), described("admin")
    clauses = gateway["x-clauses"]
    ids = set(clauses) if isinstance(clauses, dict) else {row["id"] for row in clauses}

    assert ids == names("Clauses")
    for title, document in (("Operations of the gateway", gateway), ("Operations of the control API", admin)):
        there = {o["operationId"] for path in document["paths"].values() for o in path.values() if "operationId" in o}
        assert there == names(title)


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    """Every page is found, and every link between pages leads somewhere."""
    mkdocs = shutil.which("mkdocs", path=str(Path(sys.executable).parent))
    assert mkdocs
    command = [mkdocs, "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stdout), done.stdout + done.stderr
    assert (tmp_path / "site" / "index.html").exists()
    assert "covermock_gateway" in (tmp_path / "site" / "reference.html").read_text(encoding="utf-8")
