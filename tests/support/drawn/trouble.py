"""What befalls any request to a drawn gateway, whatever it asks: limits, and mishaps now and then."""

import time
from collections.abc import Callable
from random import Random
from types import SimpleNamespace

from .form import Form, Refused, Reply

_BUCKETS = {"bucket": (60.0, 60.0), "bursts": (20.0, 80.0)}  # tokens at most, and tokens a second
_PEACE = 8  # requests before anything goes wrong
_BAD, _TIMES, _LOCKED = 60, 3, 1.0  # refusals after which nobody gets in, how often that is so, for how many seconds


class Trouble:
    """Comes before the checks."""

    def __init__(self, points: SimpleNamespace, form: Form, chance: Random) -> None:
        self.p, self.form, self.chance = points, form, chance
        self.requests = self.bad = self.locks = 0
        self.locked = 0.0  # until then
        self.most, self.speed = _BUCKETS.get(self.p.limit, (0.0, 0.0))
        self.tokens, self.filled = self.most, time.monotonic()

    def before(self, answer: Callable[[], Reply]) -> Reply:
        """Return the answer, or what comes instead of it."""
        self.requests += 1
        if self.p.locks and time.monotonic() < self.locked:
            return self._locked_out()
        early = self._early() if self.requests > _PEACE else None
        if early and early.wire == "slow":
            slow = answer()
            return Reply(slow.status, slow.headers, slow.body, wire="slow")
        reply = early or answer()
        self.bad += 400 <= reply.status < 500
        if self.bad >= _BAD and self.locks < _TIMES:
            self.bad, self.locks, self.locked = 0, self.locks + 1, time.monotonic() + _LOCKED
        return reply

    def _locked_out(self) -> Reply:
        """Return what everybody gets while nobody gets in: the page of a firewall, or an error."""
        if self.p.locks == "page":
            return Reply(403, [("Content-Type", "text/html")], b"<h1>Sorry, you have been blocked</h1>")
        return self.form.refusal(Refused(int(self.p.locks), "forbidden"), upload=False, allow="")

    def limited(self) -> Reply:
        """Return the answer to who asks too much."""
        reply = self.form.refusal(Refused(429, "rate_limit"), upload=False, allow="")
        later = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 1))
        if self.p.limit != "untold":
            reply.headers.append(("Retry-After", later if self.p.limit == "dated" else "1"))
        return reply

    def _early(self) -> Reply | None:
        if self.p.limit not in {"", "polls"} and self._is_limited():
            return self.limited()
        if self.p.mishaps and self.chance.random() < 1 / 120:
            return self._mishap(self.p.mishaps)
        return None

    def _is_limited(self) -> bool:
        if not self.most:
            return self.chance.random() < 1 / 60
        now = time.monotonic()
        self.tokens, self.filled = min(self.most, self.tokens + self.speed * (now - self.filled)), now
        self.tokens -= self.tokens >= 1
        return self.tokens < 1

    def _mishap(self, how: str) -> Reply:
        if how in {"dropped", "cut", "slow"}:
            return Reply(0, [], b"", wire=how) if how == "dropped" else Reply(200, [], b'{"code": 200}', wire=how)
        if how == "html 502":
            return Reply(502, [("Content-Type", "text/html")], b"<h1>Bad Gateway</h1>")
        return self.form.refusal(Refused(int(how), "internal_error"), upload=False, allow="")
