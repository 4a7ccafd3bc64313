"""What the README shows is run: its commands, its world file, its table of flags."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from covermock.cli.command_line import cli
from support.base import base_only
from support.fakes import Fake, world_file
from support.servers import PATIENCE, Process, environment, serving
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


def starts() -> list[tuple[str, str]]:
    """Return the (command, output) pairs of the consoles, in their order."""
    pairs = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", "".join(blocks("console")), re.MULTILINE)
    return [(command, output) for command, output in pairs]


def steady(text: str) -> str:
    """Return an output without what differs from run to run: ids, times, ports, counts, and spaces at line ends."""
    text = re.sub(r"[ \t]+$", "", text.strip(), flags=re.MULTILINE)
    for pattern, put in (
        (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME"),
        (r"\b(cover|upl)[0-9a-f]{16}\b", "ID"),
        (r"127\.0\.0\.1:\d+", "HOST"),
        (r"\b\d+(\.\d+)?\b(?= (s|held|sentences|not exercised|requests|credits|paid)\b)", "N"),
        (r"\b\d+ of (the )?\d+\b|\b\d+ credits", "N"),
    ):
        text = re.sub(pattern, put, text)
    return text


def shows(expected: str, received: str) -> bool:
    """Return True if an output is as shown; a line of only … stands for any number of lines."""
    lines = [".*" if line == "…" else re.escape(line) for line in steady(expected).splitlines()]
    return re.fullmatch("\n".join(lines), steady(received), re.DOTALL) is not None


def pasted(command: str, process: Process, exported: dict[str, str]) -> str:
    """Return what a command prints when it is pasted into a shell whose `covermock` is this one's."""
    name, _, value = command.removeprefix("export ").partition("=")
    if command.startswith("export "):
        exported[name] = value
        return ""
    env = environment(**exported) | {"NO_PROXY": "*", "no_proxy": "*"}
    env["PATH"] = f"{Path(sys.executable).parent}:{env['PATH']}"
    line = command.replace("127.0.0.1:8080", process.url.removeprefix("http://"))
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, env=env, timeout=20 * PATIENCE, check=False
    )
    return done.stderr + done.stdout


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


@pytest.mark.skipif(not all(map(shutil.which, ("curl", "bash"))), reason="needs curl and bash")
def test_each_start_gives_what_the_readme_shows(tmp_path: Path) -> None:
    """Pasted in their order into a base install, the commands print what stands below them, up to ids and times."""
    (serve, announced), *rest = starts()
    exported = base_only(tmp_path)

    with serving("--log", "none", **exported) as process:
        assert "covermock serve" == serve
        assert announced.startswith("covermock listening on http://127.0.0.1:8080\n")
        for command, expected in rest:
            received = pasted(command, process, exported)
            assert shows(expected, received), f"{command}\n{received}"
    assert 5 == len(rest)


def test_the_first_task_of_a_newcomer_has_results_that_load() -> None:
    """The source of the first start, unlike the documented one, gives pictures that the mock itself serves."""
    poll = json.loads(next(output for _, output in starts() if "images" in output))["data"]

    with serving("--stage-seconds", "0") as process, httpx.Client(trust_env=False) as http:
        start = next(command for command, _ in starts() if "generate" in command)
        for word in (start, next(command for command, _ in starts() if "status" in command)):
            curl = shlex.split(word.removeprefix("sleep 2; ").replace(HOST, process.url))
            done = subprocess.run([*curl, "--noproxy", "*"], capture_output=True, check=True)
        images = json.loads(done.stdout)["data"]["images"]
        loaded = [http.get(url).headers["content-type"] for url in images]

    assert [url.removeprefix(HOST) for url in poll["images"]] == [url.removeprefix(process.url) for url in images]
    assert ["image/png", "image/png"] == loaded


def test_the_table_of_keys_and_ids_is_the_worlds() -> None:
    """Every key and every source of the first world is in the table, and no other is."""
    world = yaml.safe_load((ROOT / "fixtures" / "worlds" / "docs.yaml").read_text(encoding="utf-8"))
    keys = {account["key"] for account in world["accounts"].values()}
    table = README.partition("## Keys and ids")[2].partition("## ")[0]
    rows = re.findall(r"^\| (`.*`) \|", table, re.MULTILINE)

    assert {*keys, *world["music_tasks"], *world["audio"]} == {n for row in rows for n in re.findall(r"`([^`]+)`", row)}


def test_the_comparison_sees_another_output() -> None:
    """Ids, times and counts may differ; words may not, and … stands for lines only where it stands."""
    assert shows("a\n…\n29 held, 2.5 s", "a\nb\nc\n1 held, 30 s\n")
    assert not shows("a\n29 held", "a\n29 broken\n")
    assert not shows("a\nb", "a\nx\nb")


def test_the_world_file_is_one(tmp_path: Path) -> None:
    """The example of a world file can be served, and does what it says."""
    [text] = blocks("yaml")
    world = Fake(world=str(world_file(tmp_path, text))).world

    assert ("polls", 3, 12.5) == (
        world.drive,
        world.accounts["main"].granted,
        world.sources["audio/aud_mine"].numbers["seconds"],
    )


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
