"""Words that all reports share: the summary, the ledger, what a finding says."""

from collections.abc import Iterator

from ..findings import Finding, sentence
from ..verdicts import BROKEN, HELD, UNTRIED, Judgement

MEANING = {0: "the contract holds", 1: "the contract is broken", 3: "could not test"}


def summary(judgement: Judgement) -> str:
    """Return the outcome in one line."""
    counts = {state: sum(v.state == state for v in judgement.verdicts) for state in (HELD, BROKEN, UNTRIED)}
    states = ", ".join(f"{count} {state}" for state, count in counts.items())
    cut = " (the run was cut short)" if judgement.interrupted else ""
    line = f"what is {judgement.fail_on}" + (" or better known" if judgement.fail_on != "documented" else "")
    return f"{MEANING[judgement.exit_code]} (by {line}): {states}{cut}"


def ledger(judgement: Judgement) -> str:
    """Return what the run used in one line."""
    used = judgement.ledger
    strays = f", {used.strays} more for requests that had to be refused" if used.strays else ""
    return (
        f"at most {used.spent} credits of {used.max_credits} in {used.accepted} paid requests{strays}; "
        f"{used.requests} requests of {used.max_requests}; {used.seconds:.1f} s; seed {judgement.seed}"
    )


def words(judgement: Judgement, finding: Finding) -> Iterator[tuple[str, str]]:
    """Yield (name, text) of what there is to say about a finding."""
    said = sentence(judgement.contract, finding.clause, finding.level)
    yield "clause", f"{finding.clause} ({finding.level}): {said.text}"
    yield "source", said.source
    yield "expected", finding.expected
    yield "received", finding.received
    if finding.story:
        yield "request", f"no. {finding.number}, which {finding.story}"
    if finding.curl:
        yield "repeat", finding.curl
    if finding in judgement.accepted:
        yield "baseline", "a known deviation, which does not fail the run"
    elif not finding.counts(judgement.fail_on):
        yield "note", f"{finding.level} is below the line ({judgement.fail_on}): our assumption is refuted"
