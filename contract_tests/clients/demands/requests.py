"""Rules for single requests: path, method, key, media type, body, query. Each yields what is wrong, with its remedy."""

import json
import re
from collections.abc import Iterator
from difflib import get_close_matches

from covermock.openapi import (
    JSON,
    NOTHING,
    Contract,
    Operation,
    Violation,
    clause_pointer,
    excerpt,
    known_fields,
    nearest,
)

from ...statuses import TOO_LARGE
from ..entries import NO_JSON, Entry
from ..experience import Experience
from ..finding import ClientFinding, finding, pointer_of
from ..rules import RULES

_HARMLESS_PATHS = frozenset({"", "/", "/favicon.ico", "/robots.txt", "/health", "/healthz", "/livez", "/readyz"})
_PROBES = frozenset({"HEAD", "OPTIONS"})
_KEY_NAMES = frozenset({"key", "apikey", "api_key", "api-key", "token", "access_token", "auth", "authorization"})
_KEY_HEADERS = frozenset({"x-api-key", "api-key", "x-auth-token", "apikey", "proxy-authorization"})
_IDENTIFIER = re.compile(r"[a-z]+[A-Z_]\w*")  # a name that can't be a word of a sentence


def request_findings(run: Experience) -> Iterator[ClientFinding]:
    """Yield what is wrong with each request by itself."""
    for one in run.exchanges:
        if one.method in _PROBES:
            continue
        for check in (_http, _path, _key, _key_elsewhere, _body, _parameters):
            yield from check(run, one)
    yield from _files(run)


def _files(run: Experience) -> Iterator[ClientFinding]:
    """Judge who sends its key to where the files of results are: in real life they are somebody else's."""
    for one in run.files:
        if _holds_key(run, f"{one.query} {' '.join(one.headers.values())}"):
            expected = "no key in a request for the file of a result"
            yield _finding(run, "key-for-gateway-only", expected, f"the key in {one.method} {one.path}", one)


def _finding(run: Experience, rule: str, expected: str, received: str, at: Entry) -> ClientFinding:
    return finding(run.contract, RULES[rule], expected, received, at)


def _http(run: Experience, one: Entry) -> Iterator[ClientFinding]:
    if one.error == "malformed-request":
        yield _finding(run, "sound-http", "a well-formed HTTP/1.1 request", one.body or "bytes that are none", one)
    elif one.status == TOO_LARGE and one.error:
        limit = run.contract.body_limit
        yield _finding(run, "sound-http", f"a body of at most {limit} bytes", "a larger one", one)


def _path(run: Experience, one: Entry) -> Iterator[ClientFinding]:
    if one.error == "malformed-request" or one.path in _HARMLESS_PATHS:
        return
    paths = [operation.path for operation in run.contract.operations]
    if not one.methods:
        rule = "no-leftovers" if _is_leftover(run.contract, one.path) else "known-path"
        yield _finding(run, rule, f"one of {', '.join(paths)} ({nearest(one.path, paths)})", excerpt(one.path), one)
    elif one.operation is None:
        yield _finding(run, "right-method", f"{' or '.join(one.methods)} {one.path}", one.method, one)


def _is_leftover(contract: Contract, path: str) -> bool:
    """Return True if a path has a part that only those have which the contract names as no operations."""
    known = {part for one in contract.operations for part in one.path.split("/")}
    named = {part for one, item in contract.root["paths"].items() if "x-clause" in item for part in one.split("/")}
    return bool((named - known) & set(path.split("/")))


def _old_names(contract: Contract) -> set[str]:
    """Return the names, folded, that the clause of those paths mentions."""
    clause = contract.clauses.get(clause_pointer(pointer_of(contract, RULES["no-leftovers"]))[0])
    return {_folded(name) for name in _IDENTIFIER.findall(clause.text)} if clause else set()


def _folded(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _key(run: Experience, one: Entry) -> Iterator[ClientFinding]:
    scheme = run.contract.scheme
    if not one.methods or scheme is None:
        return
    given = one.headers.get(scheme.header.lower())
    expected = f"{scheme.place}: {scheme.value('<the key that was given>')}"
    if given is None:
        yield _finding(run, "key-in-header", expected, f"a request without {scheme.place}", one)
        return
    word, _, key = given.partition(" ") if scheme.word else ("", "", given)
    if word.lower() != scheme.word.lower() or not key.strip():
        received = f"the scheme {word!r}" if key else f"{scheme.place} without a key after its scheme"
        yield _finding(run, "key-in-header", expected, received, one)
    elif key.strip() not in run.given.keys if run.given.keys else one.error == "invalid-key":
        if run.job or not _knows_its_key(run):
            yield _finding(run, "own-key", expected, "another key", one)
    elif word != scheme.word:
        yield _finding(run, "documented-spelling", f"the scheme {scheme.word} before the key", excerpt(word), one)


def _key_header(run: Experience) -> str:
    return run.contract.scheme.header.lower() if run.contract.scheme else ""


def _knows_its_key(run: Experience) -> bool:
    """Return True if some request carries the right key: a test-suite may then send a wrong one on purpose."""
    own = _key_header(run)
    return any(key in one.headers.get(own, "") for one in run.exchanges for key in run.given.keys)


def _key_elsewhere(run: Experience, one: Entry) -> Iterator[ClientFinding]:
    own = _key_header(run)
    known = {parameter.name.lower() for parameter in one.operation.parameters} if one.operation else set()
    headers = " ".join(value for name, value in one.headers.items() if name != own)
    places = {
        "the query": (_KEY_NAMES - known) & {name.lower() for name in one.fields} or _holds_key(run, one.query),
        "the path": _holds_key(run, one.path),
        "the body": _holds_key(run, one.body),
        "another header": (_KEY_HEADERS - {own}) & one.headers.keys() or _holds_key(run, headers),
    }
    expected = f"the key in {run.contract.scheme.place} only" if run.contract.scheme else "no key"
    for place, found in places.items():
        if found:
            yield _finding(run, "key-nowhere-else", expected, f"it stands in {place}", one)


def _holds_key(run: Experience, text: str) -> bool:
    return any(key in text for key in run.given.keys)


def _body(run: Experience, one: Entry) -> Iterator[ClientFinding]:
    operation = one.operation
    if operation is None:
        return
    if operation.body is None:
        if one.body:
            received = f"a body of {len(one.body)} characters"
            yield _finding(run, "tidy-request", "no body, the URL says it all", received, one)
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
        schema = operation.raw["requestBody"]["content"][JSON]["schema"]
        known = known_fields(run.contract.root, schema, body)
        yield from _strange_names(run, one, list(one.value), sorted(known), "body")


def _parameters(run: Experience, one: Entry) -> Iterator[ClientFinding]:
    operation = one.operation
    if operation is None:
        return
    named = [parameter.name for parameter in operation.places["header"]]
    headers = {name: [one.headers[name.lower()]] for name in named if name.lower() in one.headers}
    given = {"query": one.fields, "path": {name: [text] for name, text in one.placed.items()}, "header": headers}
    for place, values in given.items():
        for violation in operation.read(place, values)[1]:
            yield _violation_finding(run, one, violation)
    known = [parameter.name for parameter in operation.places["query"]]
    names = [name for name in one.fields if name.lower() not in _KEY_NAMES and not name.startswith("__")]
    yield from _strange_names(run, one, names, known, "query")


def _violation_finding(run: Experience, one: Entry, violation: Violation) -> ClientFinding:
    """Return the finding; a violation brings its own clause."""
    own = violation.clause if violation.clause in run.contract.clauses else None
    expected = f"{violation.where}: {violation.expected}"
    return finding(run.contract, RULES["valid-request"], expected, violation.received, one, own or "")


def _strange_names(
    run: Experience, one: Entry, names: list[str], known: list[str], place: str
) -> Iterator[ClientFinding]:
    for name in names:
        if _folded(name) in _old_names(run.contract):
            yield _finding(run, "no-leftovers", f"a name of the contract: {', '.join(known)}", f"{place}.{name}", one)
        elif name not in known:
            yield _finding(run, "known-names", _meant(name, known), f"{place}.{name}", one)


def _meant(name: str, known: list[str]) -> str:
    plain = {other.replace("_", "").lower(): other for other in reversed(known)}
    close = get_close_matches(_folded(name), plain, n=1, cutoff=0.6)
    if close:
        return f"a documented name (did you mean {plain[close[0]]!r}?)"
    return f"a documented name ({', '.join(known) or 'there is none here'})"
