"""The files by which covermock comes to where people work: sound by their schemas, and run as far as that goes here."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import request_files
import yaml
from support.servers import PATIENCE

ROOT = Path(__file__).parents[1]
CHECKED = [
    ("vendor.github-actions", "action.yml"),
    ("vendor.gitlab-ci", "examples/gitlab-ci.yml"),
    ("vendor.compose-spec", "compose.yaml"),
    *(("vendor.github-workflows", f".github/workflows/{path.name}") for path in (ROOT / ".github/workflows").iterdir()),
]


@pytest.mark.parametrize(("schema", "name"), CHECKED)
def test_a_file_keeps_its_schema(schema: str, name: str) -> None:
    """Actions, workflows, GitLab and compose files are what their makers' schemas say."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(ROOT / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", sorted(request_files.files()))
def test_the_requests_for_editors_are_the_contracts(name: str) -> None:
    """Each file is what the tool makes of the contract now."""
    assert request_files.files()[name] == (ROOT / "examples" / "http" / name).read_text(encoding="utf-8")


def test_the_requests_for_editors_are_answered() -> None:
    """All that is below examples/http was made by the tool, and nothing is left from before."""
    there = {p.relative_to(ROOT / "examples" / "http").as_posix() for p in (ROOT / "examples/http").rglob("*.*")}

    assert set(request_files.files()) == there


def step(place: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run what the action runs, with a command that notes its process."""
    program = place / "bin" / "covermock"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\necho $$ >> "{place}/pids"\nexec {sys.executable} -m covermock.cli "$@"\n')
    program.chmod(0o755)
    script = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["runs"]["steps"][1]["run"]
    given = {"ARGUMENTS": "", "URL": "", "PORT": "0", **inputs}
    env = {**os.environ, **given, "PLACE": str(place), "GITHUB_OUTPUT": str(place / "output")}
    command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script]
    return subprocess.run(command, capture_output=True, text=True, env=env, timeout=PATIENCE * 2, check=False)


@pytest.mark.skipif(os.name == "nt", reason="needs bash")
def test_the_action_serves_for_the_steps_that_follow(tmp_path: Path, free_port: int) -> None:
    """After its step the server answers at the URL that is its output."""
    try:
        done = step(tmp_path, COMMAND="serve", PORT=str(free_port), ARGUMENTS="--world 'demo' --log none")
        url = (tmp_path / "output").read_text().strip().removeprefix("url=")
        worlds = httpx.get(f"{url}/__mock/worlds", trust_env=False).json()["worlds"]
    finally:
        for pid in (tmp_path / "pids").read_text().split():
            subprocess.run(["kill", pid], check=False, capture_output=True)

    assert 0 == done.returncode, done.stderr
    assert ["demo"] == [world["name"] for world in worlds]


@pytest.mark.skipif(os.name == "nt", reason="needs bash")
def test_the_action_fails_as_the_command_does(tmp_path: Path) -> None:
    """A client that breaks the contract fails the step with exit code 1; a command that is none with 2."""
    broken = "curl -s '{base_url}/v2/generate' -H 'Authorization: Bearer {api_key}'"

    assert 1 == step(tmp_path, COMMAND="client", ARGUMENTS=f"{broken}").returncode
    assert 2 == step(tmp_path, COMMAND="prove").returncode


@pytest.fixture
def free_port() -> int:
    """A port of loopback that was free a moment ago."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
