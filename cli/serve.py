"""`covermock serve`: the local stand-in."""

from typing import TYPE_CHECKING, Any

import click

from .flags import flag, origin, web_address

if TYPE_CHECKING:
    from covermock.mock_server import Settings


@click.command()
@flag("--host", default="127.0.0.1", help="Address to listen on; a foreign one needs COVERMOCK_TOKEN for /__mock/.")
@flag("--port", default=8080, type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one.")
@flag("--world", default="docs", metavar="NAME|FILE", help="World to serve: docs, demo, empty, or a YAML file.")
@flag("--spec", metavar="FILE", help="Contract to follow instead of the built-in gateway.yaml.")
@flag("--drive", type=click.Choice(["time", "manual", "polls"]), help="What moves tasks; default: the world's.")
@flag("--stage-seconds", type=click.FloatRange(0), help="Length of every stage; default: the contract's x-lifecycle.")
@flag("--speed", type=click.FloatRange(0, min_open=True), help="World seconds in a second; default: the world's.")
@flag("--seed", type=click.IntRange(0), help="What ids are made from; default: the world's.")
@flag("--store", default="memory", metavar="memory", help="Where worlds live; this version has memory only.")
@flag("--workers", default=1, type=click.IntRange(1), help="Processes; more than one needs a shared store.")
@flag(
    "--public-url",
    default="",
    callback=web_address,
    metavar="URL",
    help="Base of result URLs; default: the Host of the request.",
)
@flag(
    "--cors",
    default="",
    callback=origin,
    metavar="ORIGIN",
    help="Origin (or *) of web pages that may call the gateway's paths.",
)
@flag("--allow-callback", multiple=True, metavar="HOST", help="Host besides loopback that webhooks may go to.")
@flag("--defect", default="", metavar="NAME", help="Break one clause on purpose; 'covermock defects' lists how.")
@flag("--watch", is_flag=True, help="Start anew when the contract or the world file changes.")
def serve(host: str, port: int, store: str, workers: int, watch: bool, **flags: Any) -> int:
    """Serve the four operations locally, at once and for free.

    The first line on standard output, once connections are accepted, is
    "covermock listening on http://HOST:PORT".
    """
    _refuse_what_needs_a_shared_store(store, workers)
    from .running import run

    return run(host, port, _settings(host, flags), watch=watch)


def _refuse_what_needs_a_shared_store(store: str, workers: int) -> None:
    if store != "memory":
        raise click.BadParameter(f"expected memory, received {store!r}: no other store yet", param_hint="--store")
    if workers > 1:
        problem = f"expected 1 with --store memory, received {workers}: memory is not shared between processes"
        raise click.BadParameter(problem, param_hint="--workers")


def _settings(host: str, flags: dict[str, Any]) -> "Settings":
    from pathlib import Path

    from covermock.mock_server import Settings
    from covermock.openapi import GATEWAY

    over = {name: flags[name] for name in ("drive", "stage_seconds", "speed", "seed") if flags[name] is not None}
    spec: Path = Path(flags["spec"]) if flags["spec"] else GATEWAY
    token = "" if _is_loopback(host) else _token()
    return Settings(
        flags["world"], spec, over, flags["public_url"], flags["cors"], token, flags["allow_callback"], flags["defect"]
    )


def _is_loopback(host: str) -> bool:
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _token() -> str:
    """Return the token of the control API: the environment's, or a new one, which is then shown once."""
    import os
    import secrets

    given = os.environ.get("COVERMOCK_TOKEN", "")
    if given:
        return given
    made = secrets.token_urlsafe(24)
    click.echo(f"covermock: the control API needs 'Authorization: Bearer {made}' (set COVERMOCK_TOKEN)", err=True)
    return made
