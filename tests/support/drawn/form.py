"""How a drawn gateway's answers look: envelope, JSON, coding, headers."""

import gzip
import json
import zlib
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

TYPES = {400: "bad_request", 401: "authentication_error", 402: "insufficient_credits", 404: "not_found"}
_HTML = b"<!doctype html><h1>Not found</h1>"


class Refused(Exception):  # noqa: N818 - an answer, no error
    """An error that is due. `about` says what it is about: a path, a method, a key."""

    def __init__(self, status: int, type_: str = "", about: str = "") -> None:
        super().__init__(status)
        self.status, self.type, self.about = status, type_ or TYPES.get(status, "error"), about


@dataclass
class Reply:
    """An answer. `wire` says what goes wrong on its way: dropped, cut, slow."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    wire: str = ""
    more: dict[str, Any] = field(default_factory=dict)


class Form:
    """Makes answers of values."""

    def __init__(self, points: SimpleNamespace) -> None:
        self.p = points

    def accepted(self, value: dict[str, Any]) -> Reply:
        """Return the answer to an accepted request."""
        if self.p.extra:
            value = {**value, "request_id": "r1", "data": {**value["data"], "server": "eu-1", "progress": 0.5}}
        return self._encoded(200, value, self._media_type(self.p.type))

    def refusal(self, no: Refused, *, upload: bool, allow: str) -> Reply:
        """Return the answer to a refused one."""
        if no.about == "path" and self.p.paths in {"site", "html", "redirect"}:
            return self._other_path(self.p.paths)
        if no.about == "method" and self.p.methods == "html":
            return Reply(405, [("Content-Type", "text/html"), ("Allow", allow)], _HTML)
        label = self.p.upload_label if upload and self.p.upload_label and no.status in {400, 401, 404} else no.type
        reply = self._envelope(no.status, label)
        more = f"{allow}, HEAD, OPTIONS" if self.p.allow == "all" else allow
        if no.status == 405 and not (no.about == "method" and self.p.methods == "no allow"):
            reply.headers.append(("Allow", more))
        return reply

    def _other_path(self, how: str) -> Reply:
        if how == "redirect":
            return Reply(302, [("Location", "/docs"), ("Content-Type", "text/plain")], b"see the docs")
        return Reply(200 if how == "site" else 404, [("Content-Type", "text/html; charset=utf-8")], _HTML)

    def _envelope(self, status: int, label: str) -> Reply:
        if self.p.envelope in {"empty", "html"}:
            body = _HTML if self.p.envelope == "html" else b""
            return Reply(status, [("Content-Type", "text/html")] if body else [], body)
        error: dict[str, Any] = {"code": status, "message": self.p.words, "type": label}
        error |= {self.p.hints: "taskId"} if self.p.hints not in {"", "type"} else {}
        ways: dict[str, Any] = {
            "flat": error,
            "detail": {"detail": self.p.words},
            "text": {"error": self.p.words},
            "list": [error],
            "no type": {"error": {name: value for name, value in error.items() if name != "type"}},
            "no message": {"error": {name: value for name, value in error.items() if name != "message"}},
            "code text": {"error": error | {"code": str(status)}},
        }
        value = ways.get(self.p.envelope, {"error": error} | ({"request_id": "r1"} if self.p.extra else {}))
        return self._encoded(status, value, self._media_type(self.p.problem or self.p.type))

    def _media_type(self, usual: str) -> str:
        return self.p.header or usual

    def _encoded(self, status: int, value: Any, media_type: str) -> Reply:
        headers = [] if media_type == "none" else [("Content-Type", media_type)]
        body = self._text(value)
        body, coding = self._coded(body)
        headers += [("Content-Encoding", coding), ("Vary", "Accept-Encoding")] if coding else []
        return Reply(status, headers, body)

    def _text(self, value: Any) -> bytes:
        if self.p.order and isinstance(value, dict):
            value = dict(sorted(value.items(), reverse=self.p.order == "reversed"))
        look = self.p.text
        text = json.dumps(value, ensure_ascii=look == "escaped", indent=2 if look == "pretty" else None)
        text = f"\n  {text}\r\n\r\n" if look == "spaced" else text + "\n" * (look == "newline")
        return text.encode()

    def _coded(self, body: bytes) -> tuple[bytes, str]:
        raw = zlib.compressobj(wbits=-15)
        ways = {
            "gzip": lambda: gzip.compress(body),
            "x-gzip": lambda: gzip.compress(body),
            "deflate": lambda: zlib.compress(body),
            "raw deflate": lambda: raw.compress(body) + raw.flush(),
        }
        coding = self.p.coding
        return (ways[coding](), coding.removeprefix("raw ")) if coding else (body, "")
