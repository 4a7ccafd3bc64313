"""What a run is told: the gateway, the keys, the ids it may use, and its limits."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any
from urllib.parse import urlsplit

from ..vocabulary import KEY_VARIABLES

ENVIRONMENT = "COVERMOCK_"
LOCAL_CREDITS = 100
MAX_REQUESTS = 400


@dataclass(frozen=True)
class Settings:
    """A run's settings. What is empty is not exercised. Seconds for `patience` and `poll_interval`.

    `keys` are by role: main, second (another account), poor (an account without credits). `rate` is requests a
    second, 0 for no limit.
    """

    url: str
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    music_task: tuple[str, ...] = ()
    pending_music_task: str = ""
    audio: str = ""
    short_audio: str = ""
    long_audio: str = ""
    min_audio: str = ""
    max_audio: str = ""
    max_credits: int = 0
    max_requests: int = MAX_REQUESTS
    patience: float = 600.0
    poll_interval: float = 5.0
    rate: float = 5.0
    callback_base: str = ""
    fail_on: str = "documented"
    seed: int = 0

    @property
    def loopback(self) -> bool:
        return is_loopback(self.url)


def is_loopback(url: str) -> bool:
    """Return True if the URL names this machine itself."""
    host = (urlsplit(url).hostname or "").lower()
    return host in {"localhost", "::1"} or host.startswith("127.") or host.endswith(".localhost")


def defaults(url: str) -> dict[str, Any]:
    """Return the limits that hold unless they are given: bold on this machine, careful with anybody else's."""
    if is_loopback(url):
        return {"max_credits": LOCAL_CREDITS, "patience": 40.0, "poll_interval": 0.1, "rate": 0.0}
    return {"max_credits": 0, "patience": 600.0, "poll_interval": 5.0, "rate": 5.0}


def settings_for(url: str, keys: Mapping[str, str], given: Mapping[str, Any]) -> Settings:
    """Return the settings for `url`; whatever is None in `given` keeps its default."""
    known = {name: value for name, value in given.items() if value is not None}
    bare = Settings(url.rstrip("/"), {role: key for role, key in keys.items() if key})
    return replace(bare, **{**defaults(url), **known})


def keys_of(environment: Mapping[str, str]) -> dict[str, str]:
    return {role: environment[name] for role, name in KEY_VARIABLES.items() if environment.get(name)}


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings | None:
    """Return the settings that `COVERMOCK_…` variables make, or None when they name no URL (COVERMOCK_URL)."""
    url = environment.get(f"{ENVIRONMENT}URL", "")
    if not url:
        return None
    given = {}
    for known in fields(Settings):
        text = environment.get(f"{ENVIRONMENT}{known.name.upper()}")
        if text and known.name not in {"url", "keys"}:
            given[known.name] = convert(known.name, text)
    return settings_for(url, keys_of(environment), given)


def convert(name: str, text: str) -> Any:
    if name == "music_task":
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if name in {"max_credits", "max_requests", "seed"}:
        return int(text)
    return float(text) if name in {"patience", "poll_interval", "rate"} else text
