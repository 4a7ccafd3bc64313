"""`covermock ready URL`: wait until a server answers."""

import time

import click

from .flags import flag, web_address
from .numbers import SECONDS

_PAUSE = 0.05


@click.command()
@click.argument("url", callback=web_address)
@flag("--timeout", default=30.0, type=SECONDS, help="Seconds to wait at most.")
def ready(url: str, timeout: float) -> int:
    """Wait until the mock at URL is ready. Exit 0 when it is, 3 when the time is up."""
    end = time.monotonic() + timeout
    while True:
        problem = problem_at(f"{url.rstrip('/')}/__mock/readyz", max(end - time.monotonic(), _PAUSE))
        if problem is None:
            click.echo(f"ready: {url}")
            return 0
        if time.monotonic() >= end:
            click.echo(f"covermock: expected {url} to be ready within {timeout:g} s, received: {problem}", err=True)
            return 3
        time.sleep(_PAUSE)


def problem_at(url: str, timeout: float) -> str | None:
    """Return why the server is not ready, or None when it is."""
    from threading import Thread

    found: list[str | None] = []
    asking = Thread(target=lambda: found.append(_ask(url, timeout)), daemon=True)  # the time is that of a whole answer
    asking.start()
    asking.join(timeout)
    return found[0] if found else "an answer without an end"


def _ask(url: str, timeout: float) -> str | None:
    from urllib.error import HTTPError
    from urllib.request import ProxyHandler, build_opener

    try:
        with build_opener(ProxyHandler({})).open(url, timeout=timeout):
            return None
    except HTTPError as error:
        return f"status {error.code}"
    except (OSError, ValueError) as error:
        return str(getattr(error, "reason", error))
