"""An exported world without keys of other gateways, such that it can be restored all the same."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..http.redaction import Known, redact_fields, redact_headers, redact_text, redact_value
from .export import Document

_IDS = frozenset({"id", "source"})


def redact_export(document: Document, known: Known) -> Any:
    """Return the document as it may be shown. An id stays what it is, even if it looks like a key."""
    ids = frozenset(_ids(document["state"]))

    def plain(text: str) -> bool:
        return text in ids or known(text)

    journals = {
        name: {
            **document[name],
            "entries": [_entry(entry, plain, fields=fields) for entry in document[name]["entries"]],
        }
        for name, fields in (("journal", True), ("controls", False))  # what a control call sets is needed for a replay
    }
    rest = {name: value for name, value in document.items() if name not in journals}
    shown = redact_value(rest, plain)
    return {name: journals.get(name) or shown[name] for name in document}


def _ids(value: Any, name: str = "") -> Iterator[str]:
    """Yield the ids in a world's state: names of mappings, and what is called an id."""
    if isinstance(value, Mapping):
        yield from value
        for inner_name, inner in value.items():
            yield from _ids(inner, inner_name)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _ids(inner)
    elif name in _IDS and isinstance(value, str):
        yield value


def _entry(entry: Document, known: Known, *, fields: bool) -> Document:
    request, redact = entry["request"], redact_fields if fields else redact_text
    shown: dict[str, Any] = redact_value(entry, known)
    shown["request"] |= {
        "headers": redact_headers(request["headers"], known),
        "query": redact(request["query"], known),
        "body": _body(request["body"], known, redact),
    }
    shown["answer"]["body"] = _body(entry["answer"]["body"], known, redact_text)
    return shown


def _body(body: str | Mapping[str, str], known: Known, redact: Callable[[str, Known], str]) -> str | Mapping[str, str]:
    """Return a body as it may be shown; one that is no text is looked through all the same, and stays base64."""
    if isinstance(body, str):
        return redact(body, known)
    shown = redact(b64decode(body["base64"]).decode("latin-1"), known)
    return {"base64": b64encode(shown.encode("latin-1")).decode()}
