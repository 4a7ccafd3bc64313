"""covermock: a stand-in and a contract kit. What people import is here; each name is loaded when it is asked for."""

TYPE_CHECKING = False  # typing itself is not imported for those who want the version, or nothing
if TYPE_CHECKING:
    from typing import Any

    from covermock.contract_tests.payloads import invalid_bodies, valid_bodies
    from covermock.fixtures.answers import (
        CallbackView,
        ClockEvent,
        ClockView,
        FaultView,
        JournalRow,
        TaskView,
        WorldView,
    )
    from covermock.fixtures.control import ControlError, Transport, in_process, over_http
    from covermock.fixtures.gateway import ContractBrokenError, Gateway, gateway, gateway_on, serve
    from covermock.fixtures.httpx_transport import HttpxTransport
    from covermock.fixtures.laboratory import Event, Laboratory, World
    from covermock.fixtures.marks import mark
    from covermock.fixtures.receiver import Receiver
    from covermock.fixtures.serving import InProcess, ServerThread
    from covermock.fixtures.settings import (
        AudioSettings,
        FaultSettings,
        MusicTaskSettings,
        Plan,
        WorldSettings,
        Yields,
    )
    from covermock.fixtures.transports import requests_session
    from covermock.fixtures.unittest_case import GatewayTestCase

    __version__: str

_HOMES = {
    "contract_tests.payloads": ("invalid_bodies", "valid_bodies"),
    "fixtures.answers": (
        "CallbackView",
        "ClockEvent",
        "ClockView",
        "FaultView",
        "JournalRow",
        "TaskView",
        "WorldView",
    ),
    "fixtures.control": ("ControlError", "Transport", "in_process", "over_http"),
    "fixtures.gateway": ("ContractBrokenError", "Gateway", "gateway", "gateway_on", "serve"),
    "fixtures.httpx_transport": ("HttpxTransport",),
    "fixtures.laboratory": ("Event", "Laboratory", "World"),
    "fixtures.marks": ("mark",),
    "fixtures.receiver": ("Receiver",),
    "fixtures.serving": ("InProcess", "ServerThread"),
    "fixtures.settings": ("AudioSettings", "FaultSettings", "MusicTaskSettings", "Plan", "WorldSettings", "Yields"),
    "fixtures.transports": ("requests_session",),
    "fixtures.unittest_case": ("GatewayTestCase",),
}

__all__ = [
    "AudioSettings",
    "CallbackView",
    "ClockEvent",
    "ClockView",
    "ContractBrokenError",
    "ControlError",
    "Event",
    "FaultSettings",
    "FaultView",
    "Gateway",
    "GatewayTestCase",
    "HttpxTransport",
    "InProcess",
    "JournalRow",
    "Laboratory",
    "MusicTaskSettings",
    "Plan",
    "Receiver",
    "ServerThread",
    "TaskView",
    "Transport",
    "World",
    "WorldSettings",
    "WorldView",
    "Yields",
    "__version__",
    "gateway",
    "gateway_on",
    "in_process",
    "invalid_bodies",
    "mark",
    "over_http",
    "requests_session",
    "serve",
    "valid_bodies",
]


def __getattr__(name: str) -> "Any":
    """Import what is asked for when it is asked for; the version is that of the installed package."""
    from importlib import import_module, metadata

    if name == "__version__":
        return metadata.version("covermock")
    home = next((module for module, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    """Return what can be imported, for those who look."""
    return __all__
