"""Business rules that cost nothing where they are kept: ranges, unfinished tasks, empty accounts."""

from collections.abc import Iterator

from covermock.openapi import AFFORDABLE, Operation
from covermock.openapi.needs import row_with

from ...exchange import Sent
from ..session import Session


def sources_outside_the_range_are_refused(session: Session) -> Iterator[Sent]:
    for operation in session.starts:
        bodies = session.bodies(operation)
        for one in session.knowledge.outside(bodies.need):
            for example in bodies.examples[:2]:
                story = f"names a source that is not within the range: {one.measure:g}"
                yield session.about(operation, one.id, example.body, story=story)


def what_has_not_ended_is_no_source(session: Session) -> Iterator[Sent]:
    for operation in session.starts:
        bodies = session.bodies(operation)
        for one in session.knowledge.unfinished(bodies.need):
            for place in bodies.places:
                yield session.valid(operation, one.id, story="names a task that has not ended", place=place)
            if session.has("second"):
                yield session.valid(operation, one.id, story="names another account's task", who="second")


def an_account_without_credits_is_told_so_last(session: Session) -> Iterator[Sent]:
    """Out of credits is an error of its own; everything else that is wrong is said first; polling is free."""
    if not session.has("poor"):
        return
    for operation in session.polls:
        story = "polls without credits, which is free"
        yield session.about(operation, session.unknown_id(operation), story=story, who="poor")
    paid = [one for one in session.starts if row_with(one, AFFORDABLE)]
    for operation in paid:
        for name in _affordable_elsewhere(session, operation):
            yield session.valid(operation, name, story="has no credits", who="poor")
    for operation in (one for one in paid if one.id_places):
        yield session.about(operation, None, story="has no credits, and names nothing", who="poor")
        story = "has no credits, and names what nobody has"
        yield session.valid(operation, session.unknown_id(operation), story=story, who="poor")


def _affordable_elsewhere(session: Session, operation: Operation) -> list[str | None]:
    """Return the sources that an account without credits may name, too: no tasks, since it owns none."""
    need = session.bodies(operation).need
    if need is None:
        return [None]
    known = [] if need.is_task else [*session.usable(operation)[:1], *session.knowledge.outside(need)[:2]]
    return [one.id for one in known]
