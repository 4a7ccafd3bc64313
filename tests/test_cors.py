"""Clients in a browser: preflights, what a page may read, and the addresses that a browser may try."""

import json
import re
import socket
import subprocess

import httpx
import pytest
from support.servers import COVERMOCK, environment, serving

COVER = "/api/v1/audio/music/cover"
PAGE = "http://localhost:3000"
ASKED = "authorization, content-type, x-request-id, traceparent"


def preflight(url: str, headers: str = ASKED, **more: str) -> httpx.Response:
    """Ask as a browser does before a POST of a page."""
    sent = {"Origin": PAGE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": headers, **more}
    return httpx.options(f"{url}{COVER}/generate", headers=sent, trust_env=False)


def strays(url: str) -> list[str]:
    """Return the methods of what the journal has of requests without a world."""
    return [row["method"] for row in httpx.get(f"{url}/__mock/journal", trust_env=False).json()["entries"]]


def test_a_page_may_send_whatever_headers_it_asks_for() -> None:
    """Tracing and request ids need no setting; the methods are those of the contract; caches keep answers apart."""
    with serving("--cors", PAGE) as server:
        answer = preflight(server.url)
        private = preflight(server.url, **{"Access-Control-Request-Private-Network": "true"})

    assert 204 == answer.status_code
    assert ASKED == answer.headers["access-control-allow-headers"]
    assert "GET, POST" == answer.headers["access-control-allow-methods"]
    assert "access-control-request-headers" in answer.headers["vary"].lower()
    assert "access-control-allow-private-network" not in answer.headers
    assert "true" == private.headers["access-control-allow-private-network"]


def test_headers_that_are_none_are_not_repeated() -> None:
    """What is no list of header names is answered with the usual ones."""
    with serving("--cors", "*") as server:
        answer = preflight(server.url, "x-a; <script>")

    assert "Authorization, Content-Type, Prefer" == answer.headers["access-control-allow-headers"]


@pytest.mark.parametrize(("flags", "kept"), [((), []), (("--keep-preflights",), ["OPTIONS"])])
def test_preflights_are_in_the_log_and_on_demand_in_the_journal(flags: tuple[str, ...], kept: list[str]) -> None:
    """Counts of requests mean the client's own, unless its preflights are asked for."""
    with serving("--cors", PAGE, "--log", "json", *flags) as server:
        preflight(server.url)
        found = strays(server.url)
        server.popen.terminate()
        assert server.popen.stdout is not None
        lines = [json.loads(line) for line in server.popen.stdout if line.startswith("{")]

    assert kept == found
    assert ["OPTIONS"] == [line["method"] for line in lines if line.get("method") == "OPTIONS"]


def test_a_page_that_is_not_allowed_gets_no_permission() -> None:
    """The preflight of another origin is an unknown method, and its answer allows nothing."""
    with serving("--cors", "http://elsewhere.example") as server:
        answer = preflight(server.url)

    assert 405 == answer.status_code
    assert "access-control-allow-origin" not in answer.headers
    assert "A web page of 'http://localhost:3000' asks for leave; `--cors ORIGIN` gives it." in answer.text


def has_ipv6() -> bool:
    """Return True if this machine has a loopback of IPv6."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.skipif(not has_ipv6(), reason="needs IPv6")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_localhost_is_answered_whichever_address_it_means(host: str) -> None:
    """A client that tries [::1] first, as browsers and node do for localhost, is not refused."""
    with serving("--host", host) as server:
        answer = httpx.get(f"http://[::1]:{server.port}/__mock/livez", trust_env=False)

    assert 200 == answer.status_code


@pytest.mark.skipif(not has_ipv6(), reason="needs IPv6")
def test_a_taken_twin_port_is_no_trouble() -> None:
    """Where somebody else has the port of [::1], only 127.0.0.1 is served."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        port = str(taken.getsockname()[1])
        with serving("--port", port) as server:
            assert 200 == httpx.get(f"{server.url}/__mock/livez", trust_env=False).status_code


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", pytest.param("::", marks=pytest.mark.skipif(not has_ipv6(), reason="needs IPv6"))],  # noqa: S104 - it is what is tested
)
def test_the_url_of_every_address_works(host: str) -> None:
    """Nobody can connect to 0.0.0.0: the printed URL is one that a client here can use."""
    with serving("--host", host, COVERMOCK_TOKEN="t" * 30) as server:
        assert re.fullmatch(r"http://(127\.0\.0\.1|\[::1\]):\d+", server.url)
        assert 401 == httpx.get(f"{server.url}{COVER}/status", trust_env=False).status_code


@pytest.mark.parametrize("path", [f"{COVER}/status/", f"/{COVER}/status", "/api//v1/audio/music/cover/status"])
def test_a_slash_too_many_gets_a_hint(path: str) -> None:
    """The 404 says which path was meant, and names each path once."""
    with serving() as server:
        message = httpx.get(server.url + path, trust_env=False).json()["error"]["message"]

    assert message.endswith(f"Leave out the slashes that are too many: {COVER}/status")


def test_a_path_of_nobody_lists_the_paths_once() -> None:
    """What resembles no path gets the list, and not a second time as its remedy."""
    with serving() as server:
        message = httpx.get(f"{server.url}/xyz", trust_env=False).json()["error"]["message"]

    assert 1 == message.count(f"{COVER}/generate,")
    assert message.endswith("Correct the path.")


@pytest.mark.parametrize(("typed", "meant"), [("serv", "serve"), ("chek", "check"), ("explan", "explain")])
def test_a_mistyped_command_gets_a_hint(typed: str, meant: str) -> None:
    """One line, exit code 2, and the command that was meant."""
    done = subprocess.run([*COVERMOCK, typed], capture_output=True, text=True, env=environment(), check=False)

    assert 2 == done.returncode
    assert f"Did you mean '{meant}'?" in done.stderr
    assert 1 == done.stderr.count("\n")
