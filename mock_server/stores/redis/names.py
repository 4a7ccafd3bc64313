"""What all worlds in Redis have together: their names, when each was used last, which owe webhooks."""

from typing import Final

from ...world.world import World
from ..memory import IDLE_SECONDS
from .connection.link import Link

_WORLDS: Final = "covermock:worlds"
_USED: Final = "covermock:used"


def names(link: Link) -> list[str]:
    """Return the names of all worlds, oldest first."""
    flat = link.command("HGETALL", _WORLDS)
    pairs = [(uid, name) for name, uid in zip(flat[::2], flat[1::2], strict=True) if name]
    return [name.decode() for _, name in sorted(pairs, key=lambda pair: int(pair[0].partition(b"-")[0]))]


def count(link: Link) -> int:
    return int(link.command("HLEN", _WORLDS))


def new_name(link: Link) -> str:
    while True:
        name = f"w{link.command('INCR', 'covermock:made')}"
        if not link.command("HEXISTS", _WORLDS, name):
            return name


def note_use(link: Link, world: World, wall: float, *, made: bool = False) -> None:
    """Note until when a made world that is used at the wall instant stays."""
    until = wall + float(world.spec.get("idle_seconds", IDLE_SECONDS))
    link.command("ZADD", _USED, *([] if made else ["XX"]), until, world.name)


def idle_names(link: Link, wall: float) -> set[str]:
    """Return the names of worlds that nobody has used for long, as if they were gone already."""
    gone = link.command("ZRANGEBYSCORE", _USED, "-inf", f"({wall}")
    if gone:
        link.command("ZREM", _USED, *gone)
    return {name.decode() for name in gone}


def owing(link: Link, words: str) -> set[str]:
    """Return the names of the worlds of a contract with these words that owe webhooks."""
    uids = (uid.decode() for uid in link.command("SMEMBERS", "covermock:owing"))
    found = (link.command("HMGET", f"covermock:{uid}:facts", "name", "contract") for uid in uids)
    return {name.decode() for name, said in found if name and said == words.encode()}
