"""A suite of a hundred tests, each in its own world: on one server, in several processes, in any order, no sleep."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from support.servers import PATIENCE, environment, serving

TESTS = 100
HEAD = """
import os
import pytest
from covermock.fixtures.laboratory import Laboratory, over_http
from support.places import Client
from support.places import over
import httpx

URL = os.environ["LAB_URL"]

@pytest.fixture
def world():
    world = Laboratory(over_http(URL), URL).world(drive=DRIVE, stage_seconds=3600)
    yield world
    world.delete()

@pytest.fixture
def client(world):
    with httpx.Client(base_url=URL, trust_env=False) as http:
        yield Client(over(http), world.api_key)
"""
KINDS = (
    """
def test_{n}_completes(world, client):
    task = client.cover(world.music_task())
    world.advance(7200)
    assert "SUCCESS" == client.state(task)
    assert 2 == world.count()
""",
    """
def test_{n}_fails_and_is_refunded(world, client):
    task = client.upload_cover(world.audio())
    world.act(task, "fail")
    assert "failed" == client.upload_status(task).json["data"]["status"]
    assert 1000 == world.ledger()["main"]["available"]
""",
    """
def test_{n}_meets_a_fault(world, client):
    world.fault(status={{"code": 503}}, times=1)
    assert [503, 404] == [client.cover_status("x").status for _ in range(2)]
    assert 1 == world.faults()[0]["fired"]
""",
    """
def test_{n}_waits(world, client):
    task = client.cover(world.music_task())
    world.scale(1_000_000)
    world.wait_for_task(task, "SUCCESS")
    world.wait_for_requests(1, operation="startCover")
    assert "SUCCESS" == client.state(task)
""",
)


def suite(folder: Path, order: random.Random | None = None) -> Path:
    """Write the hundred tests into a file, in the given order."""
    tests = [KINDS[number % len(KINDS)].format(n=number) for number in range(TESTS)]
    if order:
        order.shuffle(tests)
    path = folder / "test_generated.py"
    path.write_text(HEAD.replace("DRIVE", '"time"') + "".join(tests), encoding="utf-8")
    return path


def run(path: Path, url: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the generated suite against a server."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", *options]
    env = environment(LAB_URL=url, PYTHONPATH=str(Path(__file__).parent), PYTHONHASHSEED="0")
    env.pop("PYTEST_XDIST_WORKER", None)
    whole = [*command, f"--basetemp={path.parent / 'temp'}", "-c", os.devnull, "--rootdir", str(path.parent), str(path)]
    return subprocess.run(whole, capture_output=True, text=True, env=env, timeout=4 * PATIENCE, check=False)


@pytest.mark.parametrize("options", [("-n", "2"), ("-p", "no:xdist")])
def test_a_hundred_tests_share_a_server(tmp_path: Path, options: tuple[str, ...]) -> None:
    """They pass in two processes at once, and one after the other in an order that nobody chose."""
    path = suite(tmp_path, None if "-n" in options else random.Random())  # noqa: S311 - an order, no secret
    with serving() as process:
        done = run(path, process.url, *options)

    assert f"{TESTS} passed" in done.stdout, done.stdout + done.stderr
    assert "sleep" not in path.read_text(encoding="utf-8")
