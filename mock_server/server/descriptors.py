"""How many files and sockets this process may have open, where the system sets such a bound (not on Windows)."""

import contextlib
import sys

MOST = 65_536  # connections, where the machine sets no bound
_SELECT = 512  # sockets that select() can look at on Windows

try:
    import resource
except ImportError:
    _BOUND = _SELECT if sys.platform == "win32" else MOST

    def descriptors() -> int:
        return _BOUND

    def raise_bound_on_descriptors() -> None:
        """Do nothing: there is no bound to raise."""

else:

    def descriptors() -> int:
        """Return how many there may be; `serve` raises that to what the machine gives (`ulimit -Hn`)."""
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return MOST if soft in {resource.RLIM_INFINITY, -1} else soft

    def raise_bound_on_descriptors() -> None:
        """Allow this process as many as it may have: the usual 1,024 are a courtesy to programs that use select()."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != hard:
            with contextlib.suppress(OSError, ValueError):  # macOS allows fewer than it says
                resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
