"""What `covermock init` writes: a conftest, a first test, a world file, and a workflow; each runs as it stands."""

WORLD = """\
# The world that each test begins with; `covermock serve --world FILE` serves it, too.
from: docs
drive: polls          # each poll moves a task one stage: nothing waits
accounts:
  main: {credits: 100}
music_tasks:
  gen_mine: {}
audio:
  aud_mine: {seconds: 30}
"""

CONFTEST = '''\
"""A gateway for each test: set your client's base URL and key to these, and no request leaves this machine."""

from pathlib import Path

import covermock
import pytest

WORLD = Path(__file__).parent / "gateway_world.yaml"


def pytest_collection_modifyitems(items):
    """Let each gateway begin with our world, unless a test says otherwise."""
    for item in items:
        item.add_marker(covermock.mark(world=str(WORLD)))


@pytest.fixture
def api(covermock_gateway, monkeypatch):
    """Point the program under test at the gateway. Change the names to those that your program reads."""
    monkeypatch.setenv("GATEWAY_BASE_URL", covermock_gateway.url)
    monkeypatch.setenv("GATEWAY_API_KEY", covermock_gateway.api_key)
    return covermock_gateway
'''

TEST = '''\
"""A first test against covermock: replace `start` and `poll` by your own client."""

import json
import os
from urllib.request import ProxyHandler, Request, build_opener

ROOT = "/api/v1/audio/music/cover"


def send(path, body=None):
    url, key = os.environ["GATEWAY_BASE_URL"] + ROOT + path, os.environ["GATEWAY_API_KEY"]
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with build_opener(ProxyHandler({})).open(Request(url, data, headers)) as answer:
        return json.load(answer)["data"]


def test_a_cover_is_made(api, covermock_gateway_contract):
    task = send("/generate", {"taskId": "gen_mine"})["taskId"]

    states = [send(f"/status?task_id={task}")["status"] for _ in range(3)]

    assert states == ["PENDING", "IN_PROGRESS", "SUCCESS"]
    assert api.credits == 99
'''

GITHUB = """\
name: Gateway
on: [push, pull_request]

permissions: {contents: read}

jobs:
  gateway:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with: {python-version: "3.13"}
      - run: pip install pytest covermock  # once published; until then, the wheel that you have built
      - run: pytest tests/test_gateway.py
"""

GITLAB = """\
gateway:
  image: python:3.13-slim
  script:
    - pip install pytest covermock  # once published; until then, the wheel that you have built
    - pytest tests/test_gateway.py
"""

FILES = {
    "tests/gateway_world.yaml": WORLD,
    "tests/conftest.py": CONFTEST,
    "tests/test_gateway.py": TEST,
}
CI = {
    "github": {".github/workflows/gateway.yml": GITHUB},
    "gitlab": {".gitlab-ci.yml": GITLAB},
    "none": {},
}
