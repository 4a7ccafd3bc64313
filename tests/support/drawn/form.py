"""How a drawn gateway's answers look: envelope, JSON, coding, headers."""

import gzip
import json
import re
import zlib
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

TYPES = {400: "bad_request", 401: "authentication_error", 402: "insufficient_credits", 404: "not_found"}
_FRONT = {404, 405, 413, 414, 415, 429}  # what a proxy may say itself
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
        return self._encoded(200, self._with_more(value), self._media_type(self.p.type))

    def _with_more(self, value: dict[str, Any]) -> dict[str, Any]:
        """Return an answer with names that nobody documented."""
        more: dict[str, dict[str, Any]] = {
            "some": {"request_id": "r1"},
            "many": {"request_id": "r1", "error": None, "errors": [], "success": True, "status": "ok", "": 0},
            "huge": {"trace": "x" * 100_000, "deep": {"a": {"b": [[[{"c": 1e308}]]]}}},
            "both": {"msg": "success", "message": "success"},
        }
        inner: dict[str, dict[str, Any]] = {
            "some": {"server": "eu-1", "progress": 0.5},
            "many": {"id": "other", "error": None, "error_message": "", "progress": "50%", "clip": {"id": "x"}},
            "task": {"state": "running", "credits": 1, "result": None, "createdAt": 0, "cover": {}},
            "both": {name: value["data"].get("taskId", value["data"].get("task_id")) for name in ("taskId", "task_id")},
        }
        data = {**inner.get(self.p.extra, {}), **value["data"]}
        return {**more.get(self.p.extra, {}), **value, "data": data}

    def refusal(self, no: Refused, *, upload: bool, allow: str) -> Reply:
        """Return the answer to a refused one."""
        if no.about == "path" and self.p.paths in {"site", "html", "redirect"}:
            return self._other_path(self.p.paths)
        if no.about == "method" and self.p.methods == "html":
            return Reply(405, [("Content-Type", "text/html"), ("Allow", allow)], _HTML)
        label = self.p.upload_label if upload and self.p.upload_label and no.status in {400, 401, 404} else no.type
        if self.p.envelope == "front" and no.status in _FRONT:
            return Reply(no.status, [("Content-Type", "text/html"), *self._allowed(no, allow)], _HTML)
        reply = self._envelope(no.status, label)
        reply.headers += self._allowed(no, allow)
        return reply

    def _allowed(self, no: Refused, allow: str) -> list[tuple[str, str]]:
        """Return what stands beside a refusal."""
        more = {"all": f"{allow}, HEAD, OPTIONS", "lower": allow.lower(), "tight": f"OPTIONS,{allow}"}
        if no.status == 405 and not (no.about == "method" and self.p.methods == "no allow"):
            return [("Allow", more.get(self.p.allow, allow))]
        return [("WWW-Authenticate", self.p.challenge)] if no.status == 401 and self.p.challenge else []

    def _other_path(self, how: str) -> Reply:
        if how == "redirect":
            return Reply(302, [("Location", "/docs"), ("Content-Type", "text/plain")], b"see the docs")
        return Reply(200 if how == "site" else 404, [("Content-Type", "text/html; charset=utf-8")], _HTML)

    def _envelope(self, status: int, label: str) -> Reply:
        if self.p.envelope == "xml":
            return Reply(status, [("Content-Type", "application/xml")], b"<error><code>1</code></error>")
        if self.p.envelope in {"empty", "html"}:
            body = _HTML if self.p.envelope == "html" else b""
            return Reply(status, [("Content-Type", "text/html")] if body else [], body)
        error: dict[str, Any] = {"code": status, "message": self.p.words, "type": label}
        error |= {self.p.hints: "taskId"} if self.p.hints not in {"", "type"} else {}
        ways: dict[str, Any] = {
            "null type": {"error": error | {"type": None}},
            "empty message": {"error": error | {"message": ""}},
            "details": {"detail": [{"loc": ["body"], "msg": self.p.words, "type": label}]},
            "flat": error,
            "detail": {"detail": self.p.words},
            "text": {"error": self.p.words},
            "list": [error],
            "no type": {"error": {name: value for name, value in error.items() if name != "type"}},
            "no message": {"error": {name: value for name, value in error.items() if name != "message"}},
            "code text": {"error": error | {"code": str(status)}},
            "own code": {"error": error | {"code": status * 100 + 1}},
            "label as code": {"error": error | {"code": label, "type": "error"}},
            "msg": {"code": status, "msg": self.p.words, "data": None},
            "errors": {"errors": [error], "success": False},
            "problem": {
                "type": f"https://api.example/{label}",
                "title": "No",
                "status": status,
                "detail": self.p.words,
            },
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
        text = text.replace("/", "\\/") if look == "slashes" else text
        text = re.sub(r"[a-z](?=[a-z]*\")", lambda one: f"\\u{ord(one[0]):04X}", text) if look == "letters" else text
        ways = {"float": "{}.0", "exponent": "{}00e-2"}
        number = ways.get(self.p.numbers, "{}")
        return re.sub(r'("code": )(\d+)', lambda one: one[1] + number.format(one[2]), text).encode()

    def _coded(self, body: bytes) -> tuple[bytes, str]:
        raw = zlib.compressobj(wbits=-15)
        ways = {
            "identity": lambda: body,
            "gzip": lambda: gzip.compress(body),
            "x-gzip": lambda: gzip.compress(body),
            "deflate": lambda: zlib.compress(body),
            "gzip, gzip": lambda: gzip.compress(gzip.compress(body)),
            "br": lambda: b"\x0b" + body[::-1],
            "raw deflate": lambda: raw.compress(body) + raw.flush(),
        }
        coding = self.p.coding
        return (ways[coding](), coding.removeprefix("raw ")) if coding else (body, "")
