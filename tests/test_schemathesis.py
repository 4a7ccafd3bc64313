"""Schemathesis, a judge nobody here wrote, finds what docs/schemathesis.md lists and explains, and nothing else."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from covermock.openapi import ADMIN, GATEWAY, load
from support.fakes import AUDIO, COVER, KEY, MUSIC, UPLOAD_COVER
from support.servers import environment, serving

DOC = Path(__file__).parents[1] / "docs" / "schemathesis.md"
ROW = re.compile(r"\| (ST\d+) \| `([^`]+)` \| (\w+) \|")
LEFT_OUT = "reset|delete|restore|replay|wait|events|fault"
PATIENCE = 280  # seconds


def listed(heading: str) -> set[tuple[str, str]]:
    """Return the (code, operation) pairs that the page lists under a heading."""
    section = DOC.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return {(code, operation) for code, operation, _ in ROW.findall(section)}


def report(url: str, contract: Path, folder: Path, *arguments: str) -> Any:
    """Run Schemathesis over a contract and return its JSON report."""
    command = shutil.which("schemathesis", path=Path(sys.executable).parent)
    assert command
    done = subprocess.run(
        [command, "run", str(contract), "--url", url, "--seed", "1", "--report", "json",
         "--report-dir", str(folder), *arguments],
        capture_output=True, text=True, env=environment(), cwd=folder, timeout=PATIENCE, check=False,
    )  # fmt: skip
    [path] = folder.glob("json-*.json")
    found = json.loads(path.read_text(encoding="utf-8"))
    assert found["complete"], done.stdout
    return found | {"output": done.stdout}


def findings(found: Any) -> set[tuple[str, str]]:
    """Return the (code, operation) pairs of a report."""
    return {(failure["code"], operation) for failure in found["failures"] for operation in failure["operations"]}


def test_schemathesis_finds_in_the_gateway_what_is_listed(tmp_path: Path) -> None:
    """Default settings, all phases, on the documented ids: each operation reaches 200, the rest is explained."""
    with serving() as process:
        start(process.url)
        found = report(process.url, GATEWAY, tmp_path, "-H", f"Authorization: Bearer {KEY}")

    assert listed("gateway.yaml") == findings(found), found["output"]
    assert {"total": 4, "selected": 4, "tested": 4} == {
        name: found["operations"][name] for name in ("total", "selected", "tested")
    }


def test_schemathesis_finds_in_the_control_api_what_is_listed(tmp_path: Path) -> None:
    """The same for /__mock/, but for what takes the run's own ids away and what spoils answers on purpose."""
    with serving() as process:
        found = report(process.url, ADMIN, tmp_path, "--exclude-operation-id-regex", f"(?i){LEFT_OUT}")
        assert process.alive

    assert findings(found) <= listed("admin.yaml"), found["output"]


def start(url: str) -> None:
    """Start both documented tasks, so that their statuses can be asked for."""
    import httpx

    for path, body in ((COVER, {"taskId": MUSIC}), (UPLOAD_COVER, {"audio_id": AUDIO})):
        answer = httpx.post(url + path, json=body, headers={"Authorization": f"Bearer {KEY}"}, trust_env=False)
        assert 200 == answer.status_code


def test_each_listed_finding_names_a_clause_or_none() -> None:
    """Explanations rest on clauses of the contract; the control API has none."""
    text = DOC.read_text(encoding="utf-8")

    assert {clause for _, _, clause in ROW.findall(text)} <= {"none", *load().clauses}
