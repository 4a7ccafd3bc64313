"""Who may ask: keys, where they stand, and that the key is looked at first."""

from collections.abc import Iterator
from typing import Any

from covermock.openapi import IN_QUERY, Operation

from ...exchange import MAIN_KEY, Sent
from ..expect.keys import odd_cases, unknown_key
from ..session import Session

_SHORT = 6  # kinds of wrong keys that each operation gets
_ALL = 2  # operations that get all kinds, where requests are plenty


def nobodys(session: Session, operation: Operation, story: str, headers: Any) -> Sent:
    """Return a request without our key to the operation, about an id that nobody has."""
    return session.about(operation, session.unknown_id(operation), story=story, who="").with_headers(headers)


def a_request_needs_a_valid_key(session: Session) -> Iterator[Sent]:
    """Without a valid key in its documented place nobody is let in, on each operation."""
    for number, operation in enumerate(session.operations.values()):
        every = number < (_ALL if session.has_plenty else 1)
        for words, headers in session.wrong_keys if every else session.wrong_keys[:_SHORT]:
            yield nobodys(session, operation, f"sends {words}", headers)


def a_key_in_the_url_is_none(session: Session) -> Iterator[Sent]:
    """A key in the query is no key, unless it belongs there; sent on this machine only, since URLs end up in logs."""
    scheme = session.contract.scheme
    if scheme and not scheme.parameter and session.settings.loopback:
        headers = ((f"{IN_QUERY}api_key", MAIN_KEY),)
        for operation in session.polls:
            yield nobodys(session, operation, "sends its key in the query", headers)


def nothing_is_started_without_a_key(session: Session) -> Iterator[Sent]:
    """A request that would be valid with a key is refused without one."""
    for operation in session.starts:
        usable, need = session.usable(operation), session.bodies(operation).need
        if not usable or (need and need.is_task and session.budget.max_credits):
            continue  # what is started from a task is better kept for the stories
        for words, headers in (("no key", ()), ("an unknown key", unknown_key(session.contract))):
            story = f"sends {words}, and is valid otherwise"
            yield session.valid(operation, usable[0].id, story=story, who="").with_headers(headers)


def the_key_is_looked_at_first(session: Session) -> Iterator[Sent]:
    """A request that is wrong in other ways, too, is refused for its key."""
    for operation in session.operations.values():
        bare = session.about(operation, None, story="sends no key, and nothing else that is needed", who="")
        if operation.body is None:
            yield bare
        else:
            plain = session.plain(operation, story="sends no key, and malformed JSON", who="")
            yield plain.with_body(b'{"x": ')
            empty = session.about(operation, None, story="sends an unknown key, and an empty object", who="")
            yield empty.with_headers(unknown_key(session.contract))


def the_scheme_may_be_spelled_in_any_case(session: Session) -> Iterator[Sent]:
    """Where the case of the scheme is open, an envelope and no crash will do."""
    for headers in odd_cases(session.contract):
        yield nobodys(session, session.polls[0], "spells the scheme otherwise (open)", headers)
