"""What helps somebody to begin: a starter that runs, a look at the machine, completion, a file of flags."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import httpx
import pytest
import yaml
from covermock.cli.config import read_config
from covermock.cli.serve import serve
from covermock.cli.starter import CONFTEST
from covermock.openapi import InvalidSourceError
from support.base import base_only
from support.servers import COVERMOCK, PATIENCE, Process, environment, run, serving


def test_the_starter_runs_as_it_stands(tmp_path: Path) -> None:
    """The first test of a newcomer is green, under strict warnings."""
    done = run("init", str(tmp_path))
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "tests/test_gateway.py"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment(), check=False)

    assert 0 == done.returncode
    assert "1 passed" in ran.stdout, ran.stdout + ran.stderr


def test_a_test_of_the_starter_may_choose_another_world(tmp_path: Path) -> None:
    """What a test says of itself wins over the world of all."""
    run("init", str(tmp_path), "--ci", "none")
    (tmp_path / "tests" / "test_other.py").write_text(
        "import covermock\n\n@covermock.mark(world='empty', drive='manual')\ndef test_it(api):\n"
        "    assert api.world.view()['drive'] == 'manual' and api.credits == 1000\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_other.py"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment(), check=False)

    assert "1 passed" in ran.stdout, ran.stdout


def test_the_starter_overwrites_nothing(tmp_path: Path) -> None:
    """A file that is there stays as it is, which is said, and is exit code 3."""
    own = tmp_path / "tests" / "conftest.py"
    own.parent.mkdir()
    own.write_text("# mine\n")

    done = run("init", str(tmp_path), "--ci", "gitlab")

    assert "# mine\n" == own.read_text()
    assert (3, True) == (
        done.returncode,
        f"kept     tests/conftest.py: add what you need of ours:\n\n{CONFTEST}" in done.stderr,
    )
    assert "gateway" in yaml.safe_load((tmp_path / ".gitlab-ci.yml").read_text())


def test_a_second_starter_changes_nothing(tmp_path: Path) -> None:
    """What is there already, word for word, needs no hand: exit code 0."""
    run("init", str(tmp_path))
    done = run("init", str(tmp_path))

    assert (0, 4, 4) == (done.returncode, done.stderr.count("kept  "), len(done.stderr.splitlines()))


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """A file where a folder is wanted is one line and exit code 2."""
    (tmp_path / "tests").write_text("")

    done = run("init", str(tmp_path))

    assert 2 == done.returncode
    assert "expected a folder to write to" in done.stderr


def test_the_doctor_finds_nothing_here(process: Process) -> None:
    """With all extras and a server that is ready, everything is fine but what the machine lacks."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    done = run("doctor", process.url, "--port", str(port))

    assert 0 == done.returncode, done.stdout
    assert "ok    server" in done.stdout
    assert "BAD" not in done.stdout


def test_the_doctor_says_what_stands_in_the_way(tmp_path: Path) -> None:
    """A taken port, a server that is none, a missing extra: each with its remedy; exit code 3."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run(
            "doctor",
            "http://127.0.0.1:9",
            "--port",
            port,
            HTTP_PROXY="http://proxy:1",
            NO_PROXY="",
            no_proxy="",
            **base_only(tmp_path),
        )

    assert 3 == done.returncode
    assert f"BAD   port          {port} can't be had on 127.0.0.1" in done.stdout
    assert "serve with --port 0" in done.stdout
    assert "BAD   server        expected a mock that is ready at http://127.0.0.1:9" in done.stdout
    assert "note  proxy         HTTP_PROXY is set" in done.stdout


def test_a_mock_that_runs_may_have_its_port(process: Process) -> None:
    """Whoever asks about a mock is not told that its port is taken; nor of a proxy that is never used."""
    port = process.url.rpartition(":")[2]
    done = run("doctor", process.url, "--port", port, HTTP_PROXY="http://proxy:1", NO_PROXY="*", no_proxy="*")

    assert (0, 0, 0) == (done.returncode, done.stdout.count("  port  "), done.stdout.count("proxy"))


def test_the_doctor_tells_of_unknown_variables_beside_all_else() -> None:
    """Other commands refuse them; this one looks at everything first."""
    done = run("doctor", "--port", "65535", COVERMOCK_PROT="1")

    assert 3 == done.returncode
    assert "BAD   environment" in done.stdout
    assert "did you mean 'COVERMOCK_PORT'" in done.stdout
    assert "ok    contract" in done.stdout


def test_the_doctor_refuses_what_is_no_url() -> None:
    """A word is no mock that is not ready."""
    assert (2, True) == (
        (done := run("doctor", "foo")).returncode,
        "expected an http(s) URL, received 'foo'" in done.stderr,
    )


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_script(shell: str) -> None:
    """The script names the command and the variable by which the shell asks."""
    script = run("completion", shell).stdout

    assert "_COVERMOCK_COMPLETE" in script
    assert "covermock" in script


def test_completion_knows_commands_and_flags() -> None:
    """What a shell asks is answered: the commands that begin so, and the values of a flag."""
    asked = {"_COVERMOCK_COMPLETE": "bash_complete", "COMP_WORDS": "covermock se", "COMP_CWORD": "1"}
    env = {**os.environ, **asked}
    done = subprocess.run(COVERMOCK, capture_output=True, text=True, env=env, check=False)
    env |= {"COMP_WORDS": "covermock serve --drive ", "COMP_CWORD": "3"}
    values = subprocess.run(COVERMOCK, capture_output=True, text=True, env=env, check=False).stdout

    assert ("plain,serve\n", "", 0) == (done.stdout, done.stderr, done.returncode)
    assert ["plain,time", "plain,manual", "plain,polls"] == values.split()


CONFIG = """
port: 0
world: mine.yaml
stage-seconds: 0.5
allow-callback: [hooks.example]
limit: {tasks: 70}
log: none
"""


def test_a_file_says_what_flags_say(tmp_path: Path) -> None:
    """Names are those of the flags; a world is looked for beside the file; the command line wins."""
    (tmp_path / "serve.yaml").write_text(CONFIG)
    (tmp_path / "mine.yaml").write_text("from: docs\naccounts:\n  main: {credits: 3}\n")

    with serving("--config", str(tmp_path / "serve.yaml"), "--drive", "manual") as server:
        worlds = httpx.get(f"{server.url}/__mock/worlds", trust_env=False).json()["worlds"]
        view = httpx.get(f"{server.url}/__mock/worlds/{worlds[0]['name']}", trust_env=False).json()

    assert (3, "manual") == (view["accounts"]["main"]["credits"], view["drive"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prt: 1", "received 'prt' (did you mean 'port'"),
        ("port: many", "serve.yaml:1: port: expected a whole number"),
        ("- port", "expected flags by name"),
        (
            "limit: {taks: 7}",
            "serve.yaml:1: limit: expected the name of a limit, received 'taks'; did you mean 'tasks'",
        ),
        ("cors: here", "serve.yaml:1: cors: expected an origin or *"),
    ],
)
def test_a_file_with_a_mistake_is_one_line_and_exit_2(tmp_path: Path, text: str, said: str) -> None:
    """What is not understood is refused, with the nearest name."""
    (tmp_path / "serve.yaml").write_text(text)
    done = subprocess.run(
        [*COVERMOCK, "serve", "--config", str(tmp_path / "serve.yaml")],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=PATIENCE,
        check=False,
    )

    assert (2, 1) == (done.returncode, done.stderr.count("\n")), done.stderr
    assert said in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("limit:", "serve.yaml:1: limit: expected a text or a number, received nothing"),
        ("allow-callback: [a.test, null]", "allow-callback: expected a text or a number, received nothing"),
        ("watch: 5", "watch: expected true or false, received 5"),
        ("port: [1, 2]", "port: expected one text or number, received a list"),
        ("host: on", "host: expected one text or number, received true or false"),
        ("port:", "port: expected one text or number, received nothing"),
        ("public-url: http://a\npublic_url: http://b", "public_url: expected each flag once"),
        ("json: true", "did you mean 'log: json'?"),
        ("quiet: true", "received 'quiet' (known: allow-callback,"),
        ("token: s3cret", "token: expected no secret in a file, received one; set COVERMOCK_TOKEN"),
    ],
)
def test_a_value_that_a_flag_cannot_have_is_refused_at_its_line(tmp_path: Path, text: str, said: str) -> None:
    """A file is checked whole, also where the command line would win; a secret is not repeated."""
    (tmp_path / "serve.yaml").write_text(text)
    with pytest.raises(InvalidSourceError) as refused:
        read_config(click.Context(serve), serve.params[0], str(tmp_path / "serve.yaml"))

    assert said in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_a_file_takes_every_flag_of_serve(tmp_path: Path) -> None:
    """Each flag but the file itself is a setting of it, by its name; a file with nothing in it changes nothing."""
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": 0,
        "world": "docs",
        "spec": "contract.yaml",
        "drive": "manual",
        "stage-seconds": 0.5,
        "speed": 2,
        "seed": 7,
        "store": "memory",
        "workers": 1,
        "public-url": "http://a.test",
        "cors": "*",
        "keep-preflights": True,
        "allow-callback": ["hooks.test"],
        "defect": "",
        "limit": {"tasks": 70},
        "log": "none",
        "watch": False,
    }
    (tmp_path / "contract.yaml").write_text("{}")
    file = tmp_path / "serve.yaml"
    flags = {str(one.opts[0]).removeprefix("--"): str(one.name) for one in serve.params if one.name != "config"}
    found = []
    for text in (yaml.safe_dump(values), "# nothing yet\n"):
        file.write_text(text)
        context = click.Context(serve)
        read_config(context, serve.params[0], str(file))
        found.append(context.default_map)

    assert flags.keys() == values.keys()
    assert {flags[name] for name in values} == found[0].keys()
    assert (str(tmp_path / "contract.yaml"), ["tasks=70"]) == (found[0]["spec"], found[0]["limits"])
    assert {} == found[1]
