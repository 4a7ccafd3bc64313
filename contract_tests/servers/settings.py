"""What a run is told: the gateway, the keys, the sources it may use, and its limits."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any
from urllib.parse import urlsplit

from ..vocabulary import KEY_VARIABLES

ENVIRONMENT = "COVERMOCK_"
LOCAL_CREDITS = 100
MAX_REQUESTS = 400
YES = frozenset({"1", "true", "yes", "on"})


@dataclass(frozen=True)
class Settings:
    """A run's settings. What is empty is not exercised. Seconds for `patience` and `poll_interval`.

    `keys` are by role: main, second (another account), poor (an account without credits), last (one with the credits
    of exactly one task). `named` are the sources that the run may use, by kind (`music`, `pending_music`, `audio`):
    ids, or `ID=MEASURE`. `rate` is requests a second, 0 for no limit. `thorough`, or `seconds` in which to go on, lets
    a run spend all of `max_credits`; else it spends no more than usual.
    """

    url: str
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    max_credits: int = 0
    max_requests: int = MAX_REQUESTS
    patience: float = 600.0
    poll_interval: float = 5.0
    rate: float = 5.0
    thorough: bool = False
    seconds: float = 0.0
    callback_base: str = ""
    fail_on: str = "documented"
    seed: int = 0

    @property
    def spends(self) -> bool:
        """Return True if all the credits that are allowed may be spent."""
        return self.thorough or self.seconds > 0

    @property
    def loopback(self) -> bool:
        return is_loopback(self.url)


def is_loopback(url: str) -> bool:
    """Return True if the URL names this machine itself."""
    host = (urlsplit(url).hostname or "").lower()
    return host in {"localhost", "::1"} or host.startswith("127.") or host.endswith(".localhost")


def defaults(url: str) -> dict[str, Any]:
    """Return the limits that hold unless they are given: bold on this machine; elsewhere the careful ones stay."""
    local = {"max_credits": LOCAL_CREDITS, "patience": 40.0, "poll_interval": 0.1, "rate": 0.0}
    return local if is_loopback(url) else {}


def settings_for(url: str, keys: Mapping[str, str], given: Mapping[str, Any]) -> Settings:
    """Return the settings for `url`; whatever is None in `given` keeps its default.

    `given` holds settings by name; any other name is that of a kind of source, with its ids.
    """
    own = {one.name for one in fields(Settings)}
    known = {name: value for name, value in given.items() if value is not None and name in own}
    named = {name: _texts(value) for name, value in given.items() if value and name not in own}
    bare = Settings(url.rstrip("/"), {role: key for role, key in keys.items() if key})
    return replace(bare, **{**defaults(url), **known, "named": merge(known.get("named", {}), named)})


def merge(*several: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Return all that is named, by kind."""
    found: dict[str, tuple[str, ...]] = {}
    for one in several:
        for name, texts in one.items():
            found[name] = (*found.get(name, ()), *texts)
    return found


def pairs(texts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return what texts of the form `KIND=ID` name, by kind. Raises `ValueError`."""
    for text in texts:
        if not re.fullmatch(r"[\w-]+=.+", text):
            raise ValueError(f"expected KIND=ID, received {text!r}")
    return merge(*({kind: (name,)} for kind, _, name in (text.partition("=") for text in texts)))


def _texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def keys_of(environment: Mapping[str, str]) -> dict[str, str]:
    return {role: environment[name] for role, name in KEY_VARIABLES.items() if environment.get(name)}


def from_environment(environment: Mapping[str, str] = os.environ, kinds: Iterable[str] = ()) -> Settings | None:
    """Return the settings that `COVERMOCK_…` variables make, or None when they name no URL (COVERMOCK_URL).

    `kinds` are the names of sources that a variable may have, besides `COVERMOCK_GIVEN`, a list of `KIND=ID`.
    """
    url = environment.get(f"{ENVIRONMENT}URL", "")
    if not url:
        return None
    texts = {name: environment.get(f"{ENVIRONMENT}{name.upper()}", "") for name in kinds}
    own = {one.name: environment.get(f"{ENVIRONMENT}{one.name.upper()}") for one in fields(Settings)}
    given = {name: _convert(name, text) for name, text in own.items() if text and name not in {"url", "keys", "named"}}
    named = {name: tuple(words(text)) for name, text in texts.items() if text}
    told = pairs(words(environment.get(f"{ENVIRONMENT}GIVEN", "")))
    return settings_for(url, keys_of(environment), {**given, "named": merge(named, told)})


def words(text: str) -> list[str]:
    """Return the words of a list in a variable: between commas or blanks."""
    return [part for part in re.split(r"[,\s]+", text) if part]


def _convert(name: str, text: str) -> Any:
    """Return the value that a text stands for, of the type of the setting's default."""
    kind: Any = type(getattr(Settings, name))
    return text.lower() in YES if kind is bool else kind(text)
