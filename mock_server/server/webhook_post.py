"""One webhook on its way: where it may go, how it is signed, and the POST itself. No key of anybody is in it."""

import asyncio
import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    import httpx

_READ = 65_536  # bytes of a receiver's answer that are read


class BlockedError(Exception):
    """An address that webhooks may not go to."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a webhook goes: its URL, and the addresses that its host's name stood for when they were checked."""

    parts: SplitResult
    host: str
    port: int
    addresses: tuple[str, ...]

    def target(self, address: str) -> str:
        """Return the URL with the address in the place of the name."""
        netloc = f"[{address}]:{self.port}" if ":" in address else f"{address}:{self.port}"
        return self.parts._replace(netloc=netloc, fragment="").geturl()


async def checked(url: str, allowed: Collection[str]) -> Route:
    """Look up the URL's host. Raises `BlockedError` unless every address is loopback, or the host is allowed."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme.lower() == "https" else 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        found = []
    addresses = tuple(dict.fromkeys(str(row[4][0]) for row in found))
    strangers = [one for one in addresses if not ipaddress.ip_address(one.partition("%")[0]).is_loopback]
    if host.lower() not in allowed and (strangers or not addresses):
        received = f"{host} ({strangers[0] if strangers else 'it has no address'})"
        raise BlockedError(f"expected a loopback address, received {received}; start with --allow-callback {host}")
    if not addresses:
        raise OSError(f"no address found for {host}")
    return Route(parts, host, port, addresses)


async def post(
    client: "httpx.AsyncClient", route: Route, body: bytes, headers: Mapping[str, str], within: float
) -> tuple[int, str]:
    """POST to an address that was checked, not to what the name says a moment later; return (status, problem)."""
    import httpx

    whole = {"Host": route.parts.netloc.rpartition("@")[2], "Content-Type": "application/json", **headers}
    for number, address in enumerate(route.addresses, 1):
        request = client.build_request(
            "POST",
            route.target(address),
            content=body,
            headers=whole,
            timeout=within,
            extensions={"sni_hostname": route.host},
        )
        try:
            return await _sent(client, request)
        except httpx.ConnectError:
            if number == len(route.addresses):
                raise
    raise OSError(f"no address found for {route.host}")


async def _sent(client: "httpx.AsyncClient", request: "httpx.Request") -> tuple[int, str]:
    response = await client.send(request, stream=True)
    try:
        read = 0
        async for piece in response.aiter_raw():
            read += len(piece)
            if read > _READ:
                break
    finally:
        await response.aclose()
    if response.is_redirect:
        place = response.headers.get("location", "nowhere")
        return response.status_code, f"expected a status 2xx, received a redirect to {place}, which is not followed"
    return response.status_code, ""


def signature(secret: str | None, body: bytes) -> dict[str, str]:
    """Return the headers that sign a webhook, where there is a secret (undocumented, so off by default)."""
    if not secret:
        return {}
    return {"X-Signature": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}
