"""The whole mock as one function: a request and the time in, an answer out. No framework, no socket, no waiting."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any

from covermock.openapi import ADMIN, GATEWAY, Contract, load

from . import cors
from .control import PREFIX, Control
from .errors import MALFORMED_REQUEST, Refusal
from .gateway import Gateway
from .memory import MemoryStore
from .request import Answer, Request
from .specs import WorldFiles, build_file, merged


@dataclass(frozen=True, slots=True)
class Settings:
    """What a mock is started with. `over` (drive, stage_seconds, speed, seed) is laid over every world's file."""

    world: str = "docs"
    spec: Path = GATEWAY
    over: Mapping[str, Any] = field(default_factory=dict)
    public_url: str = ""
    cors: str = ""
    token: str = ""


class Mock:
    """The gateway's operations and the control API over one store. `answer` may be called from many threads."""

    def __init__(self, settings: Settings, wall: float) -> None:
        """Read the contract and the world. Raises `InvalidSourceError` when either can't be used."""
        self.settings = settings
        self.contract: Contract = load(settings.spec)
        self.store = MemoryStore()
        self.lock = RLock()
        self.files = WorldFiles(load(ADMIN))
        self.gateway = Gateway(self.contract, self.store.find_key, settings.public_url)
        self.control = Control(
            load(ADMIN), self.contract, self.store, self.files, settings.over, settings.token, settings.public_url
        )
        name, spec, source = self.files.load(settings.world)
        self.store.add(build_file(name, merged(spec, settings.over), source, self.contract, wall))

    def answer(self, request: Request, wall: float) -> Answer:
        """Answer any request at the wall instant (Unix seconds). Never raises."""
        with self.lock:
            if request.path.startswith(PREFIX):
                return self.control.answer(request, wall)
            return cors.opened(self.settings.cors, request, lambda: self.gateway.answer(request, wall))

    def body_limit(self, path: str) -> int:
        """Return the longest body (bytes) that a request to this path may have."""
        front = self.control.front if path.startswith(PREFIX) else self.gateway.front
        return front.contract.body_limit

    def crashed(self, request: Request, crash: Exception) -> Answer:
        """Answer a request whose answering failed outside of `answer`."""
        front = self.control.front if request.path.startswith(PREFIX) else self.gateway.front
        return front.crashed(request, crash, {})

    def malformed(self, received: str) -> Answer:
        """Answer what was no HTTP request at all."""
        return self.gateway.front.refuse(Refusal(MALFORMED_REQUEST, received=received), {})
