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
    if value != MEMORY and not _is_url(value):
        wanted = "memory, redis://HOST:PORT/NUMBER, or unix:///PATH?db=NUMBER"
        raise click.BadParameter(f"expected {wanted}, received {public(value)!r}", context, parameter)
    return value


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        number = parts.path.strip("/")
        unix, port = parts.scheme == "unix", parts.port
    except ValueError:
        return False
    return parts.scheme in _SCHEMES and (bool(number) if unix else port != 0 and (number.isdecimal() or not number))


def maker(url: str) -> "MakeStore":
    """Return what makes the store. Raises `click.UsageError` when the package for it is missing, or the URL is odd."""
    from covermock.mock_server.mock import in_memory

    if url == MEMORY:
        return in_memory
    try:
        from covermock.mock_server.stores.redis import RedisStore, complaint
    except ModuleNotFoundError as error:
        problem = f"expected the package redis for --store {public(url)}, received none ({error})"
        raise click.UsageError(f"{problem}; pip install 'covermock[redis]'") from None
    problem = complaint(url)
    if problem:
        raise click.UsageError(f"expected a Redis URL for --store, received {public(url)} with {problem}; leave it out")
    return lambda contract: RedisStore(url, contract)


@contextmanager
def reachable(url: str) -> Iterator[None]:
    """Say in one line why the store can't be used, and the remedy. Raises `click.UsageError`."""
    from covermock.mock_server.http.errors import Refusal
    from covermock.mock_server.stores.port import UnfitStoreError

    try:
        yield
    except UnfitStoreError as unfit:
        raise click.UsageError(f"{unfit} (--store {public(url)})") from None
    except Refusal as refusal:
        problem = f"expected a Redis or Valkey at {public(url)}, received {refusal.words['received']}"
        remedy = getattr(refusal, "remedy", "start one there, or leave --store out")
        raise click.UsageError(f"{problem}; {remedy}") from None


def public(url: str) -> str:
    """Return the URL of a store without user, password and settings."""
    scheme, found, rest = url.partition("://")
    shown = (rest if found else scheme).rpartition("@")[2].partition("?")[0]
    return f"{scheme}://{shown}" if found else shown
