"""Where a system has no fork, no /proc, no fcntl and few signals, all but several workers goes on as elsewhere."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from support.servers import COVERMOCK, PATIENCE, environment, serving

# What Windows does not have, taken away before anything else is imported.
WITHOUT = r"""
import asyncio, builtins, os, psutil, signal, socket, sys  # psutil keeps what it needs of this system
sys.modules.update(dict.fromkeys(("fcntl", "resource", "pwd", "grp", "termios")))
for name in ("fork", "forkpty", "killpg", "setsid", "posix_spawn", "posix_spawnp", "getuid", "geteuid", "getpgid"):
    if hasattr(os, name):
        delattr(os, name)
for name in ("sigtimedwait", "sigwait", "sigpending", "pthread_sigmask", "SIGCHLD", "SIGHUP", "SIGXFSZ", "SIGCONT"):
    if hasattr(signal, name):
        delattr(signal, name)
del socket.SO_REUSEPORT
def refuse(*_):
    raise NotImplementedError
asyncio.SelectorEventLoop.add_signal_handler = refuse
def hidden(real):
    def call(path, *more, **named):
        if str(path).startswith("/proc") and "psutil" not in sys._getframe(1).f_globals.get("__name__", ""):
            raise FileNotFoundError(2, "no such file", str(path))
        return real(path, *more, **named)
    return call
builtins.open, os.listdir = hidden(open), hidden(os.listdir)
"""
CLIENT = """
import json, os, subprocess, sys, urllib.request
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
request = urllib.request.Request(os.environ["GATEWAY_BASE_URL"] + "/api/v1/audio/music/cover/status?task_id=cover_1")
request.add_header("Authorization", "Bearer " + os.environ["GATEWAY_API_KEY"])
try:
    urllib.request.urlopen(request)
except urllib.error.HTTPError as error:
    print(error.code)
"""


@pytest.fixture
def poor(tmp_path: Path) -> dict[str, str]:
    """An environment in which Python has what every system has, and no more."""
    (tmp_path / "sitecustomize.py").write_text(WITHOUT, encoding="utf-8")
    return {"PYTHONPATH": str(tmp_path)}


def run(env: dict[str, str], *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end in a poor environment."""
    patience = 10 * PATIENCE
    return subprocess.run(
        command, capture_output=True, text=True, env=environment(**env, **more), timeout=patience, check=False
    )


def test_it_serves_and_ends_by_a_signal(poor: dict[str, str]) -> None:
    """A task is started, and Ctrl-C or SIGTERM end the server with the signal's exit code."""
    with serving("--stage-seconds", "0", **poor) as server:
        headers = {"Authorization": f"Bearer {server.world(**{'from': 'docs'})}"}
        url = f"{server.url}/api/v1/audio/music/cover/generate"
        answer = httpx.post(url, json={"taskId": "gen_completed"}, headers=headers, trust_env=False)

        assert 200 == answer.status_code
        assert 143 == server.stop()


def test_several_workers_are_refused_in_one_line(poor: dict[str, str]) -> None:
    """What the system can't do is said before anything begins."""
    done = run(poor, *COVERMOCK, "serve", "--workers", "2", "--store", "redis://127.0.0.1:1")

    assert 2 == done.returncode
    assert "expected 1 on this system, received 2: processes can't share a port here" in done.stderr
    assert 1 == done.stderr.count("\n")


def test_it_checks_a_server(poor: dict[str, str]) -> None:
    """The judge of gateways gives its verdict."""
    with serving("--stage-seconds", "0.1") as server:
        done = run(
            poor, *COVERMOCK, "check", server.url, "--max-requests", "60", COVERMOCK_API_KEY="aio_your_api_key_here"
        )

    assert 0 == done.returncode, done.stdout + done.stderr


def test_it_runs_a_client_and_ends_what_that_leaves(poor: dict[str, str], tmp_path: Path) -> None:
    """A client is judged by its requests, and a process that outlives it is found, ended and told."""
    (tmp_path / "client.py").write_text(CLIENT, encoding="utf-8")
    done = run(poor, *COVERMOCK, "client", "--", sys.executable, str(tmp_path / "client.py"))

    assert "404\n" in done.stdout, done.stdout + done.stderr
    assert "came up: 404" in done.stdout
    assert "1 processes that outlived it; they were ended" in done.stdout


def test_a_command_that_is_none_is_refused(poor: dict[str, str]) -> None:
    """What can't be started is said, as elsewhere."""
    done = run(poor, *COVERMOCK, "client", "--", "no-such-program-here")

    assert 3 == done.returncode
    assert "expected a command that can be started, received 'no-such-program-here'" in done.stdout + done.stderr


def test_the_fixtures_serve(poor: dict[str, str], tmp_path: Path) -> None:
    """A test gets its gateway, its clock and its webhooks."""
    (tmp_path / "test_it.py").write_text(
        "def test_it(covermock_gateway, covermock_gateway_webhooks):\n"
        "    covermock_gateway.clock.advance(1)\n    assert covermock_gateway.credits == 1000\n",
        encoding="utf-8",
    )
    ours_alone = ("-p", "no:cacheprovider", "-p", "covermock.fixtures.pytest_plugin")
    command = (sys.executable, "-m", "pytest", "-q", *ours_alone, str(tmp_path / "test_it.py"))
    done = run(poor, *command, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")

    assert "1 passed" in done.stdout, done.stdout + done.stderr
