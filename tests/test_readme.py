"""What the README shows is run: its commands, its world file, its table of flags."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from covermock.cli.command_line import cli
from support.fakes import Fake, world_file
from support.servers import serving
from test_docs_world import ROUND

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
HOST = "http://127.0.0.1:8080"


def blocks(language: str) -> Iterator[str]:
    """Yield the code blocks in a language."""
    return (block for block in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL))


def commands() -> list[str]:
    """Return the cURL commands, in their order, each as one line."""
    lines = "\n".join(blocks("sh")).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("curl ")]


def answer(command: str, url: str) -> Any:
    """Run a cURL command against another host and return its JSON answer."""
    words = shlex.split(command.replace(HOST, url))
    done = subprocess.run([*words, "--silent", "--noproxy", "*"], capture_output=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_documented_commands_answer_as_documented_in_two_rounds() -> None:
    """The four commands give the pages' answers, the reset begins a second round, the control commands work."""
    expected = [wanted for _, _, accepted, _, finished in ROUND for wanted in (accepted, finished)]
    *four, reset, made, advanced = commands()

    with serving("--stage-seconds", "0") as process:
        for _ in range(2):
            assert expected == [answer(command, process.url) for command in four]
            assert "docs" == answer(reset, process.url)["name"]
        assert "w1" == answer(made, process.url)["name"]
        assert 3600 == answer(advanced, process.url)["moved"]


def test_the_world_file_is_one(tmp_path: Path) -> None:
    """The example of a world file can be served, and does what it says."""
    [text] = blocks("yaml")
    world = Fake(world=str(world_file(tmp_path, text))).world

    assert ("polls", 3, 12.5) == (world.drive, world.accounts["main"].granted, world.audio["aud_mine"].seconds)


def test_the_table_of_flags_is_the_commands_own() -> None:
    """Each flag of serve is in the table with its twin, and no other is."""
    rows = dict(re.findall(r"^\| `(--[a-z-]+)` \| `(COVERMOCK_[A-Z_]+)` \|", README, re.MULTILINE))

    assert {option.opts[0]: option.envvar for option in cli.commands["serve"].params} == rows


def test_what_the_texts_link_to_is_there() -> None:
    """Links between the pages lead to files."""
    pages = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    for page in [*pages, *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
