"""What is installed is what is needed: the base does all but generate requests, and nothing of it is left unpinned."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import httpx
import pytest
from support.base import base_only, pins, plain
from support.servers import COVERMOCK, PATIENCE, environment, serving

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
KEYS = {
    "COVERMOCK_API_KEY": "aio_your_api_key_here",
    "COVERMOCK_SECOND_API_KEY": "aio_second_key",
    "COVERMOCK_POOR_API_KEY": "aio_poor_key",
}
GIVEN = [*("--given", "music=gen_completed"), *("--given", "pending_music=gen_pending")]
LENGTHS = ("aud_5_9s=5.9", "aud_6s=6", "aud_30s=30", "aud_60s=60", "aud_60_1s=60.1")


@pytest.fixture
def base(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which only what the base installs can be imported."""
    return base_only(tmp_path)


def test_what_serving_needs_is_pinned_as_in_development() -> None:
    """Each direct dependency is pinned for serving, with the version that the tests run with."""
    direct = {plain(re.split(r"[<>=]", text)[0]) for text in PROJECT["dependencies"]}
    serve, dev = pins("serve"), pins("dev")

    assert set() == direct - serve.keys()
    assert serve == {name: dev[name] for name in serve}
    assert {"schemathesis", "hypothesis", "pytest"} & serve.keys() == set()
    assert {"redis", "hiredis"} <= pins("redis").keys()
    assert pins("redis") == {name: dev[name] for name in pins("redis")}


def test_the_base_serves_all_that_a_result_names(base: dict[str, str]) -> None:
    """A task runs to its end, and its pictures load, parts of them too, which is what Flask is for."""
    with serving("--stage-seconds", "0", **base) as server, httpx.Client(base_url=server.url, trust_env=False) as http:
        http.headers["Authorization"] = f"Bearer {server.world(**{'from': 'docs'})}"
        http.post("/api/v1/audio/music/cover/generate", json={"taskId": "gen_completed"})
        tasks = http.get("/__mock/worlds/w1/tasks").json()["tasks"]
        poll = http.get("/api/v1/audio/music/cover/status", params={"task_id": tasks[-1]["id"]}).json()["data"]
        picture = http.get(poll["images"][0], headers={"Range": "bytes=1-3"})

    assert "SUCCESS" == poll["status"]
    assert (206, b"PNG") == (picture.status_code, picture.content)


def test_the_base_checks_and_says_what_it_leaves_out(base: dict[str, str]) -> None:
    """Directed checks try every sentence without the extra; that nothing is generated is one line with the remedy."""
    with serving("--stage-seconds", "1") as server:  # long enough for a busy machine to see each stage
        audio = [word for length in LENGTHS for word in ("--audio", length)]
        command = [*COVERMOCK, "check", server.url, *GIVEN, *audio, "--json"]
        env = environment(**base, **KEYS)
        done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=10 * PATIENCE, check=False)

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "expected hypothesis and schemathesis, not installed: generated requests need pip install" in done.stderr
    assert "covermock[check]" in done.stderr
    could = [row for row in json.loads(done.stdout)["not_tried"] if row["possible"]]
    assert {"U10"} >= {rule["name"] for row in could for rule in row["rules"]}, could  # a failed task: no audio for it


def test_the_base_gives_scripts_a_gateway(base: dict[str, str]) -> None:
    """The fixtures' gateway needs no pytest, and a client is judged without it."""
    code = "from covermock.fixtures.gateway import gateway\nwith gateway() as g: print(g.credits, g.findings())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(**base), check=True
    )

    assert "1000 []\n" == done.stdout


def test_what_needs_an_extra_is_not_there(base: dict[str, str]) -> None:
    """The tests above see what they should: without its package a module can't be imported."""
    code = "import covermock.contract_tests.payloads"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(**base), check=False
    )

    assert "hypothesis" in done.stderr
    assert 1 == done.returncode


def test_each_dependency_has_its_worth_in_the_docs() -> None:
    """The page that weighs an install has a row for every direct dependency, and for no other package."""
    page = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    extras = [text for texts in PROJECT["optional-dependencies"].values() for text in texts]
    direct = {plain(re.split(r"[<>=\[]", text)[0]) for text in [*PROJECT["dependencies"], *extras] if ";" not in text}

    assert direct == set(re.findall(r"^\| ([a-z0-9-]+) \| [\d.]+ \| [\d.]+ \| \d+ \|", page, re.MULTILINE))
