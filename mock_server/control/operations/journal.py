"""Control operations that read a world's journal: find, count, near misses, explain."""

from bisect import bisect_left
from heapq import nsmallest
from typing import Any

from ...history.breaches import breaches
from ...history.explain import explain
from ...http.messages import Answer, json_answer
from ...http.redaction import redact_fields, redact_headers, redact_text, redact_value
from ...world.journal import Criteria, Entry, difference, matches
from ..call import ControlCall, Result, unknown
from ..criteria import read_criteria, refuse_evicted
from ..steps import Making
from ..views import precise

_NEAR = 3  # near misses that are shown
_QUOTED = 200  # characters of what was received that a near miss shows


def read_journal(call: ControlCall) -> Making:
    """Show the exchanges that meet the criteria, oldest first; where none does, the nearest misses."""
    journal, criteria = call.world.journal, read_criteria(call.world, call.query, "query")
    entries, evicted = list(journal.entries), journal.evicted

    def outside() -> Answer:
        found = entries[max(call.query["since"] - evicted, 0) :]
        if call.query["before"] is not None:
            found = found[: bisect_left(found, call.query["before"], key=lambda entry: entry.number)]
        if criteria:
            found = [entry for entry in found if matches(entry, criteria)]
        misses = [] if found else [_miss(call, entry, criteria) for entry in _nearest(entries, criteria)]
        return _shown(call, found, len(found), evicted, misses)

    answer: Answer = yield outside
    return answer


def count_journal(call: ControlCall) -> Result:
    """Count the exchanges that meet the criteria. Refuses where entries that are gone could matter."""
    journal = call.world.journal
    refuse_evicted(journal, call.query["since"])
    criteria = read_criteria(call.world, call.query, "query")
    return 200, {"count": sum(matches(entry, criteria) for entry in journal.since(call.query["since"]))}


def read_strays(call: ControlCall) -> Making:
    """Show the last requests that belong to no world: their keys are unknown."""
    entries, strays = list(call.store.strays.entries), call.store.strays
    total, evicted = strays.total, strays.evicted
    answer: Answer = yield lambda: _shown(call, entries, total, evicted, [])
    return answer


def _shown(call: ControlCall, found: list[Entry], total: int, evicted: int, misses: list[dict[str, Any]]) -> Answer:
    """Return the last of the exchanges; ten thousand of them take seconds, so nobody else waits for that."""
    entries = [entry_view(call, entry) for entry in found[-call.query["limit"] :]]
    return json_answer(200, {"entries": entries, "total": total, "evicted": evicted, "near_misses": misses}, {})


def explain_entry(call: ControlCall) -> Result:
    """Say why an exchange was answered as it was; `last` names the newest."""
    journal, name = call.world.journal, call.path["entry"]
    entry = journal.find(journal.total if name == "last" else int(name))
    if entry is None:
        newest = [str(one.number) for one in journal.since(journal.total - 3)]
        raise unknown("path.entry", "the number of a kept entry, or last", name, ["last", *newest])
    return 200, {
        "entry": entry_view(call, entry),
        **explain(call.world, entry, call.now),
        "violations": redact_value(breaches(call.contract, entry), call.knows),
    }


def _nearest(entries: list[Entry], criteria: Criteria) -> list[Entry]:
    """Return the entries that miss the fewest criteria, newest first among equals."""
    return nsmallest(_NEAR, entries, key=lambda entry: (len(difference(entry, criteria)), -entry.number))


def _miss(call: ControlCall, entry: Entry, criteria: Criteria) -> dict[str, Any]:
    rows = [
        {"what": what, "expected": expected, "received": redact_text(str(got), call.knows)[:_QUOTED]}
        for what, got, expected in difference(entry, criteria)
    ]
    return {"entry": entry_view(call, entry), "differences": rows}


def entry_view(call: ControlCall, entry: Entry) -> dict[str, Any]:
    """Show an exchange; keys that are not this mock's own are left out."""
    request, answer, known = entry.request, entry.answer, call.knows
    return {
        "number": entry.number,
        "at": precise(entry.now),
        "wall": precise(entry.wall),
        "method": request.method,
        "path": redact_text(request.path, known),
        "query": redact_fields(request.query, known),
        "headers": redact_headers(request.headers, known),
        "body": redact_fields(request.body.decode("utf-8", "replace"), known),
        "body_capped": entry.capped,
        "status": answer.status,
        "answer": redact_text(answer.body.decode("utf-8", "replace"), known),
        "answer_headers": {name: redact_text(value, known) for name, value in answer.headers},
        "waiting": entry.waiting,
        "wire": answer.wire.kind if answer.wire else "",
        "why": dict(answer.why),
    }
