"""A gateway by the evidence alone, written without the mock and without the judge: what both are tried against.

`Quirks` answer every point that the contract leaves open, either way; `fault` breaks one sentence of one clause, or
several, with commas between them.
"""

# Faults stand where the rule that they break stands, so functions here have more branches than the house allows.
# ruff: noqa: C901, PLR0911, PLR0912, PLR0915, ARG002

import json
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

BASE = "/api/v1/audio/music"
STAGES = {"cover": ["PENDING", "IN_PROGRESS", "SUCCESS"], "music": ["pending", "text", "first", "complete"]}
AUDIO = {"aud": 30.0, "aud_short": 5.9, "aud_min": 6.0, "aud_max": 60.0, "aud_long": 60.1}
KEYS = {"aio_main_Key": "main", "aio_second_Key": "second", "aio_poor_Key": "poor"}
TYPES = {400: "bad_request", 401: "authentication_error", 402: "insufficient_credits", 404: "not_found"}


@dataclass(frozen=True)
class Quirks:
    """Every open point, answered one way."""

    stage: float = 0.3
    upload_price: int = 5
    any_case: bool = True
    key_first: bool = True
    media: int = 0  # the status for other media types, or 0 to take them
    refuse_unknown: bool = False
    refuse_twice: bool = False
    both: int = 0  # the status for both spellings at once, or 0 to take either
    blank: int = 400
    odd: int = 404
    long: int = 404
    own_audio: bool = False
    cover_again: bool = True
    failing: bool = False
    other_type: str = "method_not_allowed"
    created: str = "Z"
    shift: float = 0.0
    extra: bool = False
    content_type: str = "application/json"
    reverse: bool = False
    nulls: bool = True
    loose: bool = True
    chunked: bool = False
    old_http: bool = False
    skips: bool = False
    covered: bool = False
    retries: tuple[float, ...] = (0.2, 0.4)

    @classmethod
    def drawn(cls, seed: int) -> "Quirks":
        """Return quirks by chance."""
        pick = Random(seed).choice  # noqa: S311 - no secret
        return cls(
            stage=pick([0.3, 0.3, 0.05, 0.0, 0.6]),
            upload_price=pick([5, 12]),
            any_case=pick([True, False]),
            key_first=pick([True, False]),
            media=pick([0, 400, 415]),
            refuse_unknown=pick([True, False]),
            refuse_twice=pick([True, False]),
            both=pick([0, 400]),
            blank=pick([400, 404]),
            odd=pick([400, 404]),
            long=pick([400, 404, 413]),
            own_audio=pick([True, False]),
            cover_again=pick([True, False]),
            failing=pick([True, False, False]),
            other_type=pick(["method_not_allowed", "bad_request", "other"]),
            created=pick(["Z", "+00:00", ".123Z"]),
            shift=pick([0.0, -86400.0, 9999.0]),
            extra=pick([True, False]),
            content_type=pick(["application/json", "application/json; charset=utf-8"]),
            reverse=pick([True, False]),
            nulls=pick([True, False]),
            loose=pick([True, False]),
            chunked=pick([True, False]),
            old_http=pick([True, False, False]),
            skips=pick([True, False]),
            covered=pick([True, False, False]),
            retries=pick([(0.2, 0.4), (1.0, 2.0), (0.05,)]),
        )


class Refused(Exception):  # noqa: N818 - an answer, no error
    """An error that is due."""

    def __init__(self, status: int, message: str = "no", type_: str = "") -> None:
        super().__init__(message)
        self.status, self.type = status, type_ or TYPES.get(status, "error")


@dataclass
class Task:
    """What was accepted."""

    id: str
    kind: str
    owner: str
    source: str
    began: float
    callback: str = ""
    polls: int = 0
    fails: bool = False


@dataclass
class Reference:
    """The gateway's state, and `respond`, which answers."""

    quirks: Quirks = field(default_factory=Quirks)
    fault: str = ""
    tasks: dict[str, Task] = field(default_factory=dict)
    covers: dict[str, list[str]] = field(default_factory=dict)
    credits: dict[str, int] = field(default_factory=lambda: {"main": 1000, "second": 1000, "poor": 0})
    charged: int = 0
    requests: int = 0
    made: int = 0
    lock: Any = field(default_factory=threading.RLock)
    wire: str = ""

    def has(self, *faults: str) -> bool:
        """Tell whether the gateway has one of the faults."""
        return not {*faults}.isdisjoint(self.fault.split(","))

    # ------------------------------------------------------------------ the request path

    def respond(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers, body."""
        with self.lock:
            self.requests += 1
            self.wire = ""
            try:
                status, value, more = 200, self.answered(method, target, headers, body), {}
            except Refused as no:
                status, value, more = no.status, self.envelope(no), {}
                if no.status == 405:
                    more = (
                        {}
                        if self.has("no-allow")
                        else {"Allow": "GET" if target.partition("?")[0].endswith("status") else "POST"}
                    )
            return self.encoded(status, value, more)

    def envelope(self, no: Refused) -> Any:
        """Return the body of an error."""
        kind = {
            "type-400": {"bad_request": "invalid_request"},
            "type-404": {"not_found": "missing"},
            "type-401": {"authentication_error": "unauthorized"},
            "type-402": {"insufficient_credits": "payment_required"},
        }.get(self.fault, {}).get(no.type, no.type)
        error: dict[str, Any] = {"code": no.status, "message": str(no), "type": kind}
        if self.has("code-text"):
            error["code"] = str(no.status)
        if self.has("code-zero"):
            error["code"] = 0
        if self.has("no-message"):
            del error["message"]
        if self.has("no-type"):
            del error["type"]
        if self.has("empty-message"):
            error["message"] = ""
        if self.has("error-text"):
            return {"error": str(no)}
        if self.has("detail"):
            return {"detail": str(no)}
        return error if self.has("flat") else {"error": error}

    def encoded(self, status: int, value: Any, more: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Return the answer as bytes."""
        if self.quirks.extra and isinstance(value, dict):
            value = {**value, "request_id": "r1"}
        if self.quirks.reverse and isinstance(value, dict):
            value = dict(reversed(value.items()))
        headers = {"Content-Type": self.quirks.content_type, **more}
        body = json.dumps(value).encode()
        if self.has("text-plain") or (self.has("html-errors-type") and status >= 400):
            headers["Content-Type"] = "text/html"
        if self.has("html-errors") and status >= 400:
            headers["Content-Type"], body = "text/html", b"<h1>no</h1>"
        if self.has("html-404") and self.wire == "unknown-path":
            headers["Content-Type"], body = "text/html", b"<h1>no</h1>"
        if self.has("status-200") and status >= 400:
            status = 200
        if self.has("created-201") and self.wire == "started":
            status = 201
        if self.has("accepted-202") and self.wire == "started":
            status = 202
        return status, headers, body

    def answered(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Any:
        """Answer or raise."""
        path, _, query = target.partition("?")
        operation = {
            f"{BASE}/cover/generate": ("POST", self.start_cover),
            f"{BASE}/cover/status": ("GET", self.cover_status),
            f"{BASE}/upload-cover/generate": ("POST", self.start_upload),
            f"{BASE}/upload-cover/status": ("GET", self.upload_status),
        }.get(path)
        if self.has("moved") and path.endswith("/cover/status"):
            operation = None
        if self.has("old-paths") and path.startswith("/v2/"):
            operation = ("POST", self.start_cover)
        if self.quirks.key_first:
            self.owner(headers, path)
        if operation is None:
            self.wire = "unknown-path"
            raise Refused(400 if self.has("unknown-path-400") else 404)
        if method != operation[0]:
            if self.has("wrong-method-404"):
                raise Refused(404)
            if not (self.has("any-method") and method in {"PUT", "DELETE"}):
                raise Refused(405, "no", self.quirks.other_type)
        owner = self.owner_in_order(headers, path, query, body, operation[0])
        self.crash(body, query)
        if operation[0] == "GET":
            return operation[1](owner, self.query(query, path))
        return operation[1](owner, self.body(headers, body), headers)

    def owner_in_order(self, headers: dict[str, str], path: str, query: str, body: bytes, method: str) -> str:
        """Look at the key first, unless the fault is to look at it later."""
        if self.has("body-before-key"):
            if method == "GET":
                self.query(query, path)
            else:
                self.body({"content-type": "application/json"}, body)
        return self.owner(headers, path)

    def crash(self, body: bytes, query: str) -> None:
        """Fail as the fault says."""
        crashes = {
            "500-malformed": lambda: body and not _parses(body),
            "500-array": lambda: body.lstrip().startswith(b"[") and _parses(body),
            "500-nul": lambda: b"\\u0000" in body or "%00" in query,
            "500-surrogate": lambda: b"\\ud800" in body,
            "500-deep": lambda: b"[[[[[[" in body,
            "500-big": lambda: len(body) > 100_000,
            "500-number-id": lambda: b'Id": 12345' in body or b'id": 12345' in body,
            "500-null-id": lambda: b'"audio_id": null' in body,
            "500-empty": lambda: not body and not query,
            "500-utf8": lambda: b"\xff" in body,
            "500-query": lambda: "%FF" in query,
        }
        if self.fault in crashes and crashes[self.fault]():
            raise Refused(500, "boom", "internal_error")
        drops = {
            "drop-malformed": lambda: body and not _parses(body),
            "drop-big": lambda: len(body) > 100_000,
            "drop-nul": lambda: b"\\u0000" in body,
        }
        if self.fault in drops and drops[self.fault]():
            self.wire = "drop"
        if (self.has("slow-malformed") and body and not _parses(body)) or (
            self.has("slow-start") and b"lyrics" in body and b'"aud"' in body
        ):
            self.wire = "slow"

    def owner(self, headers: dict[str, str], path: str) -> str:
        """Return whose key it is."""
        given = headers.get("authorization")
        if given is None:
            if self.has("key-in-header") and headers.get("x-api-key") in KEYS:
                return KEYS[headers["x-api-key"]]
            if self.has("no-key-ok") or (self.has("no-key-status-ok") and path.endswith("status")):
                return "main"
            raise Refused(403 if self.has("no-key-403") else 400 if self.has("no-key-400") else 401)
        scheme, _, key = given.partition(" ")
        if self.has("any-scheme") and key in KEYS:
            return KEYS[key]
        if self.has("raw-key") and given in KEYS:
            return KEYS[given]
        if scheme != "Bearer" and not (self.quirks.any_case and scheme.lower() == "bearer"):
            raise Refused(401)
        if self.has("empty-key-ok") and not key.strip():
            return "main"
        if self.has("any-key-ok") or (self.has("any-aio-ok") and key.startswith("aio_")):
            return KEYS.get(key, "main")
        if self.has("prefix-ok") and len(key) > 8:
            return next((who for known, who in KEYS.items() if known.startswith(key)), "") or self.unknown_key()
        if self.has("suffix-ok"):
            return next((who for known, who in KEYS.items() if key.startswith(known)), "") or self.unknown_key()
        if self.has("caps-ok"):
            return {known.upper(): who for known, who in KEYS.items()}.get(key.upper()) or self.unknown_key()
        if self.has("upload-any-key") and "upload" in path:
            return KEYS.get(key, "main")
        return KEYS.get(key) or self.unknown_key()

    def unknown_key(self) -> str:
        """Refuse a key."""
        raise Refused(403 if self.has("wrong-key-403") else 404 if self.has("wrong-key-404") else 401)

    def query(self, query: str, path: str) -> str:
        """Return the task id in a query."""
        pairs = [(unquote(name), value) for name, value in parse_qsl(query, keep_blank_values=True)]
        names = [name for name, _ in pairs]
        if self.has("camel-query") and "/cover/" in path:
            pairs = [("task_id" if name == "taskId" else "other", value) for name, value in pairs]
            names = [name for name, _ in pairs]
        if self.has("body-on-get"):
            raise Refused(400)
        if "task_id" not in names:
            raise Refused({"missing-query-404": 404, "missing-query-422": 422}.get(self.fault, 400))
        if names.count("task_id") > 1 and self.quirks.refuse_twice:
            raise Refused(400)
        if set(names) - {"task_id"} and self.quirks.refuse_unknown:
            raise Refused(400)
        value = next(value for name, value in pairs if name == "task_id")
        self.odd(value)
        return value

    def odd(self, value: str) -> None:
        """Refuse what is open, one way or the other."""
        if not value.strip():
            raise Refused(self.quirks.blank)
        if len(value) > 20_000:
            raise Refused(self.quirks.long, "no", "too_large" if self.quirks.long == 413 else "")
        if any(ord(char) < 32 or 0xD800 <= ord(char) < 0xE000 for char in value):
            raise Refused(self.quirks.odd)

    def body(self, headers: dict[str, str], raw: bytes) -> dict[str, Any]:
        """Return the object in a body."""
        media_type = headers.get("content-type", "application/json").partition(";")[0]
        if media_type != "application/json" and self.quirks.media:
            raise Refused(self.quirks.media, "no", "bad_request" if self.quirks.media == 400 else "unsupported")
        twice: list[bool] = []

        def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
            twice.append(len(dict(found)) < len(found))
            return dict(found)

        try:
            value = json.loads(raw, object_pairs_hook=pairs)
        except (ValueError, RecursionError):
            if self.has("malformed-422"):
                raise Refused(422) from None
            if self.has("malformed-empty"):
                value = {}
            else:
                raise Refused(400) from None
        if any(twice) and self.quirks.refuse_twice:
            raise Refused(400)
        if not isinstance(value, dict):
            if self.has("array-ok") and isinstance(value, list) and value and isinstance(value[0], dict):
                return value[0]
            raise Refused(422 if self.has("no-object-422") else 400)
        return value

    # ------------------------------------------------------------------ cover

    def start_cover(self, owner: str, body: dict[str, Any], headers: dict[str, str]) -> Any:
        """cover/generate."""
        if self.has("camel-only") and "task_id" in body and "taskId" not in body:
            raise Refused(400)
        if self.has("snake-only") and "taskId" in body and "task_id" not in body:
            raise Refused(400)
        if len(body.keys() & {"taskId", "task_id"}) > 1 and self.quirks.both:
            raise Refused(self.quirks.both)
        if self.quirks.refuse_unknown and body.keys() - {"taskId", "task_id"}:
            raise Refused(400)
        source = body.get("taskId", body.get("task_id"))
        if source is None and self.has("missing-cover-404"):
            raise Refused(404)
        if source is None and self.has("missing-cover-ok"):
            source = "gen"
        if not isinstance(source, str):
            if self.has("types-422"):
                raise Refused(422)
            if not (self.has("number-id-404") and source is not None):
                raise Refused(400)
            raise Refused(404)
        self.odd(source)
        if self.has("402-first") and self.credits[owner] < 1:
            raise Refused(402)
        state = self.music(source, owner)
        if state == "unknown":
            raise Refused(
                {"unknown-music-400": 400, "unknown-music-403": 403, "unknown-music-500": 500}.get(self.fault, 404)
            )
        if state != "complete" and not (self.has("pending-ok") or (self.has("first-ok") and state == "first")):
            raise Refused({"pending-404": 404, "pending-409": 409, "pending-402": 402}.get(self.fault, 400))
        if self.has("upload-music-unknown") and source.startswith("upl"):
            raise Refused(404)
        self.second(source)
        return self.begun("cover", owner, source, 1)

    def second(self, source: str) -> None:
        """Refuse a second cover."""
        alive = [
            one
            for one in self.covers.get(source, [])
            if not (self.status(self.tasks[one]) == "FAILED" and self.quirks.cover_again)
        ]
        given = self.quirks.covered and source == "gen"
        if not alive and not given:
            return
        running = alive and self.status(self.tasks[alive[-1]]) not in {"SUCCESS", "FAILED"}
        if (
            self.has("second-ok")
            or (self.has("second-ok-running") and running)
            or (self.has("second-ok-done") and not running)
        ):
            return
        raise Refused(
            {"second-409": 409, "second-404": 404, "second-500": 500}.get(self.fault, 400),
            "Cover already generated for this task",
        )

    def music(self, task_id: str, owner: str) -> str:
        """Return the state of a music task, or unknown."""
        if task_id in {"gen", "gen2", "gen_pending"}:
            known = owner == "main" or self.has("foreign-cover-ok")
            return ("pending" if task_id == "gen_pending" else "complete") if known else "unknown"
        task = self.tasks.get(task_id)
        if task is None:
            return "complete" if self.has("unknown-music-ok") else "unknown"
        if task.owner != owner and not self.has("foreign-cover-ok"):
            return "unknown"
        return self.status(task) if task.kind == "music" or self.has("cover-of-cover") else "unknown"

    def cover_status(self, owner: str, task_id: str) -> Any:
        """cover/status."""
        data = self.shown(owner, task_id, "cover")
        if self.has("cover-message"):
            return {"code": 200, "message": "success", "data": data}
        return {
            "code": "200" if self.has("code-string") else 200,
            "msg": "ok" if self.has("msg-ok") else "success",
            "data": data,
        }

    # ------------------------------------------------------------------ upload-cover

    def start_upload(self, owner: str, body: dict[str, Any], headers: dict[str, str]) -> Any:
        """upload-cover/generate."""
        self.check_upload(body)
        audio = body["audio_id"]
        if self.has("402-first") and self.credits[owner] < 5:
            raise Refused(402)
        unknown = audio not in AUDIO or (self.quirks.own_audio and owner != "main")
        if unknown and not self.has("unknown-audio-ok"):
            raise Refused({"unknown-audio-400": 400, "unknown-audio-422": 422}.get(self.fault, 404))
        if self.has("prompt-after-audio"):
            self.check_prompt(body)
        self.check_length(AUDIO.get(audio, 30.0))
        return self.begun("music", owner, audio, self.quirks.upload_price, body.get("callback_url") or "")

    def check_length(self, seconds: float) -> None:
        """Refuse audio that is too short or long."""
        low, high = {"short-ok": (0, 60), "long-ok": (6, 1e9), "five-ok": (5, 60), "max-65": (6, 65)}.get(
            self.fault, (6, 60)
        )
        ok = low <= seconds <= high
        if self.has("min-exclusive"):
            ok = low < seconds <= high
        if self.has("max-exclusive"):
            ok = low <= seconds < high
        if not ok:
            raise Refused({"length-404": 404, "length-422": 422, "length-413": 413}.get(self.fault, 400))

    def check_upload(self, body: dict[str, Any]) -> None:
        """Judge the body itself."""
        known = {"audio_id", "custom_mode", "prompt", "style", "title", "callback_url"}
        if self.quirks.refuse_unknown and body.keys() - known:
            raise Refused(400)
        audio = body.get("audio_id")
        if audio is None and self.has("missing-audio-404"):
            raise Refused(404)
        if audio is None and self.has("missing-audio-ok"):
            body["audio_id"] = audio = "aud"
        if not isinstance(audio, str):
            raise Refused(422 if self.has("types-422") else 400)
        self.odd(audio)
        self.check_fields(body)
        if not self.has("prompt-after-audio"):
            self.check_prompt(body)

    def check_fields(self, body: dict[str, Any]) -> None:
        """Judge the optional fields."""
        custom = body.get("custom_mode", False)
        if custom is None and self.quirks.nulls:
            custom = False
        if not isinstance(custom, bool) and not (self.has("truthy-mode") and custom in ("true", "false", 0, 1, "yes")):
            raise Refused(400)
        for name in ("prompt", "style", "title"):
            value = body.get(name)
            absent = name not in body or (value is None and self.quirks.nulls and name != "prompt")
            if absent or isinstance(value, str) or (self.quirks.loose and custom is not True):
                if isinstance(value, str) and (custom is True or not self.quirks.loose) and value:
                    self.odd_text(name, value)
                continue
            if not (self.has("loose-types") or (value is None and name == "prompt")):
                raise Refused(400)
        if self.has("style-required") and custom is True and "style" not in body:
            raise Refused(400)
        if self.has("title-required") and custom is True and "title" not in body:
            raise Refused(400)
        if self.has("style-refused") and custom is not True and "style" in body:
            raise Refused(400)
        if self.has("prompt-refused") and custom is not True and body.get("prompt"):
            raise Refused(400)
        self.check_callback(body.get("callback_url"))

    def odd_text(self, name: str, value: str) -> None:
        """Refuse long or odd texts."""
        limits = {
            "title-80": ("title", 80),
            "style-200": ("style", 200),
            "prompt-3000": ("prompt", 3000),
            "style-1000": ("style", 1000),
            "prompt-5000": ("prompt", 5000),
        }
        if self.fault in limits and limits[self.fault][0] == name and len(value) > limits[self.fault][1]:
            raise Refused(400)
        self.odd(value)

    def check_prompt(self, body: dict[str, Any]) -> None:
        """Custom mode needs a prompt."""
        custom = body.get("custom_mode", self.has("custom-default"))
        if custom in (True, "true", 1) and not self.has("no-prompt-ok"):
            prompt = body.get("prompt")
            if prompt is None and self.has("null-prompt-ok") and "prompt" in body:
                return
            if not (prompt or (prompt == "" and self.has("empty-prompt-ok"))):
                raise Refused({"no-prompt-404": 404, "no-prompt-422": 422}.get(self.fault, 400))

    def check_callback(self, url: Any) -> None:
        """A callback URL is an http(s) URL."""
        if url is None or self.has("any-callback"):
            return  # `deliver` copes
        if self.has("callback-refused"):
            raise Refused(400)
        if isinstance(url, str) and self.has("ftp-callback") and url.startswith("ftp"):
            return
        if not isinstance(url, str) or urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).netloc:
            raise Refused(422 if self.has("callback-422") else 400)
        if self.has("https-only") and not url.startswith("https"):
            raise Refused(400)

    def upload_status(self, owner: str, task_id: str) -> Any:
        """upload-cover/status."""
        data = self.shown(owner, task_id, "music")
        if self.has("upload-msg"):
            return {"code": 200, "msg": "success", "data": data}
        return {"code": 0 if self.has("code-zero-ok") else 200, "message": "success", "data": data}

    # ------------------------------------------------------------------ tasks

    def begun(self, kind: str, owner: str, source: str, price: int, callback: str = "") -> Any:
        """Start a task."""
        if self.credits[owner] < price:
            if not self.has("poor-served"):
                raise Refused({"poor-403": 403, "poor-429": 429, "poor-400": 400}.get(self.fault, 402))
        else:
            self.credits[owner] -= price
        self.charged += price
        self.made += 1
        number = self.made if not self.has("same-ids") else 1
        task_id = f"{'cover' if kind == 'cover' else 'upl'}{number:06d}"
        fails = self.quirks.failing and self.made % 2 == 0
        task = Task(task_id, kind, owner, source, time.time(), callback, 0, fails or self.has("failed-with-images"))
        self.tasks[task_id] = task
        if kind == "cover":
            self.covers.setdefault(source, []).append(task_id)
        if callback and not self.has("no-callback"):
            threading.Thread(target=self.deliver, args=(task,), daemon=True).start()
        self.wire = "started"
        return self.accepted(kind, task_id)

    def accepted(self, kind: str, task_id: str) -> Any:
        """Return the answer to an accepted request."""
        if kind == "cover":
            name = "task_id" if self.has("cover-snake-id") else "taskId"
            word = "message" if self.has("cover-start-message") else "msg"
            data: Any = {name: task_id}
            if self.has("cover-no-data"):
                return {"code": 200, "msg": "success", name: task_id}
            return {"code": 200, word: "success", "data": data}
        name = "taskId" if self.has("upload-camel-id") else "task_id"
        value: Any = {
            "code": 200,
            "message": "success",
            "data": {name: 12345 if self.has("number-task-id") else task_id},
        }
        if self.has("upload-start-msg"):
            value["msg"] = value.pop("message")
        if self.has("upload-no-code"):
            del value["code"]
        return value

    def status(self, task: Task, now: float | None = None) -> str:
        """Return the state of a task."""
        stages = [*STAGES[task.kind]]
        if task.fails:
            stages[-1] = "FAILED" if task.kind == "cover" else "failed"
        if self.quirks.skips:
            stages = [stages[0], stages[-1]]
        stage = self.quirks.stage
        age = (now or time.time()) - task.began
        position = len(stages) - 1 if not stage else min(int(age / stage), len(stages) - 1)
        if self.has("never-ends", f"never-ends-{task.kind}"):
            position = min(position, len(stages) - 2)
        return stages[position]

    def shown(self, owner: str, task_id: str, kind: str) -> dict[str, Any]:
        """Return the data of a status answer."""
        task = self.tasks.get(task_id)
        if task is None or (task.kind != kind and not self.has("any-kind")):
            if self.has("unknown-task-empty") or (self.has("unknown-cover-ok") and kind == "cover"):
                task = Task(task_id, kind, owner, "", time.time())
            else:
                raise Refused(
                    {"unknown-task-400": 400, "unknown-task-500": 500, "unknown-task-410": 410}.get(self.fault, 404)
                )
        if task.owner != owner and not self.has("foreign-ok"):
            raise Refused(403 if self.has("foreign-403") else 404)
        task.polls += 1
        if self.has("first-poll-404") and task.polls == 1:
            raise Refused(404)
        if self.has("status-costs"):
            self.credits[owner] -= 1
            if owner == "poor":
                raise Refused(402)
        return self.said(task, kind)

    def said(self, task: Task, kind: str) -> dict[str, Any]:
        """Return what a poll says of a task."""
        status = self.status(task)
        names = {"cover": ("taskId", "images"), "music": ("task_id", "clips")}[kind]
        results = self.images(task, status) if kind == "cover" else self.clips(task, status)
        data: dict[str, Any] = {
            names[0]: task.id if not self.has("other-id") else "cover000000",
            "status": self.spelled(task, status),
            names[1]: results,
            "created_at": self.created(task),
        }
        if self.has("swap-id") and kind == "cover":
            data["task_id"] = data.pop("taskId")
        gone = {"no-created": "created_at", "no-status": "status", "no-images": "images", "no-clips": "clips"}.get(
            self.fault
        )
        return {name: value for name, value in data.items() if name != gone}

    def spelled(self, task: Task, status: str) -> str:
        """Return the status as the fault spells it."""
        swaps = {
            "success-lower": {"SUCCESS": "success"},
            "success-complete": {"SUCCESS": "COMPLETED"},
            "complete-upper": {"complete": "COMPLETE"},
            "complete-success": {"complete": "SUCCESS"},
            "processing": {"IN_PROGRESS": "PROCESSING"},
            "queued": {"pending": "queued"},
            "streaming": {"first": "streaming"},
            "pending-lower": {"PENDING": "pending"},
            "lyrics": {"text": "lyrics"},
        }.get(self.fault, {})
        if self.has("back") and task.polls % 4 == 3 and status in {"IN_PROGRESS", "text", "first"}:
            return STAGES[task.kind][0]
        if self.has("end-back") and task.polls % 3 == 0 and status in {"SUCCESS", "complete"}:
            return STAGES[task.kind][1]
        if self.has("end-fails") and time.time() - task.began > 2 * len(STAGES[task.kind]) * self.quirks.stage:
            return {"cover": "FAILED", "music": "failed"}[task.kind]
        return swaps.get(status, status)

    def images(self, task: Task, status: str) -> Any:
        """Return the images of a cover."""
        salt = str(task.polls) if self.has("images-change") else ""
        both = [f"https://img.example/{task.id}/{n}{salt}.png" for n in (1, 2)]
        wrong: dict[str, Any] = {
            "one-image": both[:1],
            "three-images": [*both, both[0] + "3"],
            "same-images": [both[0]] * 2,
            "image-objects": [{"url": one} for one in both],
            "image-paths": ["/1.png", "/2.png"],
            "null-images": None,
            "no-images-done": [],
        }
        if self.has("images-first-poll-empty") and task.polls < 3:
            return []
        if status == "FAILED":
            return both if self.has("failed-with-images") else []
        if status == "SUCCESS":
            return wrong.get(self.fault, both)
        if self.has("early-null"):
            return None
        return both if self.has("early-images") else both[:1] if self.has("early-image") else []

    def clips(self, task: Task, status: str) -> Any:
        """Return the clips of a music task."""
        two = [
            {"id": f"{task.id}-{n}", "audio_url": f"https://a.example/{n}", "image_url": "https://i.example/1"}
            for n in (1, 2)
        ]
        if self.has("clip-no-id"):
            two = [{k: v for k, v in one.items() if k != "id"} for one in two]
        if self.has("clip-no-image"):
            two = [{k: v for k, v in one.items() if k != "image_url"} for one in two]
        if self.has("clip-no-audio"):
            two = [{k: v for k, v in one.items() if k != "audio_url"} for one in two]
        if self.has("same-clip-ids"):
            two = [{**one, "id": "same"} for one in two]
        if self.has("clip-bad-url"):
            two = [{**one, "audio_url": "not-a-url"} for one in two]
        if status == "complete":
            return [] if self.has("no-clips-done") else two
        if status == "first":
            return two if self.has("two-first") else [] if self.has("none-first") else two[:1]
        return two[:1] if self.has("early-clips") else []

    def created(self, task: Task) -> Any:
        """Return created_at."""
        at = task.began + self.quirks.shift
        if self.has("created-moves"):
            at = time.time()
        if self.has("created-epoch"):
            return int(at)
        if self.has("created-local"):
            return time.strftime("%Y-%m-%dT%H:%M:%S+02:00", time.gmtime(at))
        if self.has("created-naive"):
            return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at))
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + self.quirks.created

    # ------------------------------------------------------------------ callbacks

    def deliver(self, task: Task) -> None:
        """Post the result when the task has ended, and again when it is refused."""
        stages = len(STAGES["music"]) - 1 if not self.quirks.skips else 1
        wait = stages * self.quirks.stage
        if self.has("callback-early"):
            self.post(task, task.began + 1e6)
            return
        if self.has("callback-first"):
            time.sleep(wait * 0.7)
            self.post(task)
            wait *= 0.3
        time.sleep(wait + 0.05)
        if self.has("callback-late"):
            time.sleep(60)
        pauses = {"callback-once": (), "callback-forever": (0.1,) * 8}.get(self.fault, self.quirks.retries)
        for pause in (*pauses, None):
            status = self.post(task)
            if self.has("callback-twice"):
                self.post(task)
            if 200 <= status < 300 or pause is None:
                return
            time.sleep(pause)

    def post(self, task: Task, now: float | None = None) -> int:
        """Send one callback and return its status."""
        status = self.status(task, now)
        value: Any = {
            "code": 200,
            "message": "success",
            "data": self.said(Task(**vars(task)), "music") | {"status": status, "clips": self.clips(task, status)},
        }
        if self.has("callback-other-body"):
            value = {"callbackType": "complete", "task_id": task.id}
        if self.has("callback-other-id"):
            value["data"]["task_id"] = "upl000000"
        if self.has("callback-no-clips"):
            value["data"]["clips"] = []
        if self.has("callback-created"):
            value["data"]["created_at"] = "2001-01-01T00:00:00Z"
        headers = {"Content-Type": "application/json"}
        if self.has("callback-key"):
            headers["Authorization"] = "Bearer aio_main_Key"
        method = {"callback-get": "GET", "callback-put": "PUT"}.get(self.fault, "POST")
        raw = b"task=done" if self.has("callback-form") else json.dumps(value).encode()
        try:
            request = urllib.request.Request(task.callback, raw, headers, method=method)  # noqa: S310 - a test's own URL
            with urllib.request.urlopen(request, timeout=15) as answer:  # noqa: S310 - as above
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except (OSError, ValueError):
            return 0


def _parses(raw: bytes) -> bool:
    try:
        json.loads(raw)
    except (ValueError, RecursionError):
        return False
    return True


class Served:
    """A reference gateway on a free port, as a context manager."""

    def __init__(self, quirks: Quirks | None = None, fault: str = "") -> None:
        self.gateway = Reference(quirks or Quirks(), fault)
        gateway = self.gateway

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0" if gateway.quirks.old_http else "HTTP/1.1"

            def answer(self) -> None:
                if gateway.has("hangs"):
                    time.sleep(30)
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, more, raw = gateway.respond(self.command, self.path, headers, body)
                self.send(status, more, raw, gateway.wire)

            def send(self, status: int, more: dict[str, str], raw: bytes, wire: str) -> None:
                if gateway.has("resets") or wire == "drop":
                    self.close_connection = True
                    return
                if gateway.has("all-500"):
                    status, raw = 500, b'{"error": {"code": 500, "message": "no", "type": "internal"}}'
                if gateway.has("all-html"):
                    status, raw, more = 200, b"<html>hello</html>", {"Content-Type": "text/html"}
                if gateway.has("all-401"):
                    status, raw = 401, b'{"error": {"code": 401, "message": "no", "type": "authentication_error"}}'
                if gateway.has("slow") or wire == "slow":
                    time.sleep(2.4)
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                short = gateway.has("truncated") or (gateway.has("truncated-status") and b"status" in raw)
                if gateway.quirks.chunked and not gateway.quirks.old_http:
                    self.send_header("Transfer-Encoding", "chunked")
                    self.end_headers()
                    self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(raw), raw))
                    return
                self.send_header("Content-Length", str(len(raw) + (10 if short else 0)))
                self.end_headers()
                self.wfile.write(raw)
                if short:
                    self.close_connection = True

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = answer  # noqa: N815 - the names that http.server calls

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_: Any) -> None:
                """A client that has gone is no news."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
