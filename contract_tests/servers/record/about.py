"""What a run was: whom it judged, when, by which contract, within which limits, and what it used."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

from ...vocabulary import KEY_VARIABLES
from ..session import Session

_FEW = 3  # flows that are named


def about_run(session: Session) -> tuple[tuple[str, str], ...]:
    """Return (name, text) pairs for the head of a report."""
    return tuple((name, session.evidence.redact(text)) for name, text in _facts(session) if text)


def _more(session: Session) -> str:
    """Return what another ten credits would put to the test, and why nothing more where they would not."""
    if not session.starts or session.budget.quote is None:
        return ""
    if not session.more:
        return "would show nothing more; other sources or keys may (see what was not exercised)"
    untried = {clause for one in session.more for clause in one.shows} - {clause for clause, _ in session.evidence.seen}
    told = "; ".join(one.title for one in session.more[:_FEW])
    flag = "" if session.settings.spends or any(one.usual for one in session.more) else ", with --thorough"
    named = f" (not exercised yet: {', '.join(sorted(untried))})" if untried else ""
    return f"would put to the test: {told}{named}{flag}"


def _facts(session: Session) -> Iterator[tuple[str, str]]:
    settings, budget = session.settings, session.budget
    began = datetime.now(UTC) - timedelta(seconds=session.transport.now)
    yield "gateway", settings.url
    info = session.contract.root["info"]
    yield "contract", f"{info['title']} {info['version']} ({session.contract.file})"
    yield "began", f"{began:%Y-%m-%d %H:%M:%S} UTC, took {session.transport.now:.1f} s"
    yield "judged by", f"covermock {version('covermock')}, seed {settings.seed}, fails on {settings.fail_on}"
    yield "keys", ", ".join(KEY_VARIABLES[role] for role in settings.keys)
    strays = f", and {budget.strays} for requests that had to be refused" if budget.strays else ""
    charged = f"at most {budget.spent} credits in {budget.accepted} paid requests{strays}"
    yield "charged", f"{charged}; the budget was {budget.max_credits}, the quote {budget.quote or 0}"
    pace = f"{settings.rate:g} a second" if settings.rate else "no limit a second"
    yield "requests", f"{budget.requests} of {budget.max_requests}, {pace}"
    yield "ten credits more", _more(session)
    yield "patience", f"{settings.patience:g} s for a task to end, a poll every {settings.poll_interval:g} s"
