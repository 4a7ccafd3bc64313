"""Contract files: gateway.yaml with changes anywhere. Each is refused with an error that says where, or is served."""

import json
from typing import Any

from covermock.openapi import GATEWAY, InvalidSourceError, Source, parse, read, read_contract

from ..choices import Choices
from ..edits import applied, difference, edited
from ..inside import FIRST, WALL, Mock, Request, Settings, changed, control, first, under
from ..promises import answered
from ..values import TEXTS, Values
from .world_file import _refuse_poor

_WORDS = (
    "x-clause", "G3", "cover", "music", "type", "properties", "$ref", "#/components/schemas/Error",
    "#/components/schemas/Nope", "#", "#/", "enum", "const", "required", "object", "string", "integer", "allOf",
    "anyOf", "if", "not", "x-value", "task.id", "x-handler", "start", "show", "x-task", "x-preconditions", "get",
    "post", "{$request.body#/callback_url}", "task-known", "application/json", "200", "404", "default",
    "invalid-params", "{expected}", "{expected!r:>9999}", "pattern", "(a+)+$", "[", "format", "date-time",
    "minLength", "examples", "x-lifecycle", "/{a}/{b}", "/api/v1/{", "query", "path", "header", "x-nope",
)  # fmt: skip


class ContractFile:
    """gateway.yaml, changed."""

    longest = 120

    def __init__(self) -> None:
        self._mock = Mock(Settings(world=FIRST), WALL)
        self._source = read(GATEWAY)
        self._text = GATEWAY.read_text(encoding="utf-8")
        self._values = Values({}, _WORDS, [text for text in TEXTS if text != "\ud800"])  # YAML has no such text

    def case(self, data: bytes) -> Any:
        """Return the document as a JSON value, or now and then as text."""
        choices = Choices(data)
        if choices.one_in(64):
            lines = self._text.splitlines(keepends=True)
            at = choices.below(len(lines))
            lines[at] = lines[at].rstrip("\n") + choices.pick(_WORDS) + choices.text() + "\n"
            return {"text": "".join(lines)}
        return {"edits": list(difference(self._source.data, edited(self._source.data, choices, self._values)))}

    def play(self, case: Any) -> None:
        """Read the contract, and serve it or be told what is wrong with it."""
        try:
            contract = read_contract(self._read(case))
            mock = under(self._mock, contract)
            first(mock)
        except InvalidSourceError as error:
            _refuse_poor(str(error))
            return
        self._use(mock)

    def _read(self, case: Any) -> Source:
        if "text" in case:
            return parse(case["text"], "fuzz.yaml")
        return changed(self._source, applied(self._source.data, case["edits"]))

    def _use(self, mock: Mock) -> None:
        """Ask every operation for its documented examples, and for what nobody has."""
        head = {"host": "a", "authorization": "Bearer aio_first", "content-type": "application/json"}
        for operation in mock.contract.operations:
            path = operation.path.replace("{", "").replace("}", "")
            for source in ("gen_1", "aud_1", "none"):
                body = json.dumps(
                    {"taskId": source, "audio_id": source, "callback_url": "http://127.0.0.1:9/"}
                ).encode()
                request = Request(operation.method, path, f"task_id={source}", head, body if operation.body else b"")
                self._judge(mock.answer(request, WALL))
            for code in list(operation.responses)[:2]:
                wanted = {**head, "prefer": f"code={code}"}
                self._judge(mock.answer(Request(operation.method, path, "task_id=x", wanted, b"{}"), WALL))
        for request in (
            Request("GET", "/", "", head),
            Request("PUT", "/api/v1/audio/music/cover/status", "", head),
            Request("GET", "/x"),
        ):
            self._judge(mock.answer(request, WALL))
        for view in ("clock/next", "clock/next", "reset"):
            self._judge(control(mock, "POST", f"worlds/first/{view}"))
        for view in ("tasks", "journal", "ledger", "export", "callbacks", "journal/last/explain"):
            self._judge(control(mock, "GET", f"worlds/first/{view}"))

    def _judge(self, answer: Any) -> None:
        """Refuse a failure only: which statuses and envelopes there are is the contract's business here."""
        if answer.why.get("error") == "internal-error":
            answered(599, answer.body, str(answer.why.get("operation")))

    def seeds(self) -> list[bytes]:
        """Return a few inputs of each length."""
        return [bytes((first * 29 + at * at * 19) % 256 for at in range(6 * first)) for first in range(1, 20)]
