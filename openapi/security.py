"""How a request carries its key, as the contract's security scheme says: http bearer, or apiKey in header or query."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, quote

from .source import Source

_FRAMING: Final = frozenset({"host", "connection", "content-length", "content-type", "transfer-encoding", "accept"})
IN_QUERY: Final = "?"  # begins the name of what belongs into the query, and never that of a header


@dataclass(frozen=True, slots=True)
class KeyScheme:
    """`header` is the name of the header, or `?name` where the query has the key; `word` stands before it (`Bearer`).

    `prefix` is how keys begin; `clause` is the scheme's.
    """

    header: str
    word: str = ""
    prefix: str = ""
    clause: str | None = None

    def headers(self, key: str) -> dict[str, str]:
        """Return the headers of a request with a key."""
        return dict(in_place([self.carry(key)], "")[0])

    def params(self, key: str) -> dict[str, str]:
        """Return the parameters in the query of a request with a key."""
        return {self.parameter: key} if self.parameter else {}

    @property
    def parameter(self) -> str:
        """Return the name of the query parameter that carries keys, or an empty text."""
        return self.header[1:] if self.header.startswith(IN_QUERY) else ""

    @property
    def place(self) -> str:
        """Return where keys stand, in words."""
        return f"the query parameter {self.parameter}" if self.parameter else f"the header {self.header}"

    def given(self, headers: Mapping[str, str], query: str) -> str | None:
        """Return what a request has in the place of the key; the names of headers are in lower case."""
        if not self.parameter:
            return headers.get(self.header.lower())
        return next(iter(parse_qs(query, keep_blank_values=True).get(self.parameter, ())), None)

    def value(self, key: str) -> str:
        """Return the header's value for a key."""
        return f"{self.word} {key}" if self.word else key

    def carry(self, key: str) -> tuple[str, str]:
        """Return the header, as (name, value), that carries a key; `in_place` puts it where it belongs."""
        return self.header, self.value(key)

    def key(self, value: str) -> str:
        """Return the key in a header's value, or an empty text; the case of the word before it is open."""
        if not self.word:
            return value.strip()
        word, _, key = value.partition(" ")
        return key.strip() if word.lower() == self.word.lower() else ""


def out_of_place(scheme: KeyScheme | None, headers: Mapping[str, str], query: str) -> tuple[Mapping[str, str], str]:
    """Return (headers, query) with a key that stands in the query among the headers, as `carry` has it."""
    given = scheme.given(headers, query) if scheme and scheme.parameter else None
    if scheme is None or given is None:
        return headers, query
    others = [pair for pair in query.split("&") if pair.partition("=")[0] != scheme.parameter]
    return {**headers, scheme.header.lower(): given}, "&".join(others)


def in_place(headers: Iterable[tuple[str, str]], query: str, safe: str = "") -> tuple[tuple[tuple[str, str], ...], str]:
    """Return (headers, query) with those headers in the query whose names say so: `?api_key`."""
    rows = tuple(headers)
    inside = [f"{name[1:]}={quote(value, safe=safe)}" for name, value in rows if name.startswith(IN_QUERY)]
    others = tuple(row for row in rows if not row[0].startswith(IN_QUERY))
    return others, "&".join([*([query] if query else []), *inside])


def read_scheme(source: Source) -> KeyScheme | None:
    """Return the scheme of the document's `security`, None where it asks for none. Raises `InvalidSourceError`."""
    asked = source.data.get("security", [])
    if not asked:
        return None
    names = [name for one in asked for name in one]
    if len(names) != 1:
        raise source.error(("security",), f"expected one scheme, received {len(names)}; a key says whose request it is")
    rows: Mapping[str, Any] = source.data.get("components", {}).get("securitySchemes", {})
    if names[0] not in rows:
        raise source.error(("security", 0, names[0]), "expected a scheme of components.securitySchemes, received none")
    at, row = ("components", "securitySchemes", names[0]), rows[names[0]]
    if row.get("in") == "header" and row.get("name", "").lower() in _FRAMING:
        raise source.error(at, f"expected a header that means nothing else, received {row['name']}")
    name = f"{IN_QUERY}{row['name']}" if row.get("in") == "query" else row.get("name", "")
    header, word = (name, "") if row["type"] == "apiKey" else ("Authorization", "Bearer")
    return KeyScheme(header, word, row.get("x-key-prefix", ""), row.get("x-clause"))
