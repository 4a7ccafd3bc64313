"""The way in and out of the process: streams that are there, signals at any moment, and an exit code for everything.

Nothing heavy is imported here, so that an early Ctrl-C is an exit code and no traceback.
"""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import NoReturn

_INTERRUPTED, _CANNOT = 130, 3  # as in exits.py, which needs click


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line. Exit codes: 0 holds, 1 broken, 2 usage or configuration, 3 could not test, 130/143."""
    interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # a shell's background job is not
    _on_interrupt(_leave, wanted=interruptible)
    _open_streams()
    try:
        code = _code(sys.argv[1:] if arguments is None else arguments, interruptible=interruptible)
    except KeyboardInterrupt as interrupt:
        code = getattr(interrupt, "code", _INTERRUPTED)
    _on_interrupt(_leave, wanted=interruptible)
    sys.exit(code)


def _code(arguments: Sequence[str], *, interruptible: bool) -> int:
    """Return the exit code of a command; nothing but an interrupt is raised."""
    try:
        from .output import guard_streams

        if "_COVERMOCK_COMPLETE" not in os.environ:  # click answers a shell in bytes
            guard_streams()
        from .command_line import run

        _on_interrupt(signal.default_int_handler, wanted=interruptible)
        return run(arguments)
    except KeyboardInterrupt:
        raise
    except BaseException as crash:  # noqa: BLE001 - whatever it is, it must not look like a broken contract
        from .crashes import tell

        tell(crash)
        return _CANNOT


def _on_interrupt(act: Callable[[int, FrameType | None], object], *, wanted: bool) -> None:
    if wanted:
        signal.signal(signal.SIGINT, act)


def _leave(_: int, __: FrameType | None) -> NoReturn:
    """Leave at once: nothing has begun yet, or all is done."""
    os._exit(_INTERRUPTED)


def _open_streams() -> None:
    """Open closed standard streams on the null device: else a file or a socket would get the number of one."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
