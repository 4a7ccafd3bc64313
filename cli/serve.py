"""`covermock serve`: the local stand-in."""

from typing import TYPE_CHECKING, Any

import click

from .config import config
from .flags import flag, origin, web_address
from .limits import CommandWithLimits, NamedValues, limits
from .numbers import SECONDS, SEED, Number, Whole
from .stores import MEMORY, store_url

if TYPE_CHECKING:
    from covermock.mock_server import Settings


@click.command(cls=CommandWithLimits)
@flag("--host", default="127.0.0.1", help="Address to listen on; a foreign one needs COVERMOCK_TOKEN for /__mock/.")
@flag("--port", default=8080, type=Whole(0, 65535), help="Port to listen on; 0 takes a free one.")
@flag(
    "--world",
    default="",
    metavar="NAME|FILE",
    help="World to serve: docs, demo, empty, or a YAML file; default: docs, or what follows from the contract.",
)
@flag("--spec", metavar="FILE", help="Contract to follow instead of the built-in gateway.yaml.")
@flag("--drive", type=click.Choice(["time", "manual", "polls"]), help="What moves tasks; default: the world's.")
@flag("--stage-seconds", type=SECONDS, help="Length of every stage; default: the contract's x-lifecycle.")
@flag("--speed", type=Number(0, 10**6, min_open=True), help="World seconds in a second; default: the world's.")
@flag("--seed", type=SEED, help="What ids are made from; default: the world's.")
@flag(
    "--store",
    default=MEMORY,
    callback=store_url,
    metavar="memory|redis://…",
    help="Where worlds live; a Redis or Valkey is shared by many processes and hosts, and outlives them.",
)
@flag("--workers", default=1, type=Whole(1, 256), help="Processes; more than one needs --store redis://….")
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
@flag("--keep-preflights", is_flag=True, help="Keep a browser's preflights in the journal; the log has them anyway.")
@flag("--allow-callback", multiple=True, metavar="HOST", help="Host besides loopback that webhooks may go to.")
@flag("--defect", default="", metavar="NAME", help="Break one clause on purpose; 'covermock defects' lists how.")
@flag(
    "--limit",
    "limits",
    multiple=True,
    type=NamedValues(),
    callback=limits,
    help="A bound of the server, listed below; may come many times, in the environment with commas between.",
)
@flag(
    "--log",
    type=click.Choice(["text", "json", "none"]),
    default="text",
    help="A line for each request on standard error.",
)
@config
@flag("--watch", is_flag=True, help="Start anew when the contract or the world file changes.")
def serve(host: str, port: int, store: str, workers: int, watch: bool, **flags: Any) -> int:
    """Serve the four operations locally, at once and for free.

    The first line on standard output, once connections are accepted, is
    "covermock listening on http://HOST:PORT".
    """
    _refuse_what_does_not_go_together(store, workers, watch=watch)
    from .running import run

    return run(host, port, _settings(host, flags), watch=watch, store=store, workers=workers)


def _refuse_what_does_not_go_together(store: str, workers: int, *, watch: bool) -> None:
    if workers > 1 and store == MEMORY:
        problem = f"expected 1 with --store memory, received {workers}: memory is not shared between processes"
        raise click.BadParameter(f"{problem}; add --store redis://127.0.0.1:6379", param_hint="--workers")
    if workers > 1 and not _can_share_a_port():
        problem = f"expected 1 on this system, received {workers}: processes can't share a port here"
        raise click.BadParameter(f"{problem}; leave it out", param_hint="--workers")
    if watch and store != MEMORY:
        problem = "expected no --watch with a store that outlives the server: worlds there stay as they are"
        raise click.BadParameter(f"{problem}; reset them over /__mock/", param_hint="--watch")


def _can_share_a_port() -> bool:
    import os
    import socket

    return hasattr(os, "fork") and hasattr(socket, "SO_REUSEPORT")


def _settings(host: str, flags: dict[str, Any]) -> "Settings":
    from pathlib import Path

    from covermock.mock_server import Settings
    from covermock.openapi import GATEWAY

    over = {name: flags[name] for name in ("drive", "stage_seconds", "speed", "seed") if flags[name] is not None}
    spec: Path = Path(flags["spec"]) if flags["spec"] else GATEWAY
    token = "" if _is_loopback(host) else _token()
    kept = {
        name: flags[name]
        for name in ("world", "public_url", "cors", "keep_preflights", "allow_callback", "defect", "limits", "log")
    }
    return Settings(spec=spec, over=over, token=token, **kept)


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
