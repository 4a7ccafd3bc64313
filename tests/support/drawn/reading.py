"""How a drawn gateway reads requests: strictly or not, wherever nobody documented which."""

import json
import re
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .form import Refused

_IDS = {"cover": ("taskId", "task_id"), "music": ("audio_id",)}
_TEXTS = ("prompt", "style", "title")
_KNOWN = {"cover": {"taskId", "task_id"}, "music": {"audio_id", "custom_mode", *_TEXTS, "callback_url"}}
_LIMITS = {"prompt": 3000, "style": 200, "title": 80}
_ODD = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\ufffd]")
_LONG_ID, _LONG_TEXT = 300, 5200


def is_odd(text: str) -> bool:
    """Return True if a text has control characters, half surrogates, or what can't be decoded."""
    return bool(_ODD.search(text))


class Body:
    """Reads bodies and parameters, and refuses them."""

    def __init__(self, points: SimpleNamespace) -> None:
        self.p = points

    def invalid(self) -> Refused:
        """Return the refusal of what the request itself shows."""
        return Refused(self.p.invalid, "bad_request")

    def parameter(self, query: str) -> str:
        """Return the task id in a query."""
        if self.p.percent == 400 and re.search("%(?![0-9A-Fa-f]{2})", query):
            raise Refused(400)
        pairs = parse_qsl(query, keep_blank_values=True)
        values = [value for name, value in pairs if name == "task_id"]
        if self.p.strangers == 400 and len(values) < len([name for name, _ in pairs if name != "api_key"]):
            raise self.invalid()
        if not values:
            raise self.invalid()
        if len(values) > 1 and self.p.twice == 400:
            raise self.invalid()
        value = values[-1 if self.p.twice == "last" else 0]
        self.odd(value)
        return value

    def odd(self, name: str) -> None:
        """Refuse an odd id as this gateway does; else it is just unknown."""
        for applies, status in (
            (not name.strip(), self.p.blank),
            (len(name) > _LONG_ID, self.p.long_id),
            (is_odd(name) or name != name.strip(), self.p.odd_id),
        ):
            if applies:
                raise Refused(status, "not_found" if status == 404 else "bad_request")

    def value(self, raw: bytes) -> dict[str, Any]:
        """Return the object that a body holds."""
        if self.p.large and len(raw) > self.p.large:
            raise Refused(413, "too_large")
        lax = self.p.encodings == "lax"
        try:
            text = raw.decode("utf-8-sig" if lax else "utf-8", "replace" if lax else "strict")
            reader = json.JSONDecoder(object_pairs_hook=self._pairs, parse_constant=self._constant)
            value = reader.raw_decode(text.lstrip())[0] if self.p.trailing else reader.decode(text)
        except (ValueError, RecursionError):
            raise Refused(self.p.malformed, "bad_request") if self.p.malformed else self.invalid() from None
        if self.p.depth and _depth(value) > self.p.depth:
            raise self.invalid()
        if not isinstance(value, dict):
            raise self.invalid()
        return value

    def _pairs(self, found: list[tuple[str, Any]]) -> dict[str, Any]:
        if self.p.twice == 400 and len(dict(found)) < len(found):
            raise ValueError("a key twice")
        return dict(reversed(found)) if self.p.twice == "first" else dict(found)

    def _constant(self, _: str) -> float:
        if self.p.no_numbers == 400:
            raise ValueError("no number")
        return 0.0

    def fields(self, headers: dict[str, str], raw: bytes, kind: str) -> dict[str, Any]:
        """Return the fields of a body, each as it should be; `null` is left out where it may be absent."""
        self._media_type(headers)
        value = self.value(raw)
        if self.p.strangers == 400 and value.keys() - _KNOWN[kind]:
            raise self.invalid()
        nulls = {name for name, one in value.items() if one is None and name not in _IDS[kind]}
        if nulls & _KNOWN[kind] and self.p.nulls == 400:
            raise self.invalid()
        value = {name: one for name, one in value.items() if name not in nulls}
        name = self.named(value, kind)
        if name is None:
            raise self.invalid()
        self.odd(name)
        return self._steering(value) if kind == "music" else value

    def _media_type(self, headers: dict[str, str]) -> None:
        given = headers.get("content-type", "")
        said = given.partition(";")[0].strip().lower()
        verdict = self.p.media if said else self.p.no_media
        foreign = said != "application/json" or "utf-16" in given
        if foreign and verdict != "taken":
            raise Refused(verdict, "bad_request" if verdict == 400 else "unsupported_media_type")

    def named(self, value: dict[str, Any], kind: str) -> str | None:
        """Return the id in a body, or None where it names none; refuse one of another type."""
        names = [name for name in _IDS[kind] if name in value]
        names = [name for name in names if name != "task_id"] if self.p.one_spelling else names
        if len(names) > 1 and self.p.both == 400:
            raise self.invalid()
        if not names:
            return None
        return self._text(value[names[-1 if self.p.both == "second" else 0]])

    def _text(self, value: Any) -> str:
        if self.p.coerces and isinstance(value, (bool, int, float)):
            return str(value)
        if not isinstance(value, str):
            raise self.invalid()
        return value

    def _steering(self, value: dict[str, Any]) -> dict[str, Any]:
        custom = self._flag(value.get("custom_mode", False))
        if not custom and self.p.unsteered == 400 and value.keys() & {*_TEXTS}:
            raise self.invalid()
        if custom or self.p.odd_types_as_it_is == 400:
            value = value | {name: self._steered(name, value[name]) for name in _TEXTS if name in value}
        if custom and ("prompt" not in value or (value["prompt"] == "" and self.p.empty_prompt == 400)):
            raise self.invalid()
        if "callback_url" in value:
            value = value | {"callback_url": self._callback(value["callback_url"])}
        return value

    def _flag(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        if self.p.coerces and value in (0, 1, "true", "false", "yes"):
            return value in (1, "true", "yes")
        raise self.invalid()

    def _steered(self, name: str, value: Any) -> str:
        text = self._text(value)
        if self.p.waf and "<" in text:
            raise Refused(403, "forbidden")
        if len(text) > _LONG_TEXT and self.p.long_text != "taken":
            raise Refused(self.p.long_text, "bad_request")
        if (is_odd(text.replace("\n", "").replace("\t", "")) or (text and not text.strip())) and self.p.odd_text == 400:
            raise self.invalid()
        if self.p.short_texts and len(text) > _LIMITS[name]:
            raise self.invalid()
        return text

    def _callback(self, value: Any) -> str:
        text = self._text(value)
        if not text.strip() or text != text.strip() or is_odd(text):
            if self.p.odd_url == 400 or (not text and self.p.empty_callback == 400):
                raise self.invalid()
            return text.strip()
        if self.p.any_callback:
            return text
        if not _is_url(text):
            raise self.invalid()
        plain = re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{2,5})?(/[!-~]*)?", text)
        if not plain and self.p.odd_url == 400:
            raise self.invalid()
        return text


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme.lower() in {"http", "https"} and bool(parts.netloc)


def _depth(value: Any) -> int:
    deepest, level = 0, [value]
    while level:
        deepest += 1
        level = [
            inner
            for one in level
            if isinstance(one, (dict, list))
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
    return deepest
