"""How a request carries its key, as the contract's security scheme says: http bearer, or apiKey in a header."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .source import Source


@dataclass(frozen=True, slots=True)
class KeyScheme:
    """`header` is the name of the header, `word` what stands before the key in it (`Bearer`), or empty.

    `prefix` is how keys begin; `clause` is the scheme's.
    """

    header: str
    word: str = ""
    prefix: str = ""
    clause: str | None = None

    def value(self, key: str) -> str:
        """Return the header's value for a key."""
        return f"{self.word} {key}" if self.word else key

    def carry(self, key: str) -> tuple[str, str]:
        """Return the header, as (name, value), that carries a key."""
        return self.header, self.value(key)

    def key(self, value: str) -> str:
        """Return the key in a header's value, or an empty text; the case of the word before it is open."""
        if not self.word:
            return value.strip()
        word, _, key = value.partition(" ")
        return key.strip() if word.lower() == self.word.lower() else ""


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
    row = rows[names[0]]
    header, word = (row["name"], "") if row["type"] == "apiKey" else ("Authorization", "Bearer")
    return KeyScheme(header, word, row.get("x-key-prefix", ""), row.get("x-clause"))
