"""What is never shown: secrets in headers, and keys that are not this mock's own."""

import re
from collections.abc import Callable, Mapping
from typing import Any

REDACTED = "<redacted>"
_SECRET_HEADERS = frozenset({"cookie", "set-cookie", "x-api-key", "api-key", "proxy-authorization", "x-auth-token"})
_KEY = re.compile(r"aio_[A-Za-z0-9_\-]+")

Known = Callable[[str], bool]


def redact_headers(headers: Mapping[str, str], known: Known) -> dict[str, str]:
    """Return headers as they may be shown: of an Authorization only the scheme, unless the key is the mock's own."""
    return {name: _header(name, value, known) for name, value in headers.items()}


def redact_text(text: str, known: Known) -> str:
    """Return a text in which everything that looks like a key of another gateway is left out."""
    return _KEY.sub(lambda found: found[0] if known(found[0]) else REDACTED, text) if "aio_" in text else text


def redact_value(value: Any, known: Known) -> Any:
    """Return a JSON value in which every text is as it may be shown, names included."""
    if isinstance(value, str):
        return redact_text(value, known)
    if isinstance(value, Mapping):
        return {redact_text(name, known): redact_value(inner, known) for name, inner in value.items()}
    return [redact_value(inner, known) for inner in value] if isinstance(value, list | tuple) else value


def _header(name: str, value: str, known: Known) -> str:
    if name in _SECRET_HEADERS:
        return REDACTED
    if name != "authorization":
        return redact_text(value, known)
    scheme, _, key = value.partition(" ")
    return value if known(key.strip()) else f"{scheme if key else ''} {REDACTED}".strip()
