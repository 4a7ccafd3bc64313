"""A control request in steps: what looks at worlds is done under the mock's lock, what may take long outside of it."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from types import GeneratorType
from typing import Any

from ..http.errors import Refusal
from ..http.messages import NOTHING, Answer, FollowUp, Request, json_answer
from ..http.reader import Front
from .call import Result

Outside = Callable[[], Any]
Making = Generator[Outside, Any, Result | Answer]
"""A handler that yields what is to be done outside of the lock, and gets its value back."""
Work = Callable[["Steps", float], Result | Answer | Making]


def _nothing(_: "Steps", __: float) -> Result:
    return 204, None


@dataclass(slots=True)
class Steps:
    """One control request on its way to its answer.

    `work` looks at worlds; `failed` is why there is nothing to do; `follow_up` is due when the answer is a good one.
    Neither may hold these steps: what is in a circle stays until everything is looked at for garbage.

    Until `answer` returns one, `go_on` is to be called between two calls of it.
    """

    request: Request
    front: Front
    work: Work = _nothing
    why: dict[str, Any] = field(default_factory=dict)
    follow_up: FollowUp = NOTHING
    failed: Exception | None = None
    _making: "GeneratorType[Outside, Any, Result | Answer] | None" = None
    _outside: Outside | None = None
    _done: list[Any] = field(default_factory=list)

    def answer(self, wall: float) -> Answer | None:
        """Do the next step under the lock at the wall instant; return the answer, if it is the last one. Never raises.

        A step whose changes were not committed is done again, with what was done outside already.
        """
        if self.failed is not None:
            return self._failure(self.failed)
        try:
            result = self._step(wall)
        except Exception as error:  # noqa: BLE001 - whatever happens, a client gets the documented envelope
            return self._failure(error)
        return None if result is None else self._answer(result)

    def go_on(self) -> None:
        """Do what is to be done outside of the lock. Never raises."""
        assert self._outside is not None
        try:
            self._done.append(self._outside())
        except Exception as error:  # noqa: BLE001 - the next step answers with it
            traceback = error.__traceback__  # its first frame is this one, which knows `self`
            self.failed = error.with_traceback(traceback and traceback.tb_next)

    def _step(self, wall: float) -> Result | Answer | None:
        making, values = self._making, self._done[-1:]
        if making is None or making.gi_frame is None:  # the first time, or again from the beginning
            made = self.work(self, wall)
            if isinstance(made, Answer | tuple):
                return made
            assert isinstance(made, GeneratorType)
            self._making = making = made
            values = [None, *self._done]
        try:
            for value in values:
                self._outside = making.send(value)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]
        return None

    def _failure(self, error: Exception) -> Answer:
        if isinstance(error, Refusal):
            return self.front.refuse(error, self.why)
        return self.front.crash_answer(self.request, error, self.why)

    def _answer(self, result: Result | Answer) -> Answer:
        if isinstance(result, Answer):
            result.why = {**self.why, **result.why}
            return result
        status, value = result
        answer = Answer(status, b"", (), self.why) if value is None else json_answer(status, value, self.why)
        answer.follow_up = self.follow_up
        return answer
