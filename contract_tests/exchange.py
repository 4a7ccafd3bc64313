"""A request, what came back, and the curl line that repeats it. Plain values; knows no socket and no rule."""

import json
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from covermock.openapi import JSON, KeyScheme, in_place

from .statuses import is_crash, is_success
from .vocabulary import KEY_VARIABLES

UNREADABLE = object()
MARK = b"\xef\xbb\xbf"  # a byte-order mark, which JSON may not begin with
MAIN_KEY = "${COVERMOCK_API_KEY}"  # stands for the key in a header, so that no curl line ever holds one
CUT_KEY = "${COVERMOCK_API_KEY%?}"  # as a shell reads it: without its last character
UPPER_KEY = "${COVERMOCK_API_KEY^^}"  # as bash reads it: in capitals

_SHOWN_BODY = 6000
_VARIABLE = re.compile(r"(\$\w*_BASE_URL|\$\w*_API_KEY|\$\{\w*_API_KEY(?:%\?|\^\^)?\})")


@dataclass(frozen=True, slots=True)
class Sent:
    """One request. `who` is the role of the key (main, second, poor), or "" when `headers` say all there is.

    `query` is the raw text after the question mark; `story` says which check sent it, and why.
    """

    method: str
    path: str
    who: str = "main"
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    story: str = ""

    def with_headers(self, headers: Iterable[tuple[str, str]]) -> "Sent":
        return replace(self, headers=(*headers, *self.headers))

    def with_body(self, body: object) -> "Sent":
        """Return the same request with a body: bytes as they are, or a JSON value."""
        raw = body if isinstance(body, bytes) else json_body(body)
        return replace(self.with_headers([("Content-Type", JSON)]), body=raw)


@dataclass(frozen=True)
class Answer:
    """What came back. `problem` is empty for a complete HTTP answer, else says how it fell short.

    `sealed` is a content coding of the body that can't be undone here, `garbled` says why a known one couldn't.

    `seconds` is the time from the request's last byte, or from the connection's end, to the answer's last byte.
    """

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0
    problem: str = ""
    sealed: str = ""
    garbled: str = ""

    @cached_property
    def json(self) -> Any:
        """Return the body's JSON value, or `UNREADABLE` when it is none."""
        if self.garbled:
            return UNREADABLE
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return UNREADABLE

    @property
    def flaw(self) -> str:
        """Return what is wrong with the bytes of a body that can be read as JSON: a mark before it, or no UTF-8."""
        if self.body.startswith(MARK):
            return "a byte-order mark before the JSON"
        try:
            self.body.decode("utf-8")
        except UnicodeDecodeError:
            return "JSON that is not UTF-8"
        return ""

    @property
    def charset(self) -> str:
        """Return the charset that the content type claims for JSON, where it is another than its one."""
        named = re.search(r";\s*charset=\"?([^;\"\s]*)", self.headers.get("content-type", ""), re.IGNORECASE)
        return named[1] if named and named[1].lower() not in {"", "utf-8", "utf8", "us-ascii"} else ""

    @property
    def is_json(self) -> bool:
        """Return True if the content type says JSON, whatever its parameters."""
        media_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return media_type == JSON or media_type.endswith("+json")

    @property
    def ok(self) -> bool:
        """Return True if the gateway accepted the request."""
        return not self.problem and is_success(self.status)

    @property
    def is_failure(self) -> bool:
        """Return True if there is no complete answer, or the gateway says that it is at fault itself."""
        return bool(self.problem) or is_crash(self.status)

    def __str__(self) -> str:
        if self.problem:
            return self.problem
        if self.sealed or self.garbled:
            return f"{self.status} {self.garbled or f'a body in the coding {self.sealed}'}"
        text = self.body.decode("utf-8", "replace")
        return f"{self.status} {text[:300]}{'…' if len(text) > 300 else ''}"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer. `began` and `ended` are seconds on the run's own clock, `number` counts from 1."""

    number: int
    sent: Sent
    answer: Answer
    began: float
    ended: float


def json_body(value: object) -> bytes:
    return json.dumps(value).encode()


def json_object(raw: bytes | None) -> Mapping[str, Any]:
    """Return the object that a body holds, or an empty one."""
    try:
        value = json.loads(raw or b"")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def curl(sent: Sent, url: str, scheme: KeyScheme | None) -> str:
    """Return a curl line that repeats the request; a key is only named by its environment variable."""
    key = [scheme.carry(f"${KEY_VARIABLES[sent.who]}")] if sent.who and scheme else []
    headers, query = in_place([*key, *sent.headers], sent.query, safe="${}%?^ ")
    target = f"{url}{sent.path}" + (f"?{query}" if query else "")
    return curl_line(sent.method, target, headers, sent.body)


def curl_line(method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes | None) -> str:
    """Return a curl line. Variables of ours in the URL or in a header are for the shell to replace."""
    words = ["curl", "-sS", "-i", *(["-X", method] if method != "GET" else []), _word(url)]
    for name, value in headers:
        words += ["-H", _word(f"{name}: {value}")]
    if body is not None:
        words += ["--data-binary", _literal(body)]
    return " ".join(words)


def _word(text: str) -> str:
    """Return the text as a word of a shell, in which nothing but our variables is replaced."""
    parts = _VARIABLE.split(text)
    return "".join(f'"{part}"' if number % 2 else shlex.quote(part) for number, part in enumerate(parts) if part)


def _literal(body: bytes) -> str:
    """Return the body as a word of a shell; bytes that are no text are written as bash reads them."""
    if len(body) > _SHOWN_BODY:
        return f"{shlex.quote(body[:200].decode('latin-1'))}  # {len(body)} bytes in all, cut here"
    if all(32 <= byte < 127 for byte in body):
        return shlex.quote(body.decode("ascii"))
    escaped = "".join(chr(b) if 32 <= b < 127 and chr(b) not in "'\\" else f"\\x{b:02x}" for b in body)
    return f"$'{escaped}'"
