"""The tasks of a drawn gateway: what each shows at a time, in the gateway's own words."""

import time
import uuid
from dataclasses import dataclass, field
from random import Random
from types import SimpleNamespace
from typing import Any

STATES = {"cover": ["PENDING", "IN_PROGRESS", "SUCCESS"], "music": ["pending", "text", "first", "complete"]}
FAILED = {"cover": "FAILED", "music": "failed"}
NAMES = {"cover": ("taskId", "images"), "music": ("task_id", "clips")}
_URLS = {
    "plain": "https://img.example/{}.png",
    "query": "https://img.example/get?item={}&sig=a%2Fb",
    "port": "http://cdn.example:8443/{}",
    "capitals": "HTTPS://IMG.EXAMPLE/{}.PNG",
    "local": "http://localhost/{}",
    "unicode": "https://bücher.example/ä/{}.jpeg",
}


def id_of(form: str, number: int, chance: Random) -> str:
    """Return an id of a form."""
    plain = f"{chance.getrandbits(48):012x}{number}"
    forms = {
        "hex": f"t{plain}",
        "uuid": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "number": f"{chance.randrange(10**15, 10**16)}{number}",
        "long": f"task-{plain}-{'abc' * 50}",
        "unicode": f"작업-{plain}-ü",
        "slash": f"jobs/2026/{plain}",
        "dots": f"task.{plain}.v1",
        "percent": f"task%2F{plain}%",
        "plus": f"dGFz+{plain}==",
        "case": f"Task_{plain}_aBc",
        "query": f"a=b&task_id={plain}#x",
        "sequence": f"task_{number}",
        "capitals": f"TASK{plain.upper()}",
        "short": f"{number + 100}",
        "blanks": f"task {plain} of 2026",
        "quotes": f"task'{plain}\"",
        "objectid": f"{chance.getrandbits(96):024x}",
        "ulid": "".join(chance.choice("0123456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(26)),
        "urn": f"urn:task:{plain};v=1,2",
    }
    return forms[form]


@dataclass
class Task:
    """What was accepted. `lengths` are the seconds of its stages; `polls` counts those that were answered."""

    id: str
    kind: str
    owner: str
    source: str
    began: float
    lengths: tuple[float, ...]
    fails: bool = False
    callback: str = ""
    polls: int = 0
    polled: float = 0.0
    cached: tuple[float, float] = (0.0, 0.0)
    results: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Return how long it takes."""
        return sum(self.lengths)

    def stage(self, now: float) -> int:
        """Return the number of its stage: the last one is its end."""
        age = now - self.began
        passed = [sum(self.lengths[: number + 1]) for number in range(len(self.lengths))]
        return sum(age >= end for end in passed)


class Views:
    """What the gateway says of its tasks."""

    def __init__(self, points: SimpleNamespace) -> None:
        self.p = points

    def states(self, kind: str) -> list[str]:
        """Return the gateway's words for the stages before the end."""
        return list(getattr(self.p, f"{kind}_states") or STATES[kind][:-1])

    def of(self, task: Task, now: float) -> dict[str, Any]:
        """Return the data of a status answer."""
        names, stage = NAMES[task.kind], self._stage(task, now)
        done = stage == len(task.lengths)
        data: dict[str, Any] = {
            names[0]: self._echo(task),
            "status": self._word(task, stage),
            names[1]: self._results(task, stage, done=done),
            "created_at": self._created(task, now),
        }
        return {name: value for name, value in data.items() if value != "absent"}

    def _stage(self, task: Task, now: float) -> int:
        stage = task.stage(now)
        last = stage == len(task.lengths)
        back = self.p.backward and task.polls % 4 == 3 and stage > 0 and last == (self.p.backward == "end")
        return stage - 1 if back else stage

    def _position(self, task: Task, stage: int) -> int:
        """Return which of all states a stage is: some are skipped."""
        return 0 if self.p.skips and stage < len(task.lengths) else stage

    def _word(self, task: Task, stage: int) -> str:
        if stage < len(task.lengths):
            return self.states(task.kind)[self._position(task, stage)]
        ends = dict(zip(("cover", "music"), self.p.failures, strict=True)) if self.p.failures else FAILED
        return ends[task.kind] if task.fails else STATES[task.kind][-1]

    def _echo(self, task: Task) -> str:
        return {"": task.id, "other": f"{task.id}0", "capitals": task.id.upper()}[self.p.echo]

    def _results(self, task: Task, stage: int, *, done: bool) -> Any:
        results = self._images(task) if task.kind == "cover" else self._clips(task)
        if done and task.fails:
            return {"": [], "null": None, "absent": "absent", "early": results[:1]}[self.p.failed_results]
        if done:
            return self._shuffled(task, results)
        if task.kind == "music" and self._position(task, stage) == 2:
            return self._first(task, results)
        return self._early(results, self.p.pending_images if task.kind == "cover" else self.p.pending_clips)

    def _first(self, task: Task, results: list[Any]) -> Any:
        """Return what a music task shows once its first clip is ready."""
        two = [*results, *self._clips(task, 9)][:2]
        few = {"": results[:1], "two": two, "none": [], "null": None, "unready": [two[0], _unready(two[1])]}
        shown = few.get(self.p.first_clips, "absent")
        if self.p.clip_urls != "streamed" or not isinstance(shown, list):
            return shown
        return [one | {"audio_url": one["audio_url"] and f"{one['audio_url']}~stream"} for one in shown]

    def _early(self, results: list[Any], how: str) -> Any:
        """Return what is shown of the results before any is ready."""
        blank: list[Any] = [_unready(one) for one in results]
        bare = [{"id": one["id"]} if isinstance(one, dict) else "" for one in results]
        ways = {"null": None, "absent": "absent", "early": results[:1], "all": results, "blank": blank, "bare": bare}
        return ways.get(how, [])

    def _shuffled(self, task: Task, results: list[Any]) -> list[Any]:
        return results[::-1] if self.p.shuffled and task.polls % 2 else results

    def _images(self, task: Task) -> list[str]:
        mark = f"{time.time_ns()}" if self.p.moving in {"images", "signed"} else ""
        end = f"?sig={mark}" if self.p.moving == "signed" else mark
        return [f"{self._url(f'{task.results[0]}-{number}')}{end}" for number in (1, 2)]

    def _clips(self, task: Task, first: int = 1) -> list[dict[str, str]]:
        later = self.p.grows and not task.callback and time.time() > task.began + task.seconds + 0.4
        numbers = range(first, first + self.p.clips + later)
        return [self._clip(task, "same" if self.p.clip_ids else str(number)) for number in numbers]

    def _clip(self, task: Task, number: str) -> dict[str, str]:
        name = f"{task.results[0]}-{number}"
        end = f"~{time.time_ns()}" if self.p.clip_urls == "signed" else ""
        clip = {"id": name, "audio_url": self._url(f"a{name}") + end, "image_url": self._url(f"i{name}") + end}
        return clip | ({"duration": 3.5, "tags": None} if self.p.extra else {})  # type: ignore[dict-item]

    def _url(self, name: str) -> str:
        return _URLS[self.p.urls].format(name)

    def _created(self, task: Task, now: float) -> str:
        at = now if self.p.moving == "created_at" else task.began
        middle = "t" if self.p.created == "tz" else "T"
        return time.strftime(f"%Y-%m-%d{middle}%H:%M:%S", time.gmtime(at + self.p.shift)) + self.p.created.lstrip("t")


def _unready(result: Any) -> Any:
    """Return a result that isn't there yet: an entry without its URLs."""
    return result | {"audio_url": "", "image_url": None} if isinstance(result, dict) else None
