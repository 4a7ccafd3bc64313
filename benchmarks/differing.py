"""Requests that all differ, as clients send them: another task and trace in each GET, another prompt in each POST."""

import json
from collections.abc import Sequence

from .measuring import Ask

TASKS = 1_000  # that are polled in turn
_PROMPT = "Here are some new lyrics for the intro, take"
# Lua writes a number of this run into each request; wrk's own cost of it is in the figures of the bare functions, too.
_SCRIPT = """
local targets, n = {%s}, 0
request = function()
  n = n + 1
  wrk.headers["traceparent"] = string.format("00-%%032x-%%016x-01", n, n)
  return wrk.format(nil, targets[n %% #targets + 1], nil, %s)
end
"""


def polling(ask: Ask, tasks: Sequence[str]) -> str:
    """Return the Lua that asks for one of the tasks after the other; a target without a task stays as it is."""
    base, named, _ = ask.target.partition("task_id=")
    targets = [f"{base}{named}{task}" for task in tasks] if named else [ask.target]
    return _SCRIPT % (", ".join(map(json.dumps, targets)), "nil")


def starting(ask: Ask) -> str:
    """Return the Lua that sends another prompt each time; a body that is no JSON gets the number at its end."""
    if ask.body.startswith("{"):
        longer = json.dumps(json.loads(ask.body) | {"custom_mode": True, "prompt": f"{_PROMPT} "})
        before, _, after = longer.rpartition('"')
        body = f"{json.dumps(before)} .. n .. {json.dumps(chr(34) + after)}"
    else:
        body = f"{json.dumps(ask.body)} .. n"
    return _SCRIPT % (json.dumps(ask.target), body)


def made_up(count: int = TASKS) -> list[str]:
    """Return ids for a peer that keeps no tasks."""
    return [f"upl{number:018x}" for number in range(count)]
