"""`covermock spec --for codegen`: generators of clients make from it, without a warning, what drives both flows."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from covermock.fixtures.gateway import Gateway
from covermock.openapi import load
from covermock.openapi.codegen import for_codegen
from openapi_spec_validator import validate
from support.servers import run

ROOT = Path(__file__).parents[1]
TYPESCRIPT = ROOT / "tools" / "clients" / "node_modules" / ".bin"
DRIVERS = Path(__file__).parent / "clients"
DONE = "complete 2 SUCCESS 2 400\n"


def called(*command: str, cwd: Path, **env: str) -> str:
    """Run a command that must succeed, and return what it prints."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", **env}
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    """The contract as the command prints it for generators, in a file."""
    file = tmp_path / "gateway.yaml"
    file.write_text(run("spec", "--for", "codegen").stdout, encoding="utf-8")
    return file


def everything(node: Any) -> list[tuple[str, Any]]:
    """Return each key of a document with its value."""
    if isinstance(node, dict):
        return [pair for key, value in node.items() for pair in [(key, value), *everything(value)]]
    return [pair for one in node for pair in everything(one)] if isinstance(node, list) else []


def test_what_generators_stumble_over_is_gone() -> None:
    """One spelling that is required, no name of a language's own, no condition, no link; the file is sound."""
    document = for_codegen(load().root)
    keys = {key for key, _ in everything(document)}
    schemas = document["components"]["schemas"]

    validate(document)
    assert {"if", "then", "links", "const"} & keys == set()
    assert not any(key.startswith("x-") for key in keys)
    assert "Error" not in schemas
    assert (["taskId"], {"taskId"}) == (
        schemas["StartCoverRequest"]["required"],
        schemas["StartCoverRequest"]["properties"].keys(),
    )
    assert set() == {value for key, value in everything(document) if key == "$ref" and value.endswith("/Error")}


def test_both_formats_say_the_same() -> None:
    """JSON is for tools that read no YAML."""
    texts = [run("spec", "--for", "codegen", "--format", form).stdout for form in ("yaml", "json")]

    assert yaml.safe_load(texts[0]) == json.loads(texts[1])


def test_the_control_api_is_not_made_for_clients() -> None:
    """What can't be had is refused in one line."""
    done = run("spec", "--admin", "--for", "codegen")

    assert (2, 1) == (done.returncode, done.stderr.count("\n"))


@pytest.mark.covermock(drive="polls")
def test_a_client_made_for_python_drives_both_flows(gateway: Gateway, contract: Path, tmp_path: Path) -> None:
    """openapi-python-client makes it without a warning."""
    (tmp_path / "config.yaml").write_text("package_name_override: gateway_client\n")
    flags = ("--config", "config.yaml", "--output-path", "made", "--fail-on-warning")
    called("openapi-python-client", "generate", "--path", str(contract), *flags, cwd=tmp_path)
    gateway.audio(id="aud")

    driver = [sys.executable, str(DRIVERS / "drive.py"), gateway.url, gateway.api_key]
    assert DONE == called(*driver, cwd=tmp_path, PYTHONPATH=str(tmp_path / "made"), NO_PROXY="127.0.0.1")


@pytest.mark.skipif(not (TYPESCRIPT / "tsc").exists(), reason="needs `make clients`")
@pytest.mark.covermock(drive="polls")
def test_types_made_for_typescript_drive_both_flows(gateway: Gateway, contract: Path, tmp_path: Path) -> None:
    """openapi-typescript makes them, and the strict compiler takes a client that uses nothing else."""
    shutil.copy(DRIVERS / "drive.ts", tmp_path / "drive.ts")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    called(str(TYPESCRIPT / "openapi-typescript"), str(contract), "--output", "gateway.d.ts", cwd=tmp_path)
    called(str(TYPESCRIPT / "tsc"), "--strict", "--target", "es2022", "--module", "nodenext", "drive.ts", cwd=tmp_path)
    gateway.audio(id="aud")

    assert DONE == called("node", "drive.js", gateway.url, gateway.api_key, cwd=tmp_path)
