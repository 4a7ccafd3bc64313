"""JSON values near a schema: mostly valid, now and then just beside it, or of another kind altogether."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from covermock.openapi import resolve

from .choices import Choices

Root = Mapping[str, Any]
_DEEPEST = 7
TEXTS = (
    "", "a", " ", "\x00", "\ud800", "é🎵", "x" * 300, "9" * 5000, "%00", "../..", "a/b", "a?b#c", "\r\nX: y", "-",
    "{0}", "{", "%(a)s", "null", "NaN", "1e999", "__proto__", "<script>", "'\"", "\u2028", "aio_", "Bearer x",
    "=" * 40, "http://127.0.0.1:9/", "http://[", "http://", "https://[::1]:99999/x", "ftp://a", "http://a b/",
    "http://é.example/\x7f", "http://127.0.0.1:9/" + "p" * 3000, "//x", "http://user:pass@localhost:1/?q#f",
    "http:///x", "http://%00/", "2026-02-24T12:00:30Z", "2016-12-31T23:59:60Z", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "2026-01-01T00:00:00+23:59",
    "2026-01-01t00:00:00.123456789z", "2026-02-30T00:00:00Z", "2026-01-01", "0000-01-01T00:00:00Z", "aGk=", "aGk",
    "1.png", "999.wav", "last", "0", "-1", "d1", "f1", "fz", "w1", "now",
)  # fmt: skip
NUMBERS = (
    0, 1, -1, 2, 5, 0.5, 1.0, 5.0, -0.0, 6, 60, 59.999999, 60.1, 1e-9, 5e-324, 1e15, 1e16, 1e308, -1e308, 2**31,
    2**53, 2**63, 2**64, 10**30, 86400, 86401, 3600, 3155760000, 31557600, 253402300799, 253402300800,
    253402300798.9999, -62135596800, 1e12, 1_000_000_000, 1_000_000, float("nan"), float("inf"), 1e400, 200, 404, 500,
    503, 99, 599, 600, 1780000000, 1779999999.5,
)  # fmt: skip
_PATTERNS = {
    "^(?!.*aio_)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$": (
        "fz",
        "a",
        "main",
        "docs",
        "second",
        "a" * 64,
        "a" * 65,
        "0.-_",
        "é",
        "w1",
        "w2",
    ),
    "^[!-~]{1,200}$": ("aio_fz", "aio_x", "!", "~" * 200, "~" * 201, "a b", "aio_your_api_key_here"),
    "^[ -~]+$": ("text/html", "a", "0", " ", "\n", "max-age=1"),
    "^d[1-9][0-9]{0,11}$": ("d1", "d2", "d0", "d999999999999", "d9999999999999"),
    "^[A-Za-z0-9+/]*={0,2}$": ("aGk=", "", "a", "====", "AAAA"),
}


class Values:
    """Makes values. `words` are texts that mean something where the values go: ids, names, keys."""

    def __init__(self, root: Root, words: Sequence[str] = (), texts: Sequence[str] = TEXTS) -> None:
        self.root = root
        self.words = tuple(words)
        self.texts = tuple(texts)

    def odd(self, choices: Choices, depth: int = 0) -> Any:
        """Return any JSON value, and some that JSON doesn't have."""
        kind = choices.below(9 if depth < 3 else 6)
        if kind < 2:
            return choices.pick(self.texts)
        if kind < 4:
            return choices.pick(NUMBERS)
        if kind < 6:
            return choices.pick((None, True, False, *self.words))
        if kind == 6:
            return [self.odd(choices, depth + 1) for _ in range(choices.below(4))]
        if kind == 7:
            return {str(self._text(choices)): self.odd(choices, depth + 1) for _ in range(choices.below(4))}
        return choices.text()

    def near(self, schema: Mapping[str, Any], choices: Choices, depth: int = 0) -> Any:
        """Return a value that mostly fits the schema."""
        if choices.one_in(24) or depth > _DEEPEST:
            return self.odd(choices)
        while "$ref" in schema:
            schema = resolve(self.root, schema["$ref"])
        if "anyOf" in schema and "properties" not in schema:
            return self.near(choices.pick(schema["anyOf"]), choices, depth + 1)
        for word, make in _KEYWORDS.items():
            if word in schema:
                return make(self, schema, choices, depth)
        kind = schema.get("type", "object" if "properties" in schema else "")
        if not isinstance(kind, str):
            kind = choices.pick(kind)
        return _KINDS.get(kind, Values._odd)(self, schema, choices, depth)

    def _text(self, choices: Choices) -> str:
        return choices.pick(self.words) if self.words and not choices.one_in(3) else choices.pick(self.texts)

    def _odd(self, _: Mapping[str, Any], choices: Choices, __: int) -> Any:
        return self.odd(choices)

    def _string(self, schema: Mapping[str, Any], choices: Choices, _: int) -> Any:
        known = _PATTERNS.get(schema.get("pattern", ""))
        if known and not choices.one_in(6):
            return choices.pick(known)
        if schema.get("format") == "date-time" and not choices.one_in(4):
            return choices.pick([text for text in self.texts if "T" in text[:11]])
        return self._text(choices)

    def _number(self, schema: Mapping[str, Any], choices: Choices, _: int) -> Any:
        least, most = schema.get("minimum", 0), schema.get("maximum", 1000)
        edges = (least, most, min(least + 1, most), least - 1, most + 1, float(least), least + 0.5)
        value = choices.pick(edges) if choices.one_in(2) else least + choices.below(16) if choices.one_in(3) else None
        return choices.pick(NUMBERS) if value is None else value

    def _object(self, schema: Mapping[str, Any], choices: Choices, depth: int) -> Any:
        properties, required = schema.get("properties", {}), schema.get("required", ())
        value = {
            name: self.near(inner, choices, depth + 1)
            for name, inner in properties.items()
            if (not choices.one_in(40) if name in required else choices.one_in(3))
        }
        more = schema.get("additionalProperties")
        if isinstance(more, Mapping):
            for _ in range(choices.below(4)):
                value[str(self.near(schema.get("propertyNames", {"type": "string"}), choices, depth + 1))] = self.near(
                    more, choices, depth + 1
                )
        elif choices.one_in(40):
            value[self._text(choices)] = self.odd(choices)
        return value

    def _array(self, schema: Mapping[str, Any], choices: Choices, depth: int) -> Any:
        fixed = [self.near(inner, choices, depth + 1) for inner in schema.get("prefixItems", ())]
        inner = schema.get("items")
        count = choices.below(4) if isinstance(inner, Mapping) and not fixed else int(choices.one_in(30))
        return fixed + [self.near(inner or {}, choices, depth + 1) for _ in range(count)]


_KEYWORDS: Any = {
    "const": lambda _values, schema, _choices, _depth: schema["const"],
    "enum": lambda _values, schema, choices, _depth: choices.pick(schema["enum"]),
    "allOf": lambda values, schema, choices, depth: values.near(schema["allOf"][0], choices, depth),
    "oneOf": lambda values, schema, choices, depth: values.near(choices.pick(schema["oneOf"]), choices, depth + 1),
}
_KINDS: Any = {
    "string": Values._string,
    "number": Values._number,
    "integer": Values._number,
    "object": Values._object,
    "array": Values._array,
    "boolean": lambda _values, _schema, choices, _depth: choices.pick((True, False)),
    "null": lambda _values, _schema, _choices, _depth: None,
}


def body_of(value: Any, choices: Choices) -> bytes:
    """Return the value as the bytes of a body, now and then spoilt."""
    body = json.dumps(value).encode()
    if not choices.one_in(10):
        return body
    at, kind = choices.below(len(body) or 1), choices.below(6)
    piece = choices.take(choices.below(6))
    if kind == 0:
        return body[:at] + piece + body[at:]
    if kind == 1:
        return body[:at] + piece + body[at + len(piece) :]
    if kind == 2:
        return body[:at]
    if kind == 3:
        return body.replace(b"{", b'{"a":1,"a":2,' if len(body) > 2 else b'{"a":1,"a":2', 1)
    if kind == 4:
        return body + body
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
