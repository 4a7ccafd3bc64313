"""Schemathesis, wrapped in one module since it moves fast: it makes the requests, our judge says what they show.

Coverage and fuzzing run on the same contract file, through our transport, and only where they are free; the documented
examples are sent by the directed checks, with ids that nobody has.
"""

import copy
import warnings
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import requests
import schemathesis
from covermock.openapi import out_of_place
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from ...exchange import Sent
from ..session import Session

Case = schemathesis.Case[Any]
_BASE = "http://gateway.invalid"
_OURS = frozenset(
    {
        "host",
        "content-length",
        "connection",
        "user-agent",
        "accept",
        "accept-encoding",
        "x-schemathesis-testcaseid",
    }
)


def generated_requests_are_judged(session: Session, limit: int) -> None:
    """Send up to `limit` generated requests: coverage of the schemas, and fuzzing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schema = schemathesis.openapi.from_dict(_plain(session.contract.root), config=schemathesis.Config())
        operations: list[Any] = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
        share = max(limit // (2 * len(operations)), 1)
        for operation in operations:
            for case in islice(_covering(schema, operation), share):
                _send(session, case)
        for operation in operations:
            _fuzz(session, operation, GenerationMode.NEGATIVE, max(share // 2, 1))
            _fuzz(session, operation, GenerationMode.POSITIVE, max(share // 2, 1))


def _plain(root: Any) -> dict[str, Any]:
    """Return the contract as schemathesis reads it: without our extensions, and examples, whose ids may exist."""
    if isinstance(root, dict):
        return {
            key: _plain(value) for key, value in root.items() if not str(key).startswith("x-") and key != "examples"
        }
    return [_plain(value) for value in root] if isinstance(root, list) else copy.copy(root)  # type: ignore[return-value]


def _covering(schema: Any, operation: Any) -> Iterator[Case]:
    """Yield what the coverage phase makes; a change in schemathesis here costs that phase, not the run."""
    try:
        yield from schema.iter_coverage_cases(
            operation,
            generation_modes=[GenerationMode.NEGATIVE],
            generation_config=schema.config.generation_for(operation=operation, phase="coverage"),
        )
    except (TypeError, AttributeError):
        return


def _fuzz(session: Session, operation: Any, mode: GenerationMode, examples: int) -> None:
    @seed(session.settings.seed)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def body(case: Case) -> None:
        _send(session, case)

    body()


def _send(session: Session, case: Case) -> None:
    """Send a generated case if a correct gateway would not charge for it, and judge it."""
    scheme = session.contract.scheme
    sent = as_sent(case, scheme.header.lower() if scheme else "")
    sent = replace(sent, query=out_of_place(scheme, {}, sent.query)[1]) if sent else None
    if sent is None or sent.method != case.operation.method.upper() or _may_cost(session, sent):
        return
    exchange = session.send(sent)
    session.judge.judge(exchange, session.expectations.of(sent))  # by what is known now, with its answer


def _may_cost(session: Session, sent: Sent) -> bool:
    expected = session.expectations.of(sent)
    return bool(expected.price or expected.risk)


def as_sent(case: Case, key_header: str = "") -> Sent | None:
    """Return the request that a case makes, without its headers of our own kind; None when it can't be sent."""
    ours = _OURS | {key_header}
    try:
        kwargs = case.as_transport_kwargs(base_url=_BASE)
        names = ("method", "url", "params", "headers", "data", "json", "cookies")
        prepared = requests.Request(**{name: kwargs[name] for name in names if kwargs.get(name) is not None}).prepare()
    except (ValueError, TypeError, UnicodeError, requests.RequestException):
        return None
    headers = tuple((str(name), str(value)) for name, value in prepared.headers.items() if name.lower() not in ours)
    if any(not text.isascii() or any(ord(char) < 32 for char in text) for pair in headers for text in pair):
        return None
    parts = urlsplit(str(prepared.url))
    raw: Any = prepared.body
    body = raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else raw
    if body is not None and not isinstance(body, bytes):
        return None
    return Sent(str(prepared.method), parts.path, "main", parts.query, headers, body, "was generated by schemathesis")
