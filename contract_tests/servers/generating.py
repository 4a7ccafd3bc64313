"""What is generated with the requests that are left: those of schemathesis, and stories of Hypothesis."""

from contextlib import suppress

from .session import Session

RESERVE = 12  # requests kept for the last look at the tasks
_MOST_GENERATED, _EVER_GENERATED = 120, 2000  # requests of each kind: usually, and however many may be sent
_STORY_TASKS = 2  # of the cheapest kind that a story may start
GENERATING = "generated requests need pip install 'covermock[check]'"


def load_generators() -> None:
    """Import what generates requests, which takes a second, while the stories still wait for their tasks."""
    with suppress(ModuleNotFoundError):
        from .ask import generated, stories  # noqa: F401


def generate(session: Session) -> None:
    """Let schemathesis and Hypothesis have what requests are left, less a reserve for the last look."""
    if session.budget.requests_left <= 2 * RESERVE or session.is_slow:
        return  # their import takes a second
    row = session.contract.errors.get("invalid-params")
    clauses = [row.clause] if row and row.clause else []
    try:
        from .ask.generated import generated_requests_are_judged
        from .ask.stories import stories_are_judged
    except ModuleNotFoundError as missing:
        session.evidence.note_untried(clauses, f"expected {missing.name}, not installed: {GENERATING}")
        return
    most = min(max(_MOST_GENERATED, session.budget.max_requests // 5), _EVER_GENERATED)
    left = session.budget.requests_left - RESERVE
    with session.attempt(*clauses):
        generated_requests_are_judged(session, min(left // 2, most))
    left = session.budget.requests_left - RESERVE
    if left > RESERVE and not session.is_slow:
        cheapest = min((one.top_price for one in session.starts), default=0)
        session.budget.probes = min(session.budget.probes, _STORY_TASKS * cheapest)
        session.story = stories_are_judged(session, min(left, most))
