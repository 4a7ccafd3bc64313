"""The files that results point at, drawn when they are asked for."""

from hashlib import blake2b

from ...http.errors import INVALID_PARAMS, UNKNOWN_NAME, Refusal
from ...http.messages import Answer
from ...world.expiry import about
from ...world.fault import fires, meets
from ...world.task import Task
from ..call import ControlCall, unknown
from ..steps import Making
from .tasks import task_of

_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "wav": "audio/wav"}
_SIDE = 512  # pixels
_SHORTEST, _RANGE = 30, 31  # seconds of a song: 30 to 60, like what may be uploaded


def read_media(call: ControlCall) -> Making:
    """Answer with one picture or song of a task; 404 for a result that its lifecycle never makes."""
    task, file = task_of(call), call.path["file"]
    number, _, kind = file.partition(".")
    made = max(state.results for state in call.world.lifecycle(task).states)
    if int(number) > made:
        raise unknown("path.file", "a result of this task", file, [f"{n}.{kind}" for n in range(1, made + 1)])
    side = _side(call, kind)
    if side is None:
        _refuse_late(call, task)
    tag = blake2b(f"{call.world.seed}/{task.id}/{file}/{side}".encode(), digest_size=12).hexdigest()
    headers = (("Content-Type", _TYPES[kind]), ("ETag", f'"{tag}"'), ("Cache-Control", "max-age=31536000, immutable"))
    name = f"{call.world.seed}/{task.id}"
    body = yield lambda: _draw(name, int(number), kind, side or _SIDE)
    return Answer(200, body, headers)


def _side(call: ControlCall, kind: str) -> int | None:
    """Return the side of a preview in pixels, None where the file itself is asked for."""
    side: int | None = call.query["preview"]
    if side is not None and kind == "wav":
        raise Refusal(INVALID_PARAMS, violations="query.preview: expected it with a picture, received it with sound")
    return side


def _refuse_late(call: ControlCall, task: Task) -> None:
    """Refuse a file that an anomaly (media_late) makes come after its task's end."""
    left = call.world.ends_in(task, call.now)
    met = about(call.world, task, "media", call.now)
    for fault in call.world.faults:
        late = fault.settings.get("media_late")
        if late is None or not meets(fault, met) or (left is not None and left + late["seconds"] <= 0):
            continue
        if fires(fault, call.world.seed):
            problem = (
                f"path.file: expected a file that is there already, received one that fault {fault.id!r} makes come"
            )
            raise Refusal(UNKNOWN_NAME, violations=f"{problem} {late['seconds']:g} s after its task's end")


def _draw(name: str, number: int, kind: str, side: int) -> bytes:
    """Return the picture or song of a result. That may take 200 ms, in which nobody else has to wait."""
    from ...media import art, sound

    whole = f"{name}/{number}"
    if kind == "png":
        return art.picture(name, number - 1, side)
    if kind == "jpeg":
        return art.photo(whole, side)
    return sound.song(whole, _SHORTEST + sum(whole.encode()) % _RANGE)
