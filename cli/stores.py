"""Where worlds live: `memory`, or a Redis or Valkey by its URL, loaded only then."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

if TYPE_CHECKING:
    from covermock.mock_server.mock import MakeStore

MEMORY = "memory"
_SCHEMES = {"redis", "rediss", "unix"}


def store_url(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """Return the value of a flag that is `memory` or a Redis URL. Raises `click.BadParameter`."""
    if value != MEMORY and urlsplit(value).scheme not in _SCHEMES:
        problem = f"expected memory or redis://HOST:PORT/NUMBER, received {value!r}"
        raise click.BadParameter(problem, context, parameter)
    return value


def maker(url: str) -> "MakeStore":
    """Return what makes the store. Raises `click.UsageError` when the Python package for it is missing."""
    from covermock.mock_server.mock import in_memory

    if url == MEMORY:
        return in_memory
    try:
        from covermock.mock_server.stores.redis import RedisStore
    except ModuleNotFoundError as error:
        problem = f"expected the package redis for --store {public(url)}, received none ({error})"
        raise click.UsageError(f"{problem}; pip install 'covermock[redis]'") from None
    return lambda contract: RedisStore(url, contract)


@contextmanager
def reachable(url: str) -> Iterator[None]:
    """Say in one line that the store can't be reached. Raises `click.UsageError`."""
    from covermock.mock_server.http.errors import Refusal

    try:
        yield
    except Refusal as away:
        problem = f"expected a Redis or Valkey at {public(url)}, received {away.words['received']}"
        raise click.UsageError(f"{problem}; start one there, or leave --store out") from None


def public(url: str) -> str:
    """Return the URL of a store without its password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
