"""What one request asks to get: `Prefer: code=404, example=name`, or `?__code=404&__example=name`."""

import re
from collections.abc import Mapping
from typing import Any

from covermock.openapi import Operation, Violation, examples_of, excerpt, json_bytes, nearest

from ..http.errors import INVALID_PARAMS, Refusal
from ..http.messages import Answer, Request
from .effects import FindEnvelope, force_status

_PREFERENCE = re.compile(r'\b(code|example)\s*=\s*"?([^",;\s]+)"?')

_IN_QUERY = {"__code": "code", "__example": "example"}
_UNDOCUMENTED = {"message": "Expected an answer, received the status that the request itself asked for."}


def preferences(request: Request, query: Mapping[str, list[str]]) -> dict[str, str]:
    """Return the preferences of a request: any of `code`, `example`; the header wins."""
    wanted: dict[str, str] = {}
    if not query.keys().isdisjoint(_IN_QUERY):
        wanted = {name: query[key][-1] for key, name in _IN_QUERY.items() if key in query}
    if "prefer" in request.headers:
        wanted |= dict(_PREFERENCE.findall(request.headers["prefer"]))
    return wanted


def preferred_answer(operation: Operation, wanted: Mapping[str, str], envelope: FindEnvelope) -> Answer:
    """Return the answer that was asked for: a documented example, or the envelope for an undocumented status."""
    code = wanted["code"] if "code" in wanted else _code_of(operation, wanted["example"])
    if not re.fullmatch(r"[2-5][0-9]{2}", code):
        raise _refusal("code", "a status from 200 to 599", code)
    examples = _examples(operation, code)
    name = wanted.get("example", next(iter(examples), ""))
    if "example" in wanted and name not in examples:
        raise _refusal("example", f"an example of {code} ({nearest(name, examples)})", name)
    if name:
        kind = (("Content-Type", operation.media_type(code)),)
        answer = Answer(int(code), json_bytes(examples[name]["value"]), kind)
    else:
        answer = force_status(int(code), _UNDOCUMENTED, envelope)
    applied = ", ".join(f"{key}={value}" for key, value in wanted.items())
    answer.headers = (*answer.headers, ("Preference-Applied", applied))
    return answer


def _examples(operation: Operation, code: str) -> Mapping[str, Any]:
    content = operation.responses.get(code, {}).get("content", {})
    return next(map(examples_of, content.values()), {})


def _code_of(operation: Operation, example: str) -> str:
    """Return the status that has the example. Raises `Refusal` when none has."""
    named = {name: code for code in operation.responses for name in _examples(operation, code)}
    if example not in named:
        raise _refusal("example", f"an example of this operation ({nearest(example, named)})", example)
    return named[example]


def _refusal(name: str, expected: str, received: str) -> Refusal:
    return Refusal(INVALID_PARAMS, violations=str(Violation(f"header.Prefer.{name}", expected, excerpt(received))))
