"""Clients that nobody here wrote, generated from gateway.yaml, drive both flows to the end."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from covermock.openapi import GATEWAY
from support.servers import Process, environment

ROOT = Path(__file__).parents[1]
DRIVERS = ROOT / "tests" / "clients"
TOOLS = ROOT / "tools" / "clients" / "node_modules" / ".bin"
ENDED = "complete 2 SUCCESS 2 400\n"
PATIENCE = 120  # seconds, for generators and compilers on a busy machine


def output(*command: str | Path, **env: str) -> str:
    """Run a command to its good end and return what it printed."""
    done = subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        env=environment(**env),
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def key_of(process: Process) -> str:
    """Return the key of a new world in which each poll is a stage, so that clients need not wait."""
    return process.world(drive="polls", audio={"aud": {"seconds": 30}})


def test_a_client_made_by_openapi_python_client_drives_both_flows(process: Process, tmp_path: Path) -> None:
    """From upload to clips, from clips to pictures, and the documented error of a second cover."""
    generator = shutil.which("openapi-python-client", path=Path(sys.executable).parent)
    assert generator
    folder = tmp_path / "gateway_client"
    output(generator, "generate", "--path", GATEWAY, "--meta", "none", "--output-path", folder)

    assert ENDED == output(sys.executable, DRIVERS / "drive.py", process.url, key_of(process), PYTHONPATH=str(tmp_path))


def test_types_made_by_openapi_typescript_drive_both_flows_with_fetch(process: Process, tmp_path: Path) -> None:
    """The same in TypeScript, compiled in strict mode and run on node."""
    node = shutil.which("node")
    if not node or not (TOOLS / "tsc").exists():
        pytest.skip("needs node and `make clients`")
    output(TOOLS / "openapi-typescript", GATEWAY, "--output", tmp_path / "gateway.d.ts")
    shutil.copy(DRIVERS / "drive.ts", tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    options = ["--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom"]
    output(TOOLS / "tsc", *options, tmp_path / "drive.ts")

    assert ENDED == output(node, tmp_path / "drive.js", process.url, key_of(process))
