"""The serving process: its first line, its signals, the files it follows, and who may call it."""

import os
import shlex
import signal
import socket
import subprocess
from pathlib import Path

import httpx
import pytest
from covermock.cli import running
from covermock.fixtures.laboratory import Laboratory, over_http
from covermock.mock_server import Settings
from support.fakes import COVER, COVER_STATUS, KEY, edited, world_file
from support.servers import COVERMOCK, PATIENCE, Process, environment, exchange, receive, send, serving

SLOW = {"flask", "werkzeug", "schemathesis", "hypothesis", "pytest", "httpx", "PIL"}
AUTH = {"Authorization": f"Bearer {KEY}"}


def get(url: str, **headers: str) -> httpx.Response:
    """GET a URL, with no proxy between."""
    return httpx.get(url, headers=headers, trust_env=False)


def test_the_first_line_comes_after_the_bind() -> None:
    """Whoever reads the first line can connect at once."""
    with serving() as process:
        assert "127.0.0.1" in process.url
        assert {"status": "ok"} == get(f"{process.url}/__mock/readyz").json()


def test_one_curl_for_each_operation_is_printed_and_works() -> None:
    """The commands after the first line run as they stand, in their order, the reset last."""
    with serving("--stage-seconds", "0") as process:
        lines = []
        while len(lines) < 7:
            line = process.line()
            lines += [line] if line.startswith("curl ") else []
        answers = [subprocess.run(shlex.split(line), capture_output=True, check=True).stdout for line in lines]

    found = [b'"taskId"', b'"taskId"', b'"SUCCESS"', b'"task_id"', b'"task_id"', b'"complete"', b'"name":"docs"']
    assert found == [
        next(word for word in (b'"SUCCESS"', b'"complete"', b'"name":"docs"', b'"taskId"', b'"task_id"') if word in of)
        for of in answers
    ]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_it_cleanly(number: int, code: int) -> None:
    """Ctrl-C and SIGTERM close idle connections and end the process with the signal's code, and no traceback."""
    with serving() as process, socket.create_connection(("127.0.0.1", process.port)) as idle:
        send(idle, [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"])
        assert 404 == receive(idle).status
        received = process.stop(number)
        rest = process.popen.stdout.read() if process.popen.stdout else ""

        assert code == received
        assert b"" == idle.recv(1)
        assert "Traceback" not in rest


def test_nothing_slow_is_imported_before_the_first_answer() -> None:
    """The first answer comes quickly since no framework, picture library or test tool is loaded for it."""
    command = [*COVERMOCK, "serve", "--port", "0"]
    env = environment(PYTHONPROFILEIMPORTTIME="1")
    with subprocess.Popen(command, text=True, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as popen:
        assert popen.stdout is not None
        port = int(popen.stdout.readline().rpartition(":")[2])
        answer = exchange(port, f"GET {COVER_STATUS} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        popen.terminate()
        imported = {line.rpartition("|")[2].strip() for line in popen.communicate(timeout=PATIENCE)[1].splitlines()}

    assert 401 == answer.status
    assert "covermock.mock_server.server.server" in imported
    assert set() == SLOW & imported


def test_the_environment_sets_what_flags_set() -> None:
    """COVERMOCK_ variables are the flags' twins, and a flag wins over its twin."""
    env = {"COVERMOCK_WORLD": "demo", "COVERMOCK_DRIVE": "polls", "COVERMOCK_SEED": "7"}
    with serving("--world", "empty", **env) as process:
        [world] = get(f"{process.url}/__mock/worlds").json()["worlds"]

    assert ("empty", "polls", 7) == (world["name"], world["drive"], world["seed"])


def test_watch_ends_what_follows_the_old_worlds(tmp_path: Path) -> None:
    """Nobody waits for a world that no request can reach any more."""
    path = tmp_path / "world.yaml"
    path.write_text("from: docs\n")
    with serving("--watch", "--world", str(path)) as process:
        world = Laboratory(over_http(process.url), process.url).find("world")
        follow = world.events(timeout=PATIENCE)
        before = next(follow).kind
        path.write_text("from: demo\n")

        assert ("stage", "end") == (before, list(follow)[-1].kind)


def test_watch_starts_anew_when_a_file_changes(tmp_path: Path) -> None:
    """A changed contract is followed, a broken one is refused in a line while the old one goes on."""
    path = edited(tmp_path)
    with serving("--watch", "--spec", str(path)) as process:
        edited(tmp_path, (f"  {COVER}:", "  /renamed:"))
        assert "covermock started anew: a file changed" == said(process)
        renamed = httpx.post(f"{process.url}/renamed", json={}, headers=AUTH, trust_env=False)
        path.write_text("openapi: [", encoding="utf-8")
        refused = said(process)
        still = httpx.post(f"{process.url}/renamed", json={}, headers=AUTH, trust_env=False)

    assert "covermock: kept the old one: " in refused
    assert (400, 400) == (renamed.status_code, still.status_code)


def test_a_file_that_an_editor_is_about_to_replace_ends_no_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was there a moment ago and isn't now, or is no file: that is a change like others, and nothing is read."""
    monkeypatch.setattr(Path, "exists", lambda _: True)
    missing = Settings(world=str(tmp_path / "world.yaml"))
    before = running._stamps(missing)
    os.mkfifo(tmp_path / "world.yaml")

    assert [running._stamps(Settings())[0], 0] == before == running._stamps(missing)


def said(process: Process) -> str:
    """Return the next line that the process says about itself, after the banner."""
    return next(line for line in iter(process.line, None) if line.startswith("covermock"))


def test_a_foreign_address_needs_a_token() -> None:
    """Bound to all addresses, the control API answers 403 without COVERMOCK_TOKEN, the gateway as ever."""
    with serving("--host", "0.0.0.0", COVERMOCK_TOKEN="open-sesame") as process:  # noqa: S104 - what is tested
        url = f"http://127.0.0.1:{process.port}"
        answers = [
            get(f"{url}/__mock/worlds"),
            get(f"{url}/__mock/worlds", Authorization="Bearer other"),
            get(f"{url}/__mock/worlds", Authorization="Bearer open-sesame"),
            get(f"{url}/__mock/livez"),
            get(f"{url}{COVER_STATUS}?task_id=x", **AUTH),
        ]

    assert [403, 403, 200, 200, 404] == [answer.status_code for answer in answers]


def test_a_foreign_address_without_a_token_gets_one() -> None:
    """A new token is shown once, before the first line, and no other works."""
    command = [*COVERMOCK, "serve", "--port", "0", "--host", "0.0.0.0"]  # noqa: S104 - what is tested
    with subprocess.Popen(
        command, text=True, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as popen:
        assert popen.stdout is not None
        assert popen.stderr is not None
        token = popen.stderr.readline().partition("Bearer ")[2].partition("'")[0]
        url = f"http://127.0.0.1:{popen.stdout.readline().rpartition(':')[2].strip()}/__mock/worlds"
        statuses = [get(url, Authorization=f"Bearer {of}").status_code for of in (token, token[:-1])]
        popen.kill()

    assert [200, 403] == statuses


def test_result_urls_begin_with_the_public_url_or_the_host(tmp_path: Path) -> None:
    """`--public-url` begins every result URL; without it, the Host that created the task does."""
    path = world_file(tmp_path, "from: docs\nstage_seconds: 0\n")
    shown = []
    for more in ((), ("--public-url", "https://mock.example/base/")):
        with serving("--world", str(path), *more) as process:
            body = {"taskId": "gen_completed"}
            task = httpx.post(process.url + COVER, json=body, headers=AUTH, trust_env=False).json()["data"]["taskId"]
            got = get(f"{process.url}{COVER_STATUS}?task_id={task}", **AUTH).json()
            shown.append(got["data"]["images"][0].replace(process.url, "HERE"))

    assert shown[0].startswith("HERE/__mock/media/world/cover")
    assert shown[1].startswith("https://mock.example/base/__mock/media/world/cover")


@pytest.mark.parametrize(("origin", "allowed"), [("http://app.example", True), ("http://evil.example", False)])
def test_cors_opens_the_gateway_for_one_origin_only(origin: str, allowed: bool) -> None:
    """`--cors ORIGIN` lets that page's scripts read gateway answers, and never the control API's."""
    with serving("--cors", "http://app.example") as process:
        preflight = httpx.options(
            process.url + COVER, headers={"Origin": origin, "Access-Control-Request-Method": "POST"}, trust_env=False
        )
        answer = get(f"{process.url}{COVER_STATUS}?task_id=x", Origin=origin, **AUTH)
        control = get(f"{process.url}/__mock/worlds", Origin=origin)

    assert (204 if allowed else 405) == preflight.status_code
    assert (origin if allowed else None) == answer.headers.get("access-control-allow-origin")
    assert (403, None) == (control.status_code, control.headers.get("access-control-allow-origin"))


def test_ipv6_is_served() -> None:
    """`--host ::1` shows and serves a URL with brackets."""
    if not socket.has_ipv6 or not os.path.exists("/proc/net/if_inet6"):  # noqa: PTH110 - a probe, not a path of ours
        pytest.skip("this machine has no IPv6")
    with serving("--host", "::1") as process:
        assert process.url.startswith("http://[::1]:")
        assert 200 == get(f"{process.url}/__mock/worlds").status_code
