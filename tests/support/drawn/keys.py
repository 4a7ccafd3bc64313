"""Whose key a request carries, and where a drawn gateway looks for one."""

from types import SimpleNamespace
from urllib.parse import parse_qsl

from .form import Refused

KEYS = {"main": "aio_Main_key_of_a_drawn_gateway", "second": "aio_Second_key", "poor": "aio_Poor_key"}
_OF_KEY = {key: who for who, key in KEYS.items()}


class Door:
    """Lets accounts in, by their keys."""

    def __init__(self, points: SimpleNamespace) -> None:
        self.p = points

    def account(self, headers: dict[str, str], query: str, *, upload: bool) -> str:
        """Return whose key it is. Raises `Refused`."""
        given = headers.get("authorization")
        key = self._elsewhere(headers, query, given) if self.p.elsewhere else None
        if key is None and given is not None:
            scheme, _, text = given.partition(" ")
            known = scheme == "Bearer" or (self.p.scheme_case and scheme.lower() == "bearer")
            key = text if known else None
        if key not in _OF_KEY:
            raise Refused(self.p.upload_key or 401 if upload else 401, "authentication_error")
        return _OF_KEY[key]

    def glimpse(self, headers: dict[str, str]) -> str:
        """Return whose key it may be, before anybody has looked."""
        return _OF_KEY.get(headers.get("authorization", "").partition(" ")[2], "main")

    def _elsewhere(self, headers: dict[str, str], query: str, given: str | None) -> str | None:
        """Return a key that stands where it is not documented, and this gateway looks."""
        how, text = self.p.elsewhere, given or ""
        if how == "x-api-key" and given is None:
            return headers.get("x-api-key")
        if how == "query" and given is None:
            return dict(parse_qsl(query)).get("api_key")
        if how in {"Token", "Basic"} and text.startswith(f"{how} "):
            return text.partition(" ")[2]
        if how == "bare" and " " not in text:
            return text
        return text.partition(" ")[2] if how == "any" else None
