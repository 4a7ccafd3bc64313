"""Rules for single requests: path, method, key, media type, body, query. Each yields what is wrong, with its remedy."""

import json
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches

from covermock.openapi import JSON, NOTHING, Operation, Violation, excerpt, nearest

from .entries import NO_JSON, Entry
from .experience import Experience
from .finding import ClientFinding, finding
from .rules import RULES

_HARMLESS_PATHS = frozenset({"", "/", "/favicon.ico", "/robots.txt", "/health", "/healthz", "/livez", "/readyz"})
_PROBES = frozenset({"HEAD", "OPTIONS"})
_KEY_NAMES = frozenset({"key", "apikey", "api_key", "api-key", "token", "access_token", "auth", "authorization"})
_KEY_HEADERS = frozenset({"x-api-key", "api-key", "x-auth-token", "apikey", "proxy-authorization"})
_OLD_NAMES = frozenset({"workid", "work_id"})


def request_findings(run: Experience) -> Iterator[ClientFinding]:
    """Yield what is wrong with each request by itself."""
    for one in run.exchanges:
        if one.method in _PROBES:
            continue
        for check in (_http, _path, _key, _key_elsewhere, _body, _query):
            yield from check(run, one)


def _finding(
    run: Experience, rule: str, expected: str, received: str, at: Entry, violation: Violation | None = None
) -> ClientFinding:
    """Return the finding; a violation brings its own clause."""
    row = RULES[rule]
    clause = violation.clause if violation and violation.clause in run.contract.clauses else row.clause
    return finding(run.contract, replace(row, clause=clause or row.clause), expected, received, at)


def _http(run: Experience, one: Entry) -> Iterator[ClientFinding]:
    if one.error == "malformed-request":
        yield _finding(run, "sound-http", "a well-formed HTTP/1.1 request", one.body or "bytes that are none", one)
    elif one.status == 413 and one.error:
        limit = run.contract.body_limit
        yield _finding(run, "sound-http", f"a body of at most {limit} bytes", "a larger one", one)


def _path(run: Experience, one: Entry) -> Iterator[ClientFinding]:
    if one.error == "malformed-request" or one.path in _HARMLESS_PATHS:
        return
    paths = [operation.path for operation in run.contract.operations]
    if not one.methods:
        old = _leftover(one.path)
        rule = "no-leftovers" if old else "known-path"
        yield _finding(run, rule, f"one of {', '.join(paths)} ({nearest(one.path, paths)})", excerpt(one.path), one)
    elif one.operation is None:
        yield _finding(run, "right-method", f"{' or '.join(one.methods)} {one.path}", one.method, one)


def _leftover(path: str) -> bool:
    """Return True if a path is one of those that the page names by mistake (C14)."""
    return path.startswith("/v2/") or "/v2/" in path or "/api/v2" in path


def _key(run: Experience, one: Entry) -> Iterator[ClientFinding]:
    if not one.methods:
        return
    given = one.headers.get("authorization")
    expected = "Authorization: Bearer <the key that was given>"
    if given is None:
        yield _finding(run, "key-in-header", expected, "no Authorization header", one)
        return
    scheme, _, key = given.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        received = f"the scheme {scheme!r}" if key else "an Authorization header without a scheme"
        yield _finding(run, "key-in-header", expected, received, one)
    elif key.strip() not in run.given.keys if run.given.keys else one.error == "invalid-key":
        if run.job or not _knows_its_key(run):
            yield _finding(run, "own-key", expected, "another key", one)
    elif scheme != "Bearer":
        yield _finding(run, "tidy-request", "the scheme as documented: Bearer", scheme, one)


def _knows_its_key(run: Experience) -> bool:
    """Return True if some request carries the right key: a test-suite may then send a wrong one on purpose."""
    return any(key in one.headers.get("authorization", "") for one in run.exchanges for key in run.given.keys)


def _key_elsewhere(run: Experience, one: Entry) -> Iterator[ClientFinding]:
    headers = " ".join(value for name, value in one.headers.items() if name != "authorization")
    places = {
        "the query": _KEY_NAMES & {name.lower() for name in one.fields} or _holds_key(run, one.query),
        "the path": _holds_key(run, one.path),
        "the body": _holds_key(run, one.body),
        "another header": _KEY_HEADERS & one.headers.keys() or _holds_key(run, headers),
    }
    for place, found in places.items():
        if found:
            yield _finding(
                run, "key-nowhere-else", "the key in the Authorization header only", f"it stands in {place}", one
            )


def _holds_key(run: Experience, text: str) -> bool:
    return any(key in text for key in run.given.keys)


def _body(run: Experience, one: Entry) -> Iterator[ClientFinding]:
    operation = one.operation
    if operation is None:
        return
    if operation.body is None:
        if one.body:
            yield _finding(
                run, "tidy-request", "no body, the query says it all", f"a body of {len(one.body)} characters", one
            )
        return
    media_type = one.headers.get("content-type", "")
    if media_type.partition(";")[0].strip().lower() != JSON:
        yield _finding(run, "json-type", f"Content-Type: {JSON}", excerpt(media_type) if media_type else NOTHING, one)
    if not one.capped:
        yield from _json(run, one, operation)


def _json(run: Experience, one: Entry, operation: Operation) -> Iterator[ClientFinding]:
    if one.value is NO_JSON or one.error == "invalid-json":
        yield _finding(run, "json-body", "one JSON object in UTF-8", excerpt(one.body) if one.body else NOTHING, one)
        return
    assert operation.body is not None
    body = operation.without_absent(one.value)
    for violation in operation.body.violations(body, "body"):
        yield _violation_finding(run, one, violation)
    for name in sorted(one.value.keys() - body.keys()) if isinstance(one.value, dict) else ():
        yield _finding(run, "absent-left-out", f"no body.{name}", json.dumps(one.value[name]), one)
    if isinstance(one.value, dict):
        properties = operation.raw["requestBody"]["content"][JSON]["schema"].get("properties", {})
        yield from _strange_names(run, one, list(one.value), list(properties), "body")


def _query(run: Experience, one: Entry) -> Iterator[ClientFinding]:
    operation = one.operation
    if operation is None:
        return
    _, violations = operation.read("query", one.fields)
    for violation in violations:
        yield _violation_finding(run, one, violation)
    known = [parameter.name for parameter in operation.parameters if parameter.place == "query"]
    names = [name for name in one.fields if name.lower() not in _KEY_NAMES and not name.startswith("__")]
    yield from _strange_names(run, one, names, known, "query")


def _violation_finding(run: Experience, one: Entry, violation: Violation) -> ClientFinding:
    expected = f"{violation.where}: {violation.expected}"
    return _finding(run, "valid-request", expected, violation.received, one, violation)


def _strange_names(
    run: Experience, one: Entry, names: list[str], known: list[str], place: str
) -> Iterator[ClientFinding]:
    for name in names:
        if name.lower() in _OLD_NAMES:
            yield _finding(run, "no-leftovers", f"a name of the contract: {', '.join(known)}", f"{place}.{name}", one)
        elif name not in known:
            yield _finding(run, "known-names", _meant(name, known), f"{place}.{name}", one)


def _meant(name: str, known: list[str]) -> str:
    plain = {other.replace("_", "").lower(): other for other in reversed(known)}
    folded = name.replace("_", "").replace("-", "").lower()
    close = get_close_matches(folded, plain, n=1, cutoff=0.6)
    if close:
        return f"a documented name (did you mean {plain[close[0]]!r}?)"
    return f"a documented name ({', '.join(known) or 'there is none here'})"
