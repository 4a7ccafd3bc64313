"""Measure what a server costs before any rule of ours runs: `python benchmarks/servers.py` (needs wrk).

Each candidate gives the same fixed answer. Granian and uvloop are measured where they are installed
(`pip install granian uvloop`); the figures and what follows from them are in
docs/decisions/2026-11-21-own-wire-protocol.md.
"""

import asyncio
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

BODY = b'{"code":200,"msg":"success","data":{"taskId":"cover123123213213b880d2"}}'
HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))]
HERE = Path(__file__)
WAIT = 10.0  # seconds until a candidate has to answer


def wsgi(_: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], Any]) -> list[bytes]:
    """Answer as a bare WSGI application."""
    start_response("200 OK", HEADERS)
    return [BODY]


async def rsgi(_: Any, protocol: Any) -> None:
    """Answer as a bare RSGI application."""
    protocol.response_bytes(200, HEADERS, BODY)


def ours(port: int) -> None:
    """Serve the fixed answer over our own protocol, on whatever event loop is installed."""
    from covermock.mock_server import Answer, Mock, Settings
    from covermock.mock_server.server.http1 import Connection, Shared
    from covermock.mock_server.server.server import bind

    answer = Answer(200, BODY)
    shared = Shared(Mock(Settings(), 0.0), lambda _, client: client.reply(answer))

    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(shared), sock=bind("127.0.0.1", port))
        await server.serve_forever()

    asyncio.run(main())


def ours_uvloop(port: int) -> None:
    """Serve over our own protocol on uvloop."""
    import uvloop

    uvloop.install()
    ours(port)


def granian(interface: str) -> Callable[[int], None]:
    """Return a function that serves the bare application of that interface on granian."""

    def serve(port: int) -> None:
        os.chdir(HERE.parent)
        command = [sys.executable, "-m", "granian", "--interface", interface, "--workers", "1", "--port", str(port)]
        os.execv(sys.executable, [*command, "--no-ws", "--log-level", "error", f"servers:{interface}"])  # noqa: S606

    return serve


CANDIDATES: dict[str, tuple[str | None, Callable[[int], None]]] = {
    "WSGI on granian": ("granian", granian("wsgi")),
    "RSGI on granian": ("granian", granian("rsgi")),
    "our protocol on asyncio": (None, ours),
    "our protocol on uvloop": ("uvloop", ours_uvloop),
}


def free_port() -> int:
    """Return a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def answers(port: int) -> bool:
    """Return True if the candidate accepts connections."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=WAIT).close()
    except OSError:
        return False
    return True


def rate(name: str, seconds: int, connections: int) -> float:
    """Serve a candidate in a process of its own and return its requests per second."""
    port = free_port()
    with subprocess.Popen([sys.executable, HERE, "--serve", name, "--port", str(port)]) as popen:
        try:
            while not answers(port):
                if popen.poll() is not None:
                    raise click.ClickException(f"{name}: expected a server, received exit code {popen.returncode}")
            command = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", f"http://127.0.0.1:{port}/"]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        finally:
            popen.terminate()
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    assert found, done.stdout
    return float(found[1])


@click.command()
@click.option("--serve", type=click.Choice(list(CANDIDATES)), help="Serve one candidate (used by the measurement).")
@click.option("--port", default=0)
@click.option("--seconds", default=5, show_default=True)
@click.option("--connections", default=16, show_default=True)
def main(serve: str | None, port: int, seconds: int, connections: int) -> None:
    """Print the requests per second of each candidate."""
    if serve:
        CANDIDATES[serve][1](port)
        return
    for name, (module, _) in CANDIDATES.items():
        missing = module and not find_spec(module)
        figure = f"not measured: pip install {module}" if missing else f"{rate(name, seconds, connections):,.0f} req/s"
        click.echo(f"{name:26} {figure}")


if __name__ == "__main__":
    main()
