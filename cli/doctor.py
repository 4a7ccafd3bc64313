"""`covermock doctor`: whether all that covermock needs is here, and what to do where it is not."""

import os
import platform
import socket
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

import click

from .exits import CANNOT, HOLDS
from .flags import web_address
from .numbers import Whole

_GOOD, _NOTE, _BAD = "ok", "note", "BAD"
Finding = tuple[str, str, str]  # how bad, what, and the remedy or the facts


@click.command()
@click.argument("url", default="", callback=web_address)
@click.option("--port", default=8080, type=Whole(1, 65535), show_default=True, help="Port that serve is to listen on.")
def doctor(url: str, port: int) -> int:
    """Look for what stands in the way here, or of the mock at URL. Exit 3 if something does."""
    findings = [
        *_python(),
        *_packages(),
        *_contract(),
        *(() if url.rstrip("/").endswith(f":{port}") else _network(port)),  # a mock that runs has its port
        *_environment(),
        *(_server(url) if url else ()),
    ]
    for how, what, words in findings:
        click.echo(f"{how:<4}  {what:<12}  {words}")
    return CANNOT if any(how == _BAD for how, _, _ in findings) else HOLDS


def _python() -> Iterator[Finding]:
    good = sys.version_info >= (3, 11)
    yield _GOOD if good else _BAD, "python", f"{platform.python_version()} on {platform.system()}"
    if platform.system() != "Linux":
        yield _NOTE, "system", "covermock's tests have run on Linux only so far; please report what differs here"


def _packages() -> Iterator[Finding]:
    yield _GOOD, "covermock", version("covermock")
    extras = {
        "pytest": "for the fixtures: pip install pytest",
        "schemathesis": "for generated requests of check: pip install 'covermock[check]'",
        "hypothesis": "for generated requests of check: pip install 'covermock[check]'",
        "redis": "for --store redis://…: pip install 'covermock[redis]'",
    }
    for name, remedy in extras.items():
        try:
            yield _GOOD, name, version(name)
        except PackageNotFoundError:
            yield _NOTE, name, f"not installed; only {remedy}"


def _contract() -> Iterator[Finding]:
    from covermock.openapi import GATEWAY, InvalidSourceError, load

    try:
        contract = load(GATEWAY)
    except (InvalidSourceError, OSError) as error:
        yield _BAD, "contract", f"{error}; install covermock anew"
    else:
        yield _GOOD, "contract", f"{len(contract.operations)} operations, {len(contract.clauses)} clauses"


def _network(port: int) -> Iterator[Finding]:
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.create_server((host, port), family=family):
                yield _GOOD, "port", f"{port} is free on {host}"
        except OSError as error:
            how = _NOTE if family == socket.AF_INET6 else _BAD
            yield how, "port", f"{port} can't be had on {host} ({os.strerror(error.errno or 0)}); serve with --port 0"


def _environment() -> Iterator[Finding]:
    from .command_line import cli
    from .flags import refuse_unknown_twins

    try:
        refuse_unknown_twins(cli.commands.values())
    except click.UsageError as error:
        yield _BAD, "environment", error.format_message()
    proxies = [name for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy") if os.environ.get(name)]
    past = f"{os.environ.get('NO_PROXY', '')},{os.environ.get('no_proxy', '')}".replace(" ", "").split(",")
    if proxies and not {"127.0.0.1", "*"} & set(past):
        yield _NOTE, "proxy", f"{proxies[0]} is set: clients may look for 127.0.0.1 there; add it to NO_PROXY"


def _server(url: str) -> Iterator[Finding]:
    from .ready import problem_at

    problem = problem_at(f"{url.rstrip('/')}/__mock/readyz", 5.0)
    if problem is None:
        yield _GOOD, "server", f"{url} is ready"
    else:
        words = f"expected a mock that is ready at {url}, received: {problem}; start one with covermock serve"
        yield _BAD, "server", words
