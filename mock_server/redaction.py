"""What is never shown: secrets in headers, and keys that are not this mock's own."""

import re
from collections.abc import Callable, Mapping

REDACTED = "<redacted>"
_SECRET_HEADERS = frozenset({"cookie", "set-cookie", "x-api-key", "api-key", "proxy-authorization", "x-auth-token"})
_KEY = re.compile(r"aio_[A-Za-z0-9_\-]+")

Known = Callable[[str], bool]


def public(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a request that a key of this mock has authorized, without other secrets."""
    return {name: REDACTED if name in _SECRET_HEADERS else value for name, value in headers.items()}


def headers_shown(headers: Mapping[str, str], known: Known) -> dict[str, str]:
    """Return headers as they may be shown: of an Authorization only the scheme, unless the key is the mock's own."""
    return {name: _authorization(value, known) if name == "authorization" else text_shown(value, known)
            for name, value in public(headers).items()}  # fmt: skip


def text_shown(text: str, known: Known) -> str:
    """Return a text in which everything that looks like a key of another gateway is left out."""
    return _KEY.sub(lambda found: found[0] if known(found[0]) else REDACTED, text) if "aio_" in text else text


def _authorization(value: str, known: Known) -> str:
    scheme, _, key = value.partition(" ")
    return value if known(key.strip()) else f"{scheme if key else ''} {REDACTED}".strip()
