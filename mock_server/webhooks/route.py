"""Where a webhook may go: the addresses of its host are looked up, checked, and then used instead of its name."""

import asyncio
import socket
import threading
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

Addresses = asyncio.Future[tuple[str, ...]]
_PATH = "/%:@!$&'()*+,;=~-._"  # what stays as it is in a path; in a query `?` does, too


class BlockedError(Exception):
    """An address that webhooks may not go to."""


@dataclass(frozen=True, slots=True)
class Destination:
    """The way to a receiver: `target` is what its path and query ask for, `authority` the host and port as given."""

    secure: bool
    host: str
    port: int
    authority: str
    target: str
    addresses: tuple[str, ...]


def host_of(url: str) -> str:
    """Return the name or address of the host that a URL leads to, or an empty text."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def lookup(host: str) -> Addresses:
    """Look up a host in a thread of its own: a resolver may block for half a minute, and nobody has to wait for it."""
    loop = asyncio.get_running_loop()
    found: Addresses = loop.create_future()

    def look() -> None:
        addresses = _addresses(host)
        with suppress(RuntimeError):  # the loop has been closed
            loop.call_soon_threadsafe(lambda: None if found.done() else found.set_result(addresses))

    if _is_address(host):
        found.set_result((host,))
    else:
        threading.Thread(target=look, name="covermock-lookup", daemon=True).start()
    return found


def _addresses(host: str) -> tuple[str, ...]:
    try:
        rows = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(str(row[4][0]) for row in rows))


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def destination(url: str, addresses: tuple[str, ...], allowed: Collection[str]) -> Destination:
    """Return the way to a URL. Raises `BlockedError` unless every address is loopback, or the host is allowed."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    secure = parts.scheme.lower() == "https"
    strangers = [one for one in addresses if not ip_address(one.partition("%")[0]).is_loopback]
    if host.lower() not in allowed and (strangers or not addresses):
        received = f"{host} ({strangers[0] if strangers else 'it has no address'})"
        raise BlockedError(f"expected a loopback address, received {received}; start with --allow-callback {host}")
    if not addresses:
        raise OSError(f"no address found for {host}")
    authority = parts.netloc.rpartition("@")[2].encode("idna").decode()
    target = quote(parts.path or "/", safe=_PATH) + (f"?{quote(parts.query, safe=_PATH + '?')}" if parts.query else "")
    return Destination(secure, host, parts.port or (443 if secure else 80), authority, target, addresses)
