"""The envelope of each error as the contract documents it: schema and media type, by operation and status. Pure."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import orjson
from covermock.openapi import (
    ERROR_FACTS,
    ERROR_WORDS,
    Contract,
    InvalidSourceError,
    Operation,
    Render,
    UnrenderableError,
    Validator,
    renderer,
)

_MESSAGE: Final = "\0"  # stands for the text of an error where its place is looked for
_TYPED: Final = "error.type"
_LEAST_ERROR: Final = 400  # a fault may dictate a status below, whose schema is no envelope
Place = tuple[str | int, ...]


class Envelope(NamedTuple):
    """How an error is written; `place` is where its message stands, if it has one, `headers` say its media type."""

    render: Render
    media_type: str
    place: Place | None
    headers: tuple[tuple[str, str], ...]
    validator: Validator

    def write(self, status: int, message: str, kind: str) -> bytes:
        """Return the body of an error; `kind` is its type."""
        return self.render({"error.status": status, "error.message": message, _TYPED: kind})


class Envelopes:
    """The envelopes of a contract: that of the operation's documented response, else the file's first one."""

    def __init__(self, contract: Contract) -> None:
        """Compile them. Raises `InvalidSourceError` where there is none, or a row of x-errors lacks the type of its."""
        self._compiled: dict[tuple[int, str], Envelope] = {}
        self._by_status: dict[tuple[str, int], Envelope] = {}
        self._contract = contract
        found = [self._of(one, status) for one in contract.operations for status in one.refusals]
        usual = next((envelope for envelope in found if envelope and envelope.place is not None), None)
        if usual is None:
            problem = "expected a response to an error whose schema has error.message as an x-value, received none"
            raise InvalidSourceError(f"{contract.source.name}: paths: {problem}")
        self._usual = usual
        self._refuse_unfit()

    def of(self, operation: str, status: int) -> Envelope:
        """Return the envelope of an error that this operation gives, or (an empty text) that none gives."""
        known = self._by_status.get((operation, status))
        if known is None:
            one = self._contract.by_id.get(operation) if status >= _LEAST_ERROR else None
            known = self._by_status[operation, status] = (self._of(one, status) if one else None) or self._usual
        return known

    def message(self, body: bytes) -> str:
        """Return the text that a person reads in an error, or an empty one."""
        try:
            whole = orjson.loads(body)
        except ValueError:  # a fault has dictated another body
            return ""
        places = {envelope.place for envelope in self._compiled.values() if envelope.place is not None}
        texts = (_inside(whole, place) for place in sorted(places, key=str))
        return next((text for text in texts if isinstance(text, str)), "")

    def _of(self, operation: Operation, status: int | str) -> Envelope | None:
        """Return what the operation documents for the status, None where that has no message of an error."""
        try:
            schema, media_type = operation.schema(status), operation.media_type(status)
        except KeyError:
            return None
        key = (id(schema), media_type)
        if key not in self._compiled:
            try:
                render = renderer(self._contract.root, schema, ERROR_FACTS)
            except (KeyError, UnrenderableError) as error:
                at = ("paths", operation.path, operation.method.lower(), "responses", str(status))
                problem = f"expected an envelope of errors that can be made, received: {error}"
                raise self._contract.source.error(at, problem) from None
            sample = orjson.loads(render({"error.status": 0, "error.message": _MESSAGE, _TYPED: ""}))
            place, validator = next(_places(sample), None), Validator(schema, self._contract.root)
            self._compiled[key] = Envelope(render, media_type, place, (("Content-Type", media_type),), validator)
        return self._compiled[key]

    def _refuse_unfit(self) -> None:
        """Refuse rows of x-errors whose envelope shows a type that they lack, or refuses what they say."""
        for name, row in self._contract.errors.items():
            for operation in ("", *self._contract.by_id):
                envelope = self.of(operation, row.status)
                problem = "expected a type, since its envelope shows one, received none"
                if row.type or b"u0000" not in envelope.write(row.status, "", _MESSAGE):  # JSON writes the mark so
                    text = row.fill(dict.fromkeys(ERROR_WORDS, "something"))
                    broken = envelope.validator.violations(orjson.loads(envelope.write(row.status, text, row.type)))
                    problem = f"expected an error that its envelope takes, received {broken[0]}" if broken else ""
                if problem:
                    raise self._contract.source.error(("x-errors", name), problem)


def _places(value: Any, here: Place = ()) -> Iterator[Place]:
    """Yield where in an envelope the message is."""
    if value == _MESSAGE:
        yield here
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in inside:
        yield from _places(inner, (*here, step))


def _inside(value: Any, place: Place) -> Any:
    for step in place:
        try:
            value = value[step]
        except (LookupError, TypeError):
            return None
    return value
