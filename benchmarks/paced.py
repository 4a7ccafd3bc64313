"""Latency at a fixed rate: requests leave on schedule, whatever the server does, and count from their schedule."""

import threading
import time
from http.client import HTTPConnection

from .measuring import Ask, BrokenError

_CONNECTIONS = 16


def latencies(port: int, ask: Ask, rate: float, seconds: float) -> list[float]:
    """Return the latency of each request, in milliseconds, sorted."""
    found: list[float] = []
    begin = time.perf_counter() + 0.05
    each = range(_CONNECTIONS)
    workers = [threading.Thread(target=_work, args=(port, ask, begin + n / rate, rate, seconds, found)) for n in each]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if len(found) < int(rate * seconds / _CONNECTIONS) * _CONNECTIONS:
        raise BrokenError(f"{ask.method} {ask.target}: only {len(found)} answers at {rate:g}/s")
    return sorted(found)


def _work(port: int, ask: Ask, begin: float, rate: float, seconds: float, found: list[float]) -> None:
    """Send every sixteenth request on a connection of one's own."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    for number in range(int(rate * seconds / _CONNECTIONS)):
        due = begin + number * _CONNECTIONS / rate
        time.sleep(max(due - time.perf_counter(), 0))
        connection.request(ask.method, ask.target, ask.body or None, dict(ask.headers))
        answer = connection.getresponse()
        answer.read()
        if answer.status == ask.status:
            found.append((time.perf_counter() - due) * 1000)
    connection.close()


def percentile(ordered: list[float], share: float) -> float:
    """Return the value below which this share of the sorted values lies."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
