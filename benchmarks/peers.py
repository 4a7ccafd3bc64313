"""The peers: how each is installed, started and asked for the same two operations."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from covermock.openapi import GATEWAY, load

from . import ours
from .differing import TASKS, made_up
from .measuring import BUILD, Ask, BrokenError, Server, send

CONFIGS = Path(__file__).parent / "configs"
SPEC = BUILD / "gateway.json"
OLD_SPEC = BUILD / "gateway-3.0.json"
NPM = {
    "prism": ["@stoplight/prism-cli@5.16.0"],
    "mockoon": ["@mockoon/cli@9.9.0"],
    "wiremock": ["wiremock@3.13.2"],
    "specmatic": ["specmatic@2.55.1"],
    "scalar": ["@scalar/mock-server@0.14.4", "@hono/node-server@2.1.8"],
    "fastify": ["fastify@5.12.8", "openapi-backend@5.21.2"],
}
PYPI = {
    "python": ["flask==3.1.3", "jsonschema==4.26.0", "jsonschema-rs==0.60.3", "orjson==3.13.0", "granian==2.8.7"],
    "connexion": ["connexion[flask,uvicorn,mock]==3.3.0"],
    "moto": ["moto[server]==5.2.5"],
}
_TASK = "upl987654321bksv"
_SQS = "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=x"
_QUEUE = "QueueUrl=http%3A%2F%2Flocalhost%2F123456789012%2Fbench"


class Asks(NamedTuple):
    """The two requests that a peer is asked, and the ids of tasks that it knows."""

    get: Ask
    post: Ask
    tasks: Sequence[str]


class Peer(NamedTuple):
    """A server to compare with. `asks` prepares it and returns the GET and the POST; `warm` are seconds of warm-up.

    `note` says what a reader has to know to compare: what it does not do, or does more.
    """

    name: str
    needs: str
    command: Callable[[int], Sequence[str]]
    asks: Callable[[Server], Asks]
    note: str
    warm: int = 1
    first: Ask = ours.status(_TASK)
    env: Mapping[str, str] = MappingProxyType({})


def plain(node: Any) -> Any:
    """Return the contract without our extensions, whose words (`x-handler`) mean something else to others."""
    if isinstance(node, Mapping):
        return {key: plain(value) for key, value in node.items() if not key.startswith("x-")}
    return [plain(item) for item in node] if isinstance(node, list) else node


def older(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the contract in OpenAPI 3.0, for who reads nothing newer, with what 3.0 can't say left out."""
    info = {"title": "Suno cover routes", "version": "1"}
    components = document["components"] | {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}}
    components["securitySchemes"]["bearer"]["x-bearerInfoFunc"] = "connexion_app.known"
    kept = {"openapi": "3.0.3", "info": info, "paths": document["paths"], "components": components}
    return {**_older(kept), "security": [{"bearer": []}]}


def _older(node: Any) -> Any:
    if isinstance(node, Mapping):
        told = {"enum": [node["const"]]} if "const" in node and not isinstance(node["const"], Mapping) else {}
        gone = {"const", "if", "then", "else", "not", "allOf", "links", "callbacks"}
        return {key: _older(value) for key, value in node.items() if key not in gone} | told
    return [_older(item) for item in node] if isinstance(node, list) else node


def installed(peer: Peer) -> str:
    """Install what the peer needs, unless it is there; return why it can't be had, or an empty text."""
    BUILD.mkdir(parents=True, exist_ok=True)
    document = plain(load(GATEWAY).root)
    SPEC.write_text(json.dumps(document))
    OLD_SPEC.write_text(json.dumps(older(document)))
    try:
        if peer.needs in NPM:
            _npm(peer.needs)
        elif peer.needs in PYPI:
            _pypi(peer.needs)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"not installed: {error}"
    if peer.needs in {"wiremock", "specmatic"} and not shutil.which("java"):
        return "no java on PATH"
    return ""


def _npm(name: str) -> None:
    folder = BUILD / name
    if not (folder / "done").exists():
        folder.mkdir(exist_ok=True)
        (folder / "package.json").write_text('{"private": true}')
        flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(["npm", "install", *flags, *NPM[name]], cwd=folder, check=True, capture_output=True)
        (folder / "done").touch()


def _pypi(name: str) -> None:
    folder = BUILD / name
    if not (folder / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", *PYPI[name]]
        subprocess.run(pip, check=True, capture_output=True)
        (folder / "done").touch()


def _python(name: str) -> str:
    return str(BUILD / name / "bin" / "python")


def _bin(name: str, command: str) -> str:
    return str(BUILD / name / "node_modules" / ".bin" / command)


def _script(name: str, port: int) -> list[str]:
    return ["node", str(CONFIGS / f"{name}.mjs"), str(port), str(SPEC), str(BUILD / name / "package.json")]


def _granian(application: str) -> Callable[[int], Sequence[str]]:
    flags = ["--interface", "wsgi", "--workers", "1", "--blocking-threads", "1", "--no-ws", "--log-level", "error"]
    return lambda port: [_python("python"), "-m", "granian", *flags, "--port", str(port), application]


def stateless(_: Server) -> Asks:
    """Return the two requests for a peer that has an example ready, whatever the id."""
    return Asks(ours.status(_TASK), ours.generate(), made_up())


def stateful(server: Server) -> Asks:
    """Start tasks, and return the requests that ask for one and that start one more."""
    tasks = ours.start_many(server.port, TASKS)
    return Asks(ours.status(tasks[0]), ours.generate(), tasks)


def ours_prepared(server: Server) -> Asks:
    """Make the world that is measured, and return the two requests."""
    ours.prepared(server)
    return stateful(server)


def _queue(server: Server) -> Asks:
    """Make a queue at moto: sending a message is its POST, asking for the queue's attributes its GET."""
    headers = {"Authorization": _SQS, "Content-Type": "application/x-www-form-urlencoded"}
    code, raw = send(server.port, Ask("POST", "/", headers, "Action=CreateQueue&QueueName=bench"))
    if code != 200:
        raise BrokenError(f"moto: {code} {raw!r}")
    get = Ask("GET", "/123456789012/bench?Action=GetQueueAttributes&AttributeName.1=All", headers)
    return Asks(get, Ask("POST", "/", headers, f"Action=SendMessage&{_QUEUE}&MessageBody=hello"), ())


def _wiremock(*flags: str) -> Callable[[int], Sequence[str]]:
    """Return the command of WireMock with stubs that match key, query and body."""

    def command(port: int) -> list[str]:
        root = BUILD / "wiremock-root"
        (root / "mappings").mkdir(parents=True, exist_ok=True)
        (root / "mappings" / "stubs.json").write_text(json.dumps({"mappings": _stubs()}))
        [jar] = (BUILD / "wiremock").rglob("wiremock-standalone-*.jar")
        shown = ["--disable-banner", "--bind-address", "127.0.0.1", "--root-dir", str(root), *flags]
        return ["java", "-jar", str(jar), "--port", str(port), *shown]

    return command


def _stubs() -> list[dict[str, object]]:
    """Return the two operations as WireMock's stubs."""
    key = {"Authorization": {"equalTo": f"Bearer {ours.KEY}"}}
    operations = load(GATEWAY).by_id
    shown = operations["getUploadCoverStatus"].responses["200"]["content"]["application/json"]["examples"]
    accepted = {"code": 200, "message": "success", "data": {"task_id": _TASK}}
    headers = {"Content-Type": "application/json"}
    get = {"method": "GET", "urlPath": ours.STATUS, "headers": key, "queryParameters": {"task_id": {"matches": ".+"}}}
    body = [{"matchesJsonPath": "$.audio_id"}]
    post = {"method": "POST", "urlPath": ours.GENERATE, "headers": key, "bodyPatterns": body}
    complete = next(row["value"] for row in shown.values() if row["value"]["data"]["status"] == "complete")
    return [
        {"request": get, "response": {"status": 200, "body": json.dumps(complete), "headers": headers}},
        {"request": post, "response": {"status": 200, "body": json.dumps(accepted), "headers": headers}},
    ]


def _prism(*flags: str) -> Callable[[int], Sequence[str]]:
    return lambda port: [_bin("prism", "prism"), "mock", "-h", "127.0.0.1", "-p", str(port), *flags, str(SPEC)]


def _mockoon(port: int) -> list[str]:
    flags = ["--disable-log-to-file", "--hostname", "127.0.0.1"]
    return [_bin("mockoon", "mockoon-cli"), "start", "--data", str(SPEC), "--port", str(port), *flags]


def _specmatic(port: int) -> list[str]:
    [jar] = (BUILD / "specmatic").rglob("specmatic.jar")
    return ["java", "-jar", str(jar), "stub", str(SPEC), "--host", "127.0.0.1", "--port", str(port)]


def _connexion(port: int) -> list[str]:
    return [_python("connexion"), str(CONFIGS / "connexion_app.py"), str(port), str(OLD_SPEC)]


def _moto(port: int) -> list[str]:
    return [str(BUILD / "moto" / "bin" / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]


def _flask(port: int) -> list[str]:
    return [_python("python"), "-m", "flask", "--app", "flasks:plain", "run", "--port", str(port)]


def _on_our_server(port: int) -> list[str]:
    return [sys.executable, str(CONFIGS / "on_our_server.py"), str(port)]


_HERE = {"PYTHONPATH": str(CONFIGS)}
_ANY = Ask("GET", "/", status=404)
_NO_KEY = Ask("GET", "/", status=401)
OURS = Peer("covermock", "", ours.command, ours_prepared, "state, worlds, journal, validation", first=ours.LIVEZ)
PEERS = (
    Peer("Prism, quiet", "prism", _prism("--verboseLevel", "silent"), stateless, "examples, validation, no state"),
    Peer("Prism", "prism", _prism(), stateless, "as above, with its default log"),
    Peer("Mockoon CLI", "mockoon", _mockoon, stateless, "examples; validates nothing"),
    Peer("WireMock", "wiremock", _wiremock(), stateless, "stubs by hand, unbounded journal", 8),
    Peer("WireMock, no journal", "wiremock", _wiremock("--no-request-journal"), stateless, "stubs by hand", 8),
    Peer("Specmatic", "specmatic", _specmatic, stateless, "made-up values, validation, no state", 8),
    Peer("Connexion mock", "connexion", _connexion, stateless, "examples, validation, no state"),
    Peer(
        "Scalar mock server", "scalar", lambda port: _script("scalar", port), stateless, "examples; validates nothing"
    ),
    Peer(
        "Fastify + openapi-backend",
        "fastify",
        lambda port: _script("fastify", port),
        stateful,
        "state, validation, no journal",
        first=_ANY,
    ),
    Peer(
        "moto server",
        "moto",
        _moto,
        _queue,
        "SQS: a queue's attributes, a message sent",
        first=Ask("GET", "/moto-api/"),
    ),
    Peer("Flask on Werkzeug", "python", _flask, stateful, "state, validation, no journal", 1, _NO_KEY, _HERE),
    Peer("Flask, Rust parts, granian", "python", _granian("flasks:rust"), stateful, "as above", 1, _ANY, _HERE),
    Peer("bare WSGI on granian", "python", _granian("bare:application"), stateful, "one function", 1, _NO_KEY, _HERE),
    Peer("bare function on our server", "", _on_our_server, stateful, "one function", 1, _NO_KEY, _HERE),
)
