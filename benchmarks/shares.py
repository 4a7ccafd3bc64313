"""Redis with one and two workers that each have a fixed share of a core: `python -m benchmarks.shares [SHARE]`.

On a machine with too few cores for all, this shows what two workers do when neither takes the other's: each is held
to SHARE (0.4) of a core by a control group, so that Redis and wrk find what they need. Needs root and cgroups (v1).
"""

import sys
from pathlib import Path
from statistics import median

from . import ours
from .measuring import processes, started, wrk
from .redis_store import engine

ROUNDS = 3
SECONDS = 3
_GROUPS = Path("/sys/fs/cgroup/cpu")
_PERIOD = 10_000  # microseconds


def held(name: str, pid: int, share: float) -> None:
    """Hold a process to a share of a core."""
    group = _GROUPS / f"covermock-{name}"
    group.mkdir(exist_ok=True)
    (group / "cpu.cfs_period_us").write_text(str(_PERIOD))
    (group / "cpu.cfs_quota_us").write_text(str(int(_PERIOD * share)))
    (group / "cgroup.procs").write_text(str(pid))


def measured(url: str, workers: int, share: float) -> dict[str, float]:
    """Return the requests per second of so many workers, by method."""
    arguments = ["--store", url, "--workers", str(workers)]
    rates = {}
    with started(lambda port: [*ours.command(port), *arguments], ours.LIVEZ, log="shares") as server:
        every = processes(server.pid)
        for number, pid in enumerate(every[1:] or every):
            held(str(number), pid, share)
        for ask in (ours.status(ours.prepared(server)), ours.generate()):
            wrk(server.port, ask, 1)
            rates[ask.method] = wrk(server.port, ask, SECONDS).rate
        ours.control(server.port, "DELETE", "worlds/bench")
    return rates


def main() -> None:
    """Print what two workers do, of one."""
    share = float(sys.argv[1]) if len(sys.argv) > 1 else 0.4
    with engine() as (url, _):
        rounds = [(measured(url, 1, share), measured(url, 2, share)) for _ in range(ROUNDS)]
    for method in ("GET", "POST"):
        one, two = (median(row[number][method] for row in rounds) for number in (0, 1))
        sys.stdout.write(f"{method}: {one:.0f}/s with one, {two:.0f}/s with two: {two / one:.2f}\n")


if __name__ == "__main__":
    main()
