"""Control operations that read a world's journal: find, count, near misses, explain."""

from collections.abc import Iterator
from typing import Any

from ..errors import EVICTED, Refusal
from ..explain import explained
from ..journal import Entry, Journal, difference, matches
from ..redaction import headers_shown, text_shown
from .call import ControlCall, Result, unknown
from .views import precise

CRITERIA = ("method", "path", "operation", "status", "task", "account", "error", "contains")
_NEAR = 3  # near misses that are shown


def read_journal(call: ControlCall) -> Result:
    """Show the exchanges that meet the criteria, oldest first; where none does, the nearest misses."""
    journal, criteria = call.world.journal, criteria_of(call.query)
    found = [entry for entry in journal.since(call.query["since"]) if matches(entry, criteria)]
    kept = found[-call.query["limit"] :]
    misses = [] if found else [_miss(call, entry, criteria) for entry in _nearest(journal, criteria)]
    return 200, {
        "entries": [entry_view(call, entry) for entry in kept],
        "total": len(found),
        "evicted": journal.evicted,
        "near_misses": misses,
    }


def count_journal(call: ControlCall) -> Result:
    """Count the exchanges that meet the criteria. Refuses where entries that are gone could matter."""
    journal = call.world.journal
    refuse_evicted(journal, call.query["since"])
    criteria = criteria_of(call.query)
    return 200, {"count": sum(matches(entry, criteria) for entry in journal.since(call.query["since"]))}


def read_strays(call: ControlCall) -> Result:
    """Show the last requests that belong to no world: their keys are unknown."""
    entries = list(call.store.strays.entries)[-call.query["limit"] :]
    return 200, {
        "entries": [entry_view(call, entry) for entry in entries],
        "total": call.store.strays.total,
        "evicted": call.store.strays.evicted,
        "near_misses": [],
    }


def explain_entry(call: ControlCall) -> Result:
    """Say why an exchange was answered as it was; `last` names the newest."""
    journal, name = call.world.journal, call.path["entry"]
    entries = {str(entry.number): entry for entry in journal.entries}
    entry = journal.entries[-1] if name == "last" and entries else entries.get(name)
    if entry is None:
        raise unknown("path.entry", "the number of a kept entry, or last", name, ["last", *list(entries)[-3:]])
    return 200, {"entry": entry_view(call, entry), **explained(call.world, entry, call.now)}


def criteria_of(given: Any) -> dict[str, Any]:
    """Return the criteria among what was given."""
    return {name: given[name] for name in CRITERIA if given.get(name) is not None}


def refuse_evicted(journal: Journal, since: int) -> None:
    """Refuse an answer that entries which are gone could change."""
    if journal.evicted > since:
        raise Refusal(EVICTED, expected=journal.evicted, received=since)


def _nearest(journal: Journal, criteria: dict[str, Any]) -> Iterator[Entry]:
    """Yield the entries that miss the fewest criteria, newest first among equals."""
    ranked = sorted(journal.entries, key=lambda entry: (len(difference(entry, criteria)), -entry.number))
    yield from ranked[:_NEAR]


def _miss(call: ControlCall, entry: Entry, criteria: dict[str, Any]) -> dict[str, Any]:
    rows = [{"what": w, "expected": e, "received": r} for w, r, e in difference(entry, criteria) if w != "contains"]
    return {"entry": entry_view(call, entry), "differences": rows}


def entry_view(call: ControlCall, entry: Entry) -> dict[str, Any]:
    """Show an exchange; keys that are not this mock's own are left out."""
    request, answer = entry.request, entry.answer

    def known(key: str) -> bool:
        return call.store.find_key(key) is not None

    return {
        "number": entry.number,
        "at": precise(entry.now),
        "method": request.method,
        "path": text_shown(request.path, known),
        "query": text_shown(request.query, known),
        "headers": headers_shown(request.headers, known),
        "body": text_shown(request.body.decode("utf-8", "replace"), known),
        "body_capped": entry.capped,
        "status": answer.status,
        "answer": answer.body.decode("utf-8", "replace"),
        "answer_headers": {name: value for name, value in answer.headers},  # noqa: C416 - rows may be lists
        "waiting": entry.waiting,
        "why": dict(answer.why),
    }
