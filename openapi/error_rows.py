"""The errors that a contract can give (x-errors): status, type, clause, and the template of their text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Formatter

from .names import nearest
from .source import Source, excerpt

ERROR_WORDS = ("expected", "received", "remedy", "violations")


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One row of x-errors: what a client gets for it; `type` may be empty. `fill` completes the template `message`."""

    name: str
    status: int
    type: str
    message: str
    clause: str | None

    def fill(self, words: Mapping[str, object]) -> str:
        """Return the text for a client; words that the template doesn't use are left out."""
        return self.message.format_map(_Words(words))


class _Words(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return ""


def read_errors(source: Source) -> dict[str, ErrorRow]:
    """Return the errors of a file by name. Raises `InvalidSourceError` for a text that could not be filled."""
    rows = source.data.get("x-errors", {})
    for name, row in rows.items():
        for problem in _template_problems(row["message"]):
            raise source.error(("x-errors", name, "message"), problem)
    return {
        name: ErrorRow(name, row["status"], row.get("type", ""), row["message"], row.get("clause"))
        for name, row in rows.items()
    }


def _template_problems(message: str) -> Iterator[str]:
    """Yield what would make the text of an error fail, or stay incomplete, when a client is to read it."""
    try:
        words = [word for _, word, _, _ in Formatter().parse(message) if word is not None]
    except ValueError as error:
        yield f"expected a text with words in braces, received {excerpt(message)} ({error}); write a brace itself twice"
        return
    for word in words:
        if word not in ERROR_WORDS:
            yield f"expected a known word in braces, received {word!r} ({nearest(word, ERROR_WORDS)})"
