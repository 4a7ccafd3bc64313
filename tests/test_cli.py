"""The command line: one clear line and exit 2 for whatever is wrong, and quick to start."""

import json
import re
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event

import pytest
from covermock.cli.command_line import cli
from covermock.cli.flags import SECRETS, refuse_unknown_twins
from covermock.cli.numbers import Number, Whole
from covermock.openapi import ADMIN, GATEWAY
from support.fakes import document, edited, world_file
from support.servers import PATIENCE, Process, environment, run

HEAVY = {
    "flask",
    "werkzeug",
    "schemathesis",
    "hypothesis",
    "pytest",
    "yaml",
    "httpx",
    "PIL",
    "jsonschema_rs",
    "asyncio",
}
# What runs from a fresh clone is the command itself, so its imports are read where it has run to its end.
PROBE = """
import sys
from covermock.cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    print(*{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""


def refusal(*arguments: str, **env: str) -> str:
    """Run a command that must be refused, and return the one line that it says why."""
    done = run(*arguments, **env)
    assert (2, "") == (done.returncode, done.stdout)
    assert 1 == done.stderr.count("\n"), done.stderr
    assert done.stderr.startswith("covermock: ")
    return done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("serve", "--prot", "1"), "--port"),
        (("srve",), "serve"),
        (("serve", "extra"), "extra"),
        (("serve", "--port", "99999"), "99999"),
        (("serve", "--drive", "tme"), "'time', 'manual', 'polls'"),
        (("serve", "--world", "dmo"), "did you mean 'demo'?"),
        (("serve", "--world", "missing.yaml"), "No such file"),
        (("serve", "--spec", "missing.yaml"), "No such file"),
        (("serve", "--speed", "0"), "0<x<=1000000, received '0'"),
        (("serve", "--store", "sqlite:x"), "redis://"),
        (("serve", "--workers", "2"), "shared"),
        (("serve", "--public-url", "ftp://x"), "http://127.0.0.1:8080"),
        (("serve", "--cors", "localhost"), "http://localhost:3000"),
        (("ready",), "URL"),
        (("ready", "localhost"), "http://127.0.0.1:8080"),
        (("spec", "--format", "xml"), "'yaml', 'json'"),
        (("serve", "--speed", "inf"), "in the range 0<x<=1000000, received 'inf'"),
        (("serve", "--speed", "1e999"), "received '1e999'"),
        (("serve", "--stage-seconds", "nan"), "in the range 0<=x<=31557600, received 'nan'"),
        (("serve", "--seed", "1" * 5000), "… (5000 characters)"),
        (("serve", "--seed", str(2**63)), "0<=x<=9223372036854775807"),
        (("serve", "--seed", "1.5"), "expected a whole number"),
        (("serve", "--workers", "9999999"), "1<=x<=256"),
        (("serve", "--port", "1_0"), "received '1_0'"),
        (("ready", "http://x", "--timeout", "inf"), "received 'inf'"),
        (("check", "http://x", "--rate", "nan"), "0<=x<=1000000"),
        (("check", "http://x", "--patience", "1e400"), "received '1e400'"),
        (("check", "http://x", "--max-credits", "9" * 30), "0<=x<=1000000000"),
        (("client", "--timeout", "nan", "true"), "0<x<=31557600"),
        (("client", "--cover-min", "nan", "true"), "0<=x<=100"),
        (("client", "--jobs", "100000", "true"), "1<=x<=1000"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(arguments: tuple[str, ...], said: str) -> None:
    """Unknown flags, commands and values are refused with what would be right."""
    assert said in refusal(*arguments)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("COVERMOCK_PROT", "1", "did you mean 'COVERMOCK_PORT'"),
        ("COVERMOCK_STAGE_SECOND", "1", "COVERMOCK_STAGE_SECONDS"),
        ("COVERMOCK_PORT", "abc", "COVERMOCK_PORT"),
        ("COVERMOCK_SPEED", "inf", "received 'inf'"),
        ("COVERMOCK_SEED", "1" * 5000, "expected a whole number"),
        ("COVERMOCK_WORLD", "dmo", "did you mean 'demo'?"),
    ],
)
def test_the_environment_is_held_to_the_same(name: str, value: str, said: str) -> None:
    """An unknown COVERMOCK_ variable, or a wrong value in a known one, is refused like a flag."""
    assert said in refusal("serve", **{name: value})


def test_every_number_has_bounds() -> None:
    """No flag takes a number that is not finite, or has no end: each has both a least and a most."""
    options = [option for command in cli.commands.values() for option in command.params]
    numbers = [one for one in options if one.type.name in {"integer", "float", "integer range", "float range"}]

    assert len(numbers) > 10
    assert [] == [
        option.name for option in numbers if not isinstance(option.type, Number | Whole) or not option.type.max
    ]


@pytest.mark.parametrize(
    ("kind", "text", "number"),
    [(Whole(0, 2**63 - 1), str(2**63 - 1), 2**63 - 1), (Whole(0, 9), "7.0", 7), (Number(0, 9), "1e0", 1.0)],
)
def test_a_number_is_read_to_the_last_digit(kind: Number | Whole, text: str, number: float) -> None:
    """However it is written."""
    assert number == kind.convert(text, None, None)


def test_every_flag_of_serve_has_its_twin() -> None:
    """`--stage-seconds` is COVERMOCK_STAGE_SECONDS, and so on for each flag."""
    flags = {option.opts[0]: option.envvar for option in cli.commands["serve"].params}

    assert "COVERMOCK_SERVE_CONFIG" == flags.pop("--config")  # a file for serve is none for check
    assert {flag: "COVERMOCK_" + flag[2:].replace("-", "_").upper() for flag in flags} == flags


def test_secrets_come_from_the_environment_only() -> None:
    """Their variables are known, and no flag takes them."""
    refuse_unknown_twins(cli.commands.values(), SECRETS)
    flags = {option.envvar for command in cli.commands.values() for option in command.params}

    assert set() == flags & set(SECRETS)


def test_a_broken_contract_is_refused_with_its_line(tmp_path: Path) -> None:
    """The file, the line, the word and the nearest valid one, in one line."""
    path = edited(tmp_path, ("x-handler: start\n      x-task: cover", "x-handler: strat\n      x-task: cover"))

    assert re.search(r"gateway\.yaml:\d+: .*did you mean 'start'", refusal("serve", "--spec", str(path)))


def test_a_broken_world_is_refused_with_its_line(tmp_path: Path) -> None:
    """The file, the line, the key and the nearest valid one, in one line."""
    path = world_file(tmp_path, "accounts:\n  main: {credit: 5}\n")

    assert re.search(r"world\.yaml:2: .*did you mean 'credits'", refusal("serve", "--world", str(path)))


def test_a_taken_port_is_refused(process: Process) -> None:
    """The address, the reason and the remedy, in one line."""
    said = refusal("serve", "--port", str(process.port))

    assert f"127.0.0.1:{process.port}" in said
    assert "--port 0" in said


def test_each_command_says_what_it_does_in_one_whole_line() -> None:
    """The list of commands, the first thing that a newcomer sees, ends no sentence in the middle."""
    rows = run("--help").stdout.partition("Commands:\n")[2].splitlines()

    assert sorted(cli.commands) == [row.split()[0] for row in rows]
    assert [] == [row for row in rows if not row.endswith(".") or row.endswith("...")]


def test_no_command_shows_the_help_and_is_exit_2() -> None:
    """Without a command there is nothing to do: the help tells what there is."""
    done = run()

    assert (2, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("Usage: covermock ")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["serve", "--help"], ["ready", "-h"], ["spec", "--help"], ["--version"]]
)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    """Help and version show at once: no framework, parser, tester or event loop is imported for them."""
    command = [sys.executable, "-c", PROBE, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=PATIENCE, check=True)

    assert done.stdout
    assert set() == HEAVY & set(done.stderr.split())


def test_spec_prints_the_contract_itself() -> None:
    """YAML is the file byte for byte, JSON the same data; `--admin` and `--path` do what they say."""
    assert GATEWAY.read_text(encoding="utf-8") == run("spec").stdout
    assert document(GATEWAY)["paths"].keys() == json.loads(run("spec", "--format", "json").stdout)["paths"].keys()
    assert f"{ADMIN}\n" == run("spec", "--admin", "--path").stdout


def test_ready_waits_for_a_server(process: Process) -> None:
    """Exit 0 once the server answers."""
    done = run("ready", process.url)

    assert (0, f"ready: {process.url}\n", "") == (done.returncode, done.stdout, done.stderr)


def test_ready_gives_up_on_an_answer_without_end() -> None:
    """A server that drips a head, byte by byte, is not waited for beyond the time."""

    def drip() -> None:
        with suppress(OSError), listener.accept()[0] as connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while not ended.wait(0.05):
                connection.sendall(b"y")

    ended = Event()
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as thread:
        thread.submit(drip)
        done = run("ready", f"http://127.0.0.1:{listener.getsockname()[1]}", "--timeout", "0.3")
        ended.set()

    assert 3 == done.returncode
    assert "received: an answer without an end" in done.stderr


def test_ready_gives_up_with_exit_3() -> None:
    """Nobody there when the time is up: what was expected, what came, exit 3."""
    done = run("ready", "http://127.0.0.1:1", "--timeout", "0")

    assert 3 == done.returncode
    assert "expected http://127.0.0.1:1 to be ready within 0 s" in done.stderr


def test_the_package_says_its_version_and_runs_as_a_module() -> None:
    """`covermock.__version__`, `covermock --version` and `python -m covermock` agree; another name is no attribute."""
    import covermock

    ran = subprocess.run([sys.executable, "-m", "covermock", "--version"], capture_output=True, text=True, check=True)

    assert covermock.__version__ == ran.stdout.strip()
    with pytest.raises(AttributeError, match="__versio__"):
        covermock.__versio__  # noqa: B018
