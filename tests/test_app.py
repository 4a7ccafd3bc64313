"""Flask, the server and the bare function are three edges of one mock, and answer the same."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from covermock.mock_server import Mock, Request, Settings
from covermock.mock_server.server.flask_app import create_app
from support.fakes import AUDIO, COVER, COVER_STATUS, KEY, MUSIC, NOON, UPLOAD_COVER, UPLOAD_COVER_STATUS
from support.servers import exchange, in_thread

Edge = Callable[[str, str, dict[str, str], bytes], tuple[int, dict[str, str], bytes]]
AUTH = {"authorization": f"Bearer {KEY}"}
JSON = {**AUTH, "content-type": "application/json"}
EXCHANGES: list[tuple[str, str, dict[str, str], bytes]] = [
    ("POST", COVER, JSON, b'{"taskId": "gen123213213213123bksv"}'),
    ("POST", COVER, JSON, b'{"taskId": "gen123213213213123bksv"}'),
    ("POST", COVER, AUTH, b'{"task_id": "gen_completed"}'),
    ("GET", f"{COVER_STATUS}?task_id=cover123123213213b880d2", AUTH, b""),
    ("POST", UPLOAD_COVER, JSON, b'{"audio_id": "aud_30s"}'),
    ("GET", "/__mock/worlds/docs/tasks?limit=1", {}, b""),
    ("POST", "/__mock/worlds/docs/clock/advance", JSON, b'{"seconds": 5}'),
    ("GET", f"{COVER_STATUS}?task_id=cover123123213213b880d2", AUTH, b""),
    *[("GET", f"{COVER_STATUS}?task_id=cover123123213213b880d2", AUTH, b"")] * 2,  # a head and a body known by now
    *[("POST", UPLOAD_COVER, JSON, b'{"audio_id": "aud_60s"}')] * 2,
    ("POST", UPLOAD_COVER, JSON, b'{"audio_id": "aud_6zs"}'),
    ("GET", f"{COVER_STATUS}?task_id=a%20b%2Fc%ff", AUTH, b""),
    ("GET", f"{UPLOAD_COVER_STATUS}?task_id=x&task_id=y", AUTH, b""),
    ("HEAD", COVER_STATUS, AUTH, b""),
    ("HEAD", "/__mock/livez", {}, b""),
    ("OPTIONS", COVER, AUTH, b""),
    ("PROPFIND", COVER, AUTH, b""),
    ("GET", "/nope", AUTH, b""),
    ("GET", "/x//y", AUTH, b""),
    ("GET", "/api/v1/audio/music/cover/status/", AUTH, b""),
    ("POST", COVER, {}, b""),
    ("POST", COVER, JSON, b"{"),
    ("POST", COVER, {**AUTH, "content-type": "text/plain"}, b"{}"),
    ("POST", UPLOAD_COVER, JSON, b"x" * 2_000_000),
    ("GET", "/__mock/nope", {}, b""),
    ("GET", "/__mock/worlds/a%2Fb", {}, b""),
    ("DELETE", "/__mock/livez", {}, b""),
    ("POST", "/__mock/worlds", JSON, b'{"name": 5}'),
    ("GET", f"/__mock/media/docs/{MUSIC}/1.jpeg", {}, b""),
    ("GET", f"/__mock/media/docs/{MUSIC}/99.wav", {}, b""),
]


def through_flask(mock: Mock) -> Edge:
    """Send through Flask's test client."""
    client = create_app(mock, wall=lambda: NOON).test_client()

    def edge(method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        response = client.open(target, method=method, headers={"host": "mock.test", **headers}, data=body or None)
        return response.status_code, {name.lower(): value for name, value in response.headers}, response.data

    return edge


def through_the_function(mock: Mock) -> Edge:
    """Ask the mock itself; what the edges add for HEAD and lengths is added here by hand."""

    def edge(method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        path, _, query = target.partition("?")
        sent = {"host": "mock.test", "content-length": str(len(body)), **headers}
        answer = mock.answer(Request(method, path, query, sent, body), NOON)
        shown = {name.lower(): value for name, value in answer.headers} | {"content-length": str(len(answer.body))}
        return answer.status, shown, b"" if method == "HEAD" else answer.body

    return edge


def through_the_server(port: int) -> Edge:
    """Send over a socket."""

    def edge(method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        sent = {"host": "mock.test", **headers, "content-length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        got = exchange(port, f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body, method=method)
        return got.status, got.headers, got.body

    return edge


def new_mock() -> Mock:
    """Return a mock whose clock stands still, with the Host of the tests taken for its own."""
    return Mock(Settings(over={"drive": "manual"}, token="secret", public_url="http://mock.test"), NOON)


@pytest.fixture
def edges() -> Iterator[dict[str, Edge]]:
    """The three edges, each of a mock of its own in the same state."""
    with in_thread(new_mock()) as url:
        yield {
            "flask": through_flask(new_mock()),
            "function": through_the_function(new_mock()),
            "server": through_the_server(int(url.rpartition(":")[2])),
        }


def test_all_edges_answer_the_same(edges: dict[str, Edge]) -> None:
    """One after the other, each exchange has the same status, headers (but Date) and bytes everywhere."""
    for method, target, headers, body in EXCHANGES:
        token = {"authorization": "Bearer secret"} if target.startswith("/__mock/") else {}
        got = {name: normal(edge(method, target, headers | token, body)) for name, edge in edges.items()}

        assert got["function"] == got["flask"], (method, target)
        assert got["function"] == got["server"], (method, target)


def normal(got: tuple[int, dict[str, str], bytes]) -> Any:
    """Return an answer without the headers that the edges are free to add."""
    status, headers, body = got
    return status, {name: text for name, text in headers.items() if name not in {"date", "accept-ranges"}}, body


def test_flask_takes_its_paths_from_the_contract() -> None:
    """Each path of both contracts is a route, and there is no other."""
    mock = new_mock()
    rules = {rule.rule.replace("<", "{").replace(">", "}") for rule in create_app(mock).url_map.iter_rules()}

    assert rules == {*mock.gateway.front.routes.paths, *mock.control.front.routes.paths}


def test_an_app_needs_nothing() -> None:
    """`create_app()` alone is a mock in the world `docs`, for any WSGI server."""
    response = create_app().test_client().post(UPLOAD_COVER, json={"audio_id": AUDIO}, headers=AUTH)

    assert {"code": 200, "message": "success", "data": {"task_id": "upl987654321bksv"}} == response.json


def test_a_crash_is_the_documented_envelope(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A defect of ours is a 500 in the envelope of each API, and is logged with what was asked."""
    mock = new_mock()

    def crash(_: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(mock.gateway, "_find_key", crash)
    monkeypatch.setattr(mock.store, "worlds", lambda: crash(""))
    edge = through_flask(mock)
    status, headers, body = edge("GET", f"{COVER_STATUS}?task_id=x", AUTH, b"")
    problem = edge("GET", "/__mock/worlds", {"authorization": "Bearer secret"}, b"")

    assert (500, "application/json") == (status, headers["content-type"])
    assert b'"type":"internal_error"' in body
    assert (500, "application/problem+json") == (problem[0], problem[1]["content-type"])
    assert ["GET", "GET"] == [record.args[0] for record in caplog.records if isinstance(record.args, tuple)]
