"""What is attacked. Each target makes a case (JSON) from bytes, and plays it; `Broken` says what a case breaks."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

Case = Any


class Target(Protocol):
    """One thing to attack."""

    longest: int
    """Bytes of the longest input."""

    def case(self, data: bytes) -> Case:
        """Return the case that the bytes stand for, as a JSON value."""

    def play(self, case: Case) -> None:
        """Play the case. Raises `Broken`, or whatever covermock raises."""

    def seeds(self) -> list[bytes]:
        """Return inputs to start from."""


def _gateway() -> Target:
    from .gateway import GatewayPaths

    return GatewayPaths()


def _control() -> Target:
    from .control import ControlApi

    return ControlApi()


def _http() -> Target:
    from .http import RawHttp

    return RawHttp()


def _world() -> Target:
    from .world_file import WorldFile

    return WorldFile()


def _contract() -> Target:
    from .contract_file import ContractFile

    return ContractFile()


def _restore() -> Target:
    from .restore import Restore

    return Restore()


def _growth() -> Target:
    from .growth import Growth

    return Growth()


def _reader() -> Target:
    from .reader import WireReader

    return WireReader()


TARGETS: Mapping[str, Callable[[], Target]] = {
    "reader": _reader,
    "http": _http,
    "gateway": _gateway,
    "control": _control,
    "world": _world,
    "contract": _contract,
    "restore": _restore,
    "growth": _growth,
}
