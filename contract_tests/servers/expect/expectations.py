"""What a gateway may answer to a request, decided from the request itself and what is known of the ids in it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from covermock.openapi import Contract, Operation, Routes

from ...exchange import JSON, MAIN_KEY, Sent, json_body, json_object
from ..evidence import Blame
from . import reasons as refusals
from .knowledge import COVER, MUSIC, UNUSABLE, Knowledge
from .oddities import depth, odd_text, repeats_keys, url_kind
from .reasons import Reason, blames

_TELLING = 8  # so long an id can stand in a body by chance no more: it is looked for without quotes, too
_TEXTS = ("prompt", "style", "title")
_LEFTOVERS = frozenset({"/v2/generate", "/v2/cover/generate"})
Judged = tuple[list[Reason], bool]
"""The reasons to refuse, and whether something is open about the request."""


@dataclass(frozen=True)
class Expectation:
    """What may come back. `due` is the reason to refuse that counts, `later` those that come after it (G8).

    Without `due` the request has to be accepted, unless it is `open`: then nothing but envelope and no 5xx counts.
    `refused` are the sentences that a refusal breaks; `price` is what acceptance costs at most, `risk` what it costs
    if the gateway accepts what nothing but an inferred or assumed sentence refuses.
    """

    operation: Operation | None
    due: Reason | None = None
    later: tuple[Reason, ...] = ()
    open: bool = False
    refused: tuple[Blame, ...] = ()
    price: int = 0
    risk: int = 0

    @property
    def clauses(self) -> set[str]:
        """Return the clauses that the request puts to the test."""
        blamed = (*self.due.accepted, *self.due.other) if self.due else self.refused
        return set() if self.open else {clause for clause, _ in blamed}


class Expectations:
    """Decides for requests to the operations of one contract, with what is known so far."""

    def __init__(self, contract: Contract, knowledge: Knowledge) -> None:
        self.contract = contract
        self.knowledge = knowledge
        self._routes = Routes(contract.operations)
        self._documented = frozenset(_examples(contract.root)) - {""}

    def of(self, sent: Sent) -> Expectation:
        """Return what may come back for the request, if it is sent now."""
        methods, _ = self._routes.find(sent.path)
        operation = methods.get(sent.method)
        if operation is None:
            return self._elsewhere(sent, bool(methods))
        keyed, odd_key = _key(operation, sent)
        shown, odd_request = _request(operation, sent)
        known, odd_id, refused = self._known(operation, sent)
        poor = [refusals.POOR] if sent.who == "poor" and "x-credits" in operation.raw and (shown or known) else []
        reasons = sorted(
            [*keyed, *shown, *known, *(rule for rule in poor if rule not in known)], key=lambda rule: rule.rank
        )
        is_open = odd_key or odd_request or odd_id
        due, later = (reasons[0] if reasons else None), tuple(reasons[1:])
        price = operation.raw.get("x-credits", {}).get("max", 0)
        risky = due is not None and not any(rule.sure for rule in reasons) and self._names_somebodys_id(sent)
        return Expectation(operation, due, later, is_open, refused, 0 if due else price, price if risky else 0)

    def _names_somebodys_id(self, sent: Sent) -> bool:
        """Return True if the body holds an id that the gateway may know, wherever it stands."""
        spelled = (json_body(name) for name in {*self.knowledge.ids, *self._documented})
        return any((word[1:-1] if len(word) > _TELLING else word) in (sent.body or b"") for word in spelled)

    def _elsewhere(self, sent: Sent, known_path: bool) -> Expectation:
        due = refusals.NO_METHOD if known_path else refusals.OLD_PATH if sent.path in _LEFTOVERS else refusals.NO_PATH
        return Expectation(None, due if sent.who else due.with_statuses(401))

    def _known(self, operation: Operation, sent: Sent) -> tuple[list[Reason], bool, tuple[Blame, ...]]:
        """Return the reasons that rest on what the ids name, whether that is open, and what a refusal would break."""
        who = sent.who or ("main" if MAIN_KEY in str(sent.headers) else "")
        body = json_object(sent.body)
        if operation.handler == "show":
            return self._shown(operation, dict(parse_qsl(sent.query, keep_blank_values=True)).get("task_id"), who)
        if operation.raw.get("x-task") == COVER:
            spelled = () if "taskId" in body else blames("C1:corroborated")
            return self._covered(operation, body.get("taskId", body.get("task_id")), who, spelled)
        return self._uploaded(operation, body, who)

    def _shown(self, operation: Operation, task_id: Any, who: str) -> tuple[list[Reason], bool, tuple[Blame, ...]]:
        if not isinstance(task_id, str):
            return [], False, ()
        kind = operation.raw.get("x-task")
        task = self.knowledge.tasks.get(task_id)
        if task is None or task.kind != kind:
            given_elsewhere = (kind == MUSIC and self.knowledge.is_music(task_id)) or task_id in self._documented
            return ([], True, ()) if given_elsewhere else ([refusals.UNKNOWN[operation.id]], odd_text(task_id), ())
        if who and task.owner != who:
            return [refusals.FOREIGN], False, ()
        return [], False, blames("C8" if kind == COVER else "U9")

    def _covered(
        self, operation: Operation, task_id: Any, who: str, spelled: tuple[Blame, ...]
    ) -> tuple[list[Reason], bool, tuple[Blame, ...]]:
        knowledge = self.knowledge
        if not isinstance(task_id, str):
            return [], False, ()
        if not knowledge.is_music(task_id):
            if task_id in self._documented:
                return [], True, ()
            return [refusals.UNKNOWN[operation.id]], odd_text(task_id), ()
        known = knowledge.tasks.get(task_id)
        if who and who != (known.owner if known else "main"):
            return [refusals.FOREIGN], False, ()
        state = knowledge.music_state(task_id)
        due = {"pending": refusals.PENDING, "failed": refusals.PENDING, "covered": refusals.COVERED}.get(state)
        refused = spelled or blames("U14:inferred" if known else "C2 C1")
        return ([due] if due else []), state in {"unsure", "running", "recovering"}, refused

    def _uploaded(
        self, operation: Operation, body: Mapping[str, Any], who: str
    ) -> tuple[list[Reason], bool, tuple[Blame, ...]]:
        audio_id = body.get("audio_id")
        if not isinstance(audio_id, str):
            return [], False, ()
        kind = self.knowledge.audio_kind(audio_id)
        if not kind:
            if audio_id in self._documented:
                return [], True, ()
            return [refusals.UNKNOWN[operation.id]], odd_text(audio_id), ()
        stranger = who in {"second", "poor"}
        if kind in UNUSABLE:
            return [refusals.BAD_LENGTH.with_statuses(404) if stranger else refusals.BAD_LENGTH], False, ()
        if who == "poor":
            return [refusals.POOR], False, ()
        return [], stranger, _paid(body, kind)


def _examples(node: Any) -> Iterator[str]:
    """Yield every id in the contract's examples: a stand-in may well know those."""
    if isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, str) and key in {"taskId", "task_id", "audio_id"}:
                yield value
            yield from _examples(value)
    elif isinstance(node, list):
        for value in node:
            yield from _examples(value)


def features(body: Mapping[str, Any], kind: str = "audio") -> tuple[Blame, ...]:
    """Return the sentence that a refusal of this valid upload-cover body breaks, going by what is special about it."""
    custom = body.get("custom_mode", False)
    words = (
        ("U2:inferred", kind in {"min_audio", "max_audio"}),
        ("U6:assumed", any(isinstance(body.get(name), str) and len(body[name]) > 80 for name in _TEXTS)),
        ("U7", "callback_url" in body),
        ("U6", custom and not ("style" in body and "title" in body)),
        ("U5", custom),
        ("U6:assumed", any(name in body for name in _TEXTS)),
        ("U4", True),
    )
    return blames(next(word for word, holds in words if holds))


def _paid(body: Mapping[str, Any], kind: str) -> tuple[Blame, ...]:
    """Return the sentences that a refusal breaks where the audio is known: the webhook is judged elsewhere."""
    plain = {name: value for name, value in body.items() if name != "callback_url"}
    documented = kind == "audio" and plain.keys() == {"audio_id", "custom_mode", "prompt", "style"}
    return blames("U8") if documented else features(plain, kind)


def _key(operation: Operation, sent: Sent) -> Judged:
    given = [value for name, value in sent.headers if name.lower() == "authorization"]
    if sent.who:
        return [], bool(given)
    if not given:
        return [refusals.by_page(operation, refusals.NO_KEY)], False
    scheme, _, key = given[0].partition(" ")
    if scheme == "Bearer":
        due = [] if key == MAIN_KEY else [refusals.by_page(operation, refusals.WRONG_KEY)]
        return due, len(given) > 1
    odd_case = scheme.lower() == "bearer"
    return ([] if odd_case and key == MAIN_KEY else [refusals.by_page(operation, refusals.OTHER_SCHEME)]), odd_case


def _request(operation: Operation, sent: Sent) -> Judged:
    if operation.method == "GET":
        return _query(operation, sent)
    reasons, is_open = _body(operation, sent)
    types = [value for name, value in sent.headers if name.lower() == "content-type"]
    plain = len(types) == 1 and types[0].partition(";")[0].strip().lower() == JSON
    return reasons, is_open or not plain or bool(sent.query)


def _query(operation: Operation, sent: Sent) -> Judged:
    names = [name for name, _ in parse_qsl(sent.query, keep_blank_values=True)]
    strange = sent.body is not None or bool(set(names) - {"task_id"}) or names.count("task_id") > 1
    if "task_id" not in names:
        return [refusals.MISSING[operation.id]], strange
    return [], strange or any(odd_text(value) for _, value in parse_qsl(sent.query, keep_blank_values=True))


def _body(operation: Operation, sent: Sent) -> Judged:
    raw = sent.body or b""
    try:
        text = raw.decode("utf-8")
        value = json.loads(text, parse_constant=float)
    except UnicodeDecodeError:
        return [], True
    except RecursionError:
        return [], True
    except ValueError:
        return [refusals.MALFORMED], raw.startswith(b"\xef\xbb\xbf") or not raw
    odd = depth(value) > 10 or repeats_keys(text) or "NaN" in text or "Infinity" in text
    if not isinstance(value, dict):
        return [refusals.NO_OBJECT], odd
    reasons, open_field = _fields(operation, value)
    return reasons, odd or open_field


def _fields(operation: Operation, body: Mapping[str, Any]) -> Judged:
    if operation.raw.get("x-task") == COVER:
        given = [name for name in ("taskId", "task_id") if name in body]
        reasons = [refusals.WRONG_TYPE[name] for name in given if not isinstance(body[name], str)]
        is_open = len(body) > 1 or any(odd_text(body[name]) for name in given)
        return ([refusals.MISSING[operation.id]] if not given else reasons if len(given) == 1 else []), is_open
    known = {"audio_id", "custom_mode", *_TEXTS, "callback_url"}
    reasons = [*_audio_id(operation, body), *_mode(body), *_callback(body)]
    return reasons, bool(body.keys() - known) or _odd_fields(body)


def _audio_id(operation: Operation, body: Mapping[str, Any]) -> Iterator[Reason]:
    if "audio_id" not in body:
        yield refusals.MISSING[operation.id]
    elif not isinstance(body["audio_id"], str):
        yield refusals.WRONG_TYPE["audio_id"]


def _mode(body: Mapping[str, Any]) -> Iterator[Reason]:
    custom = body.get("custom_mode", False)
    if custom is not None and not isinstance(custom, bool):
        yield refusals.WRONG_TYPE["custom_mode"]
    if custom is not True:
        return  # without custom mode the texts have no effect, so nobody needs to look at them
    if body.get("prompt") is None:
        yield refusals.NO_PROMPT
    elif body["prompt"] == "":
        yield refusals.EMPTY_PROMPT
    for name in _TEXTS:
        if body.get(name) is not None and not isinstance(body[name], str):
            yield refusals.WRONG_TYPE[name]


def _callback(body: Mapping[str, Any]) -> Iterator[Reason]:
    given = body.get("callback_url")
    if given is None:
        return
    if not isinstance(given, str):
        yield refusals.WRONG_TYPE["callback_url"]
    elif url_kind(given) == "none":
        yield refusals.NO_URL


def _odd_fields(body: Mapping[str, Any]) -> bool:
    """Tell whether a field's value is one of those that the contract leaves open."""
    custom = body.get("custom_mode", False) is True
    for name, value in body.items():
        if value is None and name != "audio_id" and not (name == "prompt" and custom):
            return True
        if name in _TEXTS and not custom and not isinstance(value, str):
            return True
        if isinstance(value, str) and odd_text(value) and not (name == "prompt" and custom and value == ""):
            return True
    callback = body.get("callback_url")
    return isinstance(callback, str) and url_kind(callback) == "odd"
