"""The pytest plugin: a gateway of one's own for each test, judged if wanted, light where it is not used."""

import os
import subprocess
import sys
import unittest
from pathlib import Path

import httpx
import pytest
import requests
from covermock.fixtures import unittest_case
from covermock.fixtures.gateway import ContractBrokenError, Gateway, gateway
from covermock.fixtures.laboratory import ControlError
from covermock.fixtures.receiver import Receiver
from covermock.fixtures.serving import ServerThread
from covermock.fixtures.transports import HttpxTransport, requests_session

COVER, UPLOAD = "/api/v1/audio/music/cover", "/api/v1/audio/music/upload-cover"


def client(gateway: Gateway) -> httpx.Client:
    """Return a client with the key of a gateway, over a socket."""
    return httpx.Client(base_url=gateway.url, headers={"Authorization": f"Bearer {gateway.api_key}"}, trust_env=False)


def start(client: httpx.Client, music_task: str) -> str:
    """Start a cover and return its id."""
    task: str = client.post(f"{COVER}/generate", json={"taskId": music_task}).json()["data"]["taskId"]
    return task


def test_each_test_has_a_world_of_its_own(gateway: Gateway, gateway_server: ServerThread) -> None:
    """A gateway has a key that no other has, and an empty journal."""
    other = gateway_server.direct.world()

    assert other.api_key != gateway.api_key
    assert 0 == len(gateway.journal)


@pytest.mark.gateway(drive="polls")
def test_a_mark_says_what_the_world_is_like(gateway: Gateway) -> None:
    """Under `polls` each poll shows the next state, so nothing has to wait."""
    with client(gateway) as http:
        task = start(http, gateway.music_task())
        states = [http.get(f"{COVER}/status", params={"task_id": task}).json()["data"]["status"] for _ in range(3)]

    assert ["PENDING", "IN_PROGRESS", "SUCCESS"] == states
    assert 4 == len(gateway.journal)
    assert "getCoverStatus" == gateway.journal[-1]["why"]["operation"]
    assert 1 == gateway.journal.count(operation="startCover")


@pytest.mark.gateway(drive="manual")
def test_the_clock_is_the_tests(gateway: Gateway, gateway_webhooks: Receiver) -> None:
    """Hours pass in no time, and the webhook comes when they have."""
    with client(gateway) as http:
        body = {"audio_id": gateway.audio(seconds=6), "callback_url": gateway_webhooks.url}
        http.post(f"{UPLOAD}/generate", json=body)
    gateway.clock.advance(3600)

    assert "complete" == gateway_webhooks.wait()[0]["data"]["status"]
    gateway.wait_for(callbacks=1)
    assert ["delivered"] == [row["state"] for row in gateway.callbacks]


def test_faults_are_the_tests(gateway: Gateway) -> None:
    """A fault meets the requests of this world, as often as it says."""
    gateway.faults.add(status={"code": 503, "retry_after": 1}, times=1)
    with client(gateway) as http:
        music_task = gateway.music_task()
        statuses = [http.post(f"{COVER}/generate", json={"taskId": music_task}).status_code for _ in range(2)]

    assert [503, 200] == statuses
    assert [1] == [fault["fired"] for fault in gateway.faults]
    assert 999 == gateway.credits


def test_waiting_ends_with_a_diagnosis(gateway: Gateway) -> None:
    """What does not happen in time is told, with what happened instead."""
    with pytest.raises(ControlError, match="0 of 0 requests so far"):
        gateway.wait_for("startCover", timeout=0)


def test_the_contract_is_checked_on_demand(gateway: Gateway) -> None:
    """A client's mistake is named with its rule, the exchange, and what to do instead."""
    with client(gateway) as http:
        http.post(f"{COVER}/generate", json={"taskID": gateway.music_task()})

    with pytest.raises(ContractBrokenError) as caught:
        gateway.check()
    for part in ("valid-request (C1, documented)", "expected:   body.taskId", "→ 400", "do instead:"):
        assert part in str(caught.value)
    gateway.check(allow=("valid-request",))


def test_a_request_without_a_key_is_its_tests(gateway: Gateway) -> None:
    """What no world owns is held against the test in which it came."""
    httpx.post(f"{gateway.url}{COVER}/generate", json={"taskId": "gen_1"}, trust_env=False)

    assert ["key-in-header"] == [one.rule for one in gateway.findings()]


def test_a_good_client_passes_the_check(gateway_contract: Gateway) -> None:
    """Errors that a test provokes on purpose are not held against its client."""
    with client(gateway_contract) as http:
        music_task = gateway_contract.music_task()
        for _ in range(2):
            http.post(f"{COVER}/generate", json={"taskId": "gen_unknown"})
        start(http, music_task)
        http.get(f"{COVER}/status", params={"task_id": "cover_unknown"})


@pytest.mark.gateway(drive="polls")
def test_a_session_of_requests_needs_no_socket(gateway: Gateway) -> None:
    """The adapter answers in this process, with the same worlds and faults."""
    headers = {"Authorization": f"Bearer {gateway.api_key}"}
    with requests_session(gateway.server) as session:
        answer = session.post(f"{gateway.url}{COVER}/generate", json={"taskId": gateway.music_task()}, headers=headers)
        gateway.faults.add(reset={})
        with pytest.raises(requests.ConnectionError):
            session.get(f"{gateway.url}{COVER}/status", params={"task_id": "x"}, headers=headers)

    assert 200 == answer.status_code
    assert "success" == answer.json()["msg"]
    assert "application/json" == answer.headers["Content-Type"]


def test_httpx_needs_no_socket(gateway: Gateway) -> None:
    """The transport answers in this process, with the same worlds and faults."""
    headers = {"Authorization": f"Bearer {gateway.api_key}"}
    with httpx.Client(transport=HttpxTransport(gateway.server), base_url=gateway.url, headers=headers) as http:
        task = start(http, gateway.music_task())
        gateway.faults.add(reset={})
        with pytest.raises(httpx.ReadError):
            http.get(f"{COVER}/status", params={"task_id": task})

    assert 2 == len(gateway.journal)


async def ask(gateway: Gateway) -> int:
    """Ask for nothing in particular, asynchronously."""
    async with httpx.AsyncClient(transport=HttpxTransport(gateway.server), base_url=gateway.url) as http:
        return (await http.get(f"{COVER}/status")).status_code


def test_an_async_client_needs_no_socket(gateway: Gateway) -> None:
    """The same transport serves an AsyncClient."""
    import asyncio

    assert 401 == asyncio.run(ask(gateway))


def test_a_block_can_have_a_gateway() -> None:
    """Without pytest a context manager serves one."""
    with gateway(drive="polls", accounts={"main": {"credits": 7}}) as made:
        assert 7 == made.credits


def test_a_receiver_answers_as_told(gateway_webhooks: Receiver) -> None:
    """The statuses come in turn, and the last one stays; waiting in vain is told."""
    gateway_webhooks.answer(500, 204)
    statuses = [httpx.post(gateway_webhooks.url, json={}, trust_env=False).status_code for _ in range(3)]

    assert [500, 204, 204] == statuses
    with pytest.raises(TimeoutError, match="expected 4 webhook"):
        gateway_webhooks.wait(4, timeout=0)


def cases() -> type[unittest.TestCase]:
    """Return tests as unittest has them; made here, so that only the test below runs them."""

    class Case(unittest_case.GatewayTestCase):
        gateway_world = {"drive": "polls"}  # noqa: RUF012 - as users write it
        gateway_contract = True

        def test_well(self) -> None:
            """A good client."""
            with client(self.gateway) as http:
                self.assertTrue(start(http, self.gateway.music_task()))  # noqa: PT009 - this is unittest

        def test_badly(self) -> None:
            """A bad client."""
            with client(self.gateway) as http:
                http.post(f"{COVER}/generate", json=[])

    return Case


def test_unittest_has_it_too() -> None:
    """A test case gets its gateway, and fails for a client that broke the contract."""
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(cases()).run(result)

    assert 2 == result.testsRun
    assert ["test_badly"] == [case.id().rpartition(".")[2] for case, _ in result.failures]
    assert "valid-request" in result.failures[0][1]


def pytest_run(folder: Path, *arguments: str, **environment: str) -> str:
    """Run pytest in a folder of its own and return what it printed."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rs", *arguments, str(folder)]
    ran = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )
    return ran.stdout + ran.stderr


BAD = """
import httpx

def test_it(gateway_contract):
    httpx.get(gateway_contract.url + "/v2/generate", headers={"Authorization": "Bearer " + gateway_contract.api_key})
"""


def test_a_contract_that_was_broken_fails_the_test(tmp_path: Path) -> None:
    """A test that has nothing else against it fails itself, with the curl line and without a line of our source."""
    (tmp_path / "test_bad.py").write_text(BAD)

    output = pytest_run(tmp_path)

    assert "no-leftovers (C14, documented)" in output
    assert "curl -sS -i" in output
    assert "1 failed" in output
    assert "error" not in output.splitlines()[-1]
    assert "pytest_plugin.py" not in output


OWN = """
import httpx, pytest

@pytest.mark.gateway(drive="polls")
def test_it(gateway_contract):
    own = gateway_contract
    with httpx.Client(base_url=own.url, headers=own.headers, params=own.params, trust_env=False) as http:
        started = http.put("/ocr", json={"scan": own.source("scan", pages=3)})
        job = started.json()["payload"]["job"]["ref"]
        phases = [http.get("/ocr/" + job).json()["payload"]["job"]["phase"] for _ in range(3)]
        done = own.put_task("reading", state="read")
        assert http.put("/translations", json={"reading": done, "into": "pt"}).status_code == 201
    assert (started.status_code, phases) == (201, ["new", "straight", "read"])
    assert own.params == {"api_key": own.api_key} and own.headers == {}

def test_badly(gateway_contract):
    httpx.put(gateway_contract.url + "/ocr", json={}, params=gateway_contract.params)
"""


def test_a_gateway_follows_a_contract_of_ones_own(tmp_path: Path) -> None:
    """Keys, sources and tasks are those of the file, and a client is judged by it, key in the query and all."""
    (tmp_path / "test_own.py").write_text(OWN)
    spec = str(Path(__file__).parent / "support" / "contracts" / "paperless.yaml")

    output = pytest_run(tmp_path, f"--gateway-spec={spec}")

    assert "1 failed, 1 passed" in output, output
    assert "valid-request (P11, documented)" in output
    assert '?api_key=\'"$GATEWAY_API_KEY"' in output


def test_a_test_that_fails_by_itself_is_not_judged_besides(tmp_path: Path) -> None:
    """The first fault is the one that is shown."""
    (tmp_path / "test_bad.py").write_text(BAD + "    assert 'this' == 'that'\n")

    output = pytest_run(tmp_path)

    assert "'this' == 'that'" in output
    assert "no-leftovers" not in output


LONG = """
import pytest

pytestmark = pytest.mark.gateway("stripe")

@pytest.fixture
def gateway():
    return "a payment gateway"

def test_both(gateway, covermock_gateway, covermock_gateway_contract, covermock_gateway_webhooks):
    assert gateway == "a payment gateway"
    assert covermock_gateway is covermock_gateway_contract

@pytest.mark.covermock(drive="polls")
def test_mark(covermock_gateway):
    assert covermock_gateway.world.view()["drive"] == "polls"
"""


def test_the_long_names_live_beside_other_peoples(tmp_path: Path) -> None:
    """A project whose own fixture and mark are called `gateway` goes on as before, and sees no warning."""
    (tmp_path / "test_long.py").write_text(LONG)

    output = pytest_run(tmp_path, "-W", "error", "--strict-markers")

    assert "2 passed" in output
    assert "warning" not in output


CLASH = """
def test_judged(gateway, gateway_contract):
    pass
"""


def test_a_short_name_of_ours_beside_a_strange_gateway_is_named(tmp_path: Path) -> None:
    """The judge of our gateway says nothing about theirs: the error names both, where theirs is, and the remedy."""
    (tmp_path / "conftest.py").write_text("import pytest\n@pytest.fixture\ndef gateway():\n    return 1\n")
    (tmp_path / "test_clash.py").write_text(CLASH)

    output = pytest_run(tmp_path)

    assert "'gateway_contract' is covermock's and 'gateway' is not" in output
    assert "conftest.py:" in output
    assert "ask for 'covermock_gateway_contract'" in output


def test_two_plugins_with_one_name_are_named(tmp_path: Path) -> None:
    """Where another plugin has a `gateway`, too, chance would decide: our alias refuses, by name."""
    (tmp_path / "other_plugin.py").write_text("import pytest\n@pytest.fixture\ndef gateway():\n    return 1\n")
    (tmp_path / "test_two.py").write_text("def test_two(gateway):\n    assert gateway != 1\n")

    output = pytest_run(tmp_path, "-p", "other_plugin", PYTHONPATH=str(tmp_path))

    assert "'gateway' is covermock's and somebody else's" in output
    assert "other_plugin.py:" in output


def test_a_project_can_wrap_our_gateway(tmp_path: Path) -> None:
    """A fixture that overrides ours by the same name, and asks for it, is no clash."""
    (tmp_path / "conftest.py").write_text(
        "import pytest\n@pytest.fixture\ndef gateway(gateway):\n"
        "    gateway.music_task(id='gen_own')\n    return gateway\n"
    )
    (tmp_path / "test_wrap.py").write_text("def test_wrap(gateway):\n    assert gateway.world.task('gen_own')\n")

    assert "1 passed" in pytest_run(tmp_path)


def test_a_mark_with_settings_without_names_is_refused(tmp_path: Path) -> None:
    """What a mark says by position is nobody's setting."""
    (tmp_path / "test_mark.py").write_text(
        "import pytest\n@pytest.mark.gateway('polls')\ndef test_mark(gateway):\n    pass\n"
    )

    assert "expected settings by name in @pytest.mark.gateway, received ('polls',)" in pytest_run(tmp_path)


def test_without_the_plugin_strict_markers_need_two_lines(tmp_path: Path) -> None:
    """With `-p no:covermock` a project's other tests run under strict markers, with the lines that the docs show."""
    page = (Path(__file__).parents[1] / "docs" / "pytest.md").read_text(encoding="utf-8")
    [block] = [text for text in page.split("```ini\n")[1:] if "markers" in text]
    (tmp_path / "pytest.ini").write_text(block.partition("```")[0])
    (tmp_path / "test_marks.py").write_text(
        "import covermock, pytest\n@pytest.mark.gateway(drive='polls')\ndef test_it(gateway):\n    pass\n"
        "@covermock.mark(drive='polls')\ndef test_other():\n    pass\n"
    )

    output = pytest_run(tmp_path, "-p", "no:covermock", "--strict-markers")

    assert "1 passed, 1 error" in output
    assert "fixture 'gateway' not found" in output


def test_a_world_may_be_a_file(tmp_path: Path) -> None:
    """Each test gets a world of its own from the file, with keys of its own, and may change it."""
    (tmp_path / "mine.yaml").write_text("from: docs\ndrive: polls\naccounts:\n  main: {credits: 7}\n")
    (tmp_path / "pytest.ini").write_text(f"[pytest]\ngateway_world = {tmp_path}/mine.yaml\n")
    (tmp_path / "test_file.py").write_text(
        "import pytest\nkeys = set()\n"
        "def test_one(gateway):\n    keys.add(gateway.api_key)\n    assert gateway.credits == 7\n"
        "@pytest.mark.gateway(drive='manual', accounts={'main': {'credits': 1}})\n"
        "def test_two(gateway):\n    keys.add(gateway.api_key)\n    assert gateway.credits == 1\n"
        "    assert gateway.world.view()['drive'] == 'manual'\n"
        "def test_keys():\n    assert len(keys) == 2\n"
    )

    assert "3 passed" in pytest_run(tmp_path)


LIVE = """
def test_here_only(gateway):
    gateway.clock.advance(1)

def test_anywhere(gateway):
    assert gateway.url == "https://gateway.example"
    assert gateway.music_task() == "gen_1"
"""


def test_a_switch_runs_tests_against_another_gateway(tmp_path: Path) -> None:
    """Tests that need the mock are skipped by name, the others get the other gateway's URL and ids."""
    (tmp_path / "test_live.py").write_text(LIVE)
    environment = {"COVERMOCK_API_KEY": "aio_x", "GATEWAY_MUSIC_TASK": "gen_1"}

    output = pytest_run(tmp_path, "--gateway-url", "https://gateway.example/", **environment)

    assert "1 passed, 1 skipped" in output
    assert "gateway.clock needs the mock" in output


REFUSED = """
import covermock

@covermock.mark(drve='polls')
def test_setting(covermock_gateway):
    pass

@covermock.mark(world='nowhere.yaml')
def test_file(covermock_gateway):
    pass

@covermock.mark(allow=['valid-reqest'])
def test_rule(covermock_gateway_contract):
    pass

def test_call(covermock_gateway):
    covermock_gateway.faults.add(latncy={'seconds': 1})
"""


def test_what_is_refused_is_said_in_a_line_without_our_source(tmp_path: Path) -> None:
    """A misspelt setting, file, rule or call: what was wrong, once, and no line of ours."""
    (tmp_path / "test_refused.py").write_text(REFUSED)

    output = pytest_run(tmp_path)

    assert 1 == output.count("body.drve: expected a known name (did you mean 'drive'?), received 'drve'\n")
    assert 1 == output.count("nowhere.yaml: expected a readable YAML file, received: No such file or directory\n")
    assert 1 == output.count("expected the name of a rule, received 'valid-reqest' (did you mean 'valid-request'")
    assert "latncy: expected a known name (did you mean 'latency'" in output
    assert "another exception" not in output
    assert "raise ControlError" not in output


def test_a_file_is_looked_for_beside_the_ini_file(tmp_path: Path) -> None:
    """From whatever folder pytest is started."""
    (tmp_path / "mine.yaml").write_text("from: docs\naccounts:\n  main: {credits: 7}\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\ngateway_world = mine.yaml\n")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "test_it.py").write_text("def test_it(gateway):\n    assert gateway.credits == 7\n")

    assert "1 passed" in pytest_run(tmp_path / "inner")


def test_settings_say_what_all_worlds_are_like(tmp_path: Path) -> None:
    """The ini file holds for every test, a mark for its own."""
    (tmp_path / "pytest.ini").write_text("[pytest]\ngateway_world = demo\ngateway_drive = manual\n")
    (tmp_path / "test_ini.py").write_text(
        "import pytest\ndef test_ini(gateway):\n    assert gateway.world.view()['drive'] == 'manual'\n"
        "    assert gateway.world.view()['tasks'] > 9\n"
        "@pytest.mark.gateway(drive='polls')\ndef test_mark(gateway):\n"
        "    assert gateway.world.view()['drive'] == 'polls'\n"
    )

    assert "2 passed" in pytest_run(tmp_path)


def test_loading_the_plugin_imports_nothing_of_ours() -> None:
    """Who does not use it pays for one small module."""
    code = (
        "import pytest, sys; before = set(sys.modules); import covermock.fixtures.pytest_plugin;"
        "print(sorted(n for n in set(sys.modules) - before))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert "['covermock', 'covermock.fixtures', 'covermock.fixtures.pytest_plugin']" == output.strip()
