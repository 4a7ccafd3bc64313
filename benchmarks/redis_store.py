"""What the Redis store costs: `python -m benchmarks.redis_store` (needs redis-server and wrk).

One Redis, and one, two and four workers in turns, all on this machine; medians. What follows from them is in
docs/scaling.md.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from . import ours
from .cost import request
from .measuring import BUILD, cpu_seconds, started, wrk

WORKERS = (1, 2, 4)
ROUNDS = 5
SECONDS = 2
Figures = dict[str, float]


@contextmanager
def engine() -> Iterator[tuple[str, int]]:
    """Run a redis-server without a disk; yield its URL and process id."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/redis.sock"
        command = ["redis-server", "--port", "0", "--unixsocket", path, "--dir", folder, "--save", ""]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            try:
                while not Path(path).exists():
                    time.sleep(0.01)
                yield f"unix://{path}", process.pid
            finally:
                process.terminate()


def measured(redis: int, *arguments: str) -> Figures:
    """Start covermock once; return requests per second and CPU microseconds of each, its own and Redis's."""

    def command(port: int) -> Sequence[str]:
        return [*ours.command(port), *arguments]

    figures: Figures = {}
    with started(command, ours.LIVEZ, log="redis-store") as server:
        for ask in (ours.status(ours.prepared(server)), ours.generate()):
            wrk(server.port, ask, 1)
            before = cpu_seconds(server.pid), cpu_seconds(redis)
            load = wrk(server.port, ask, SECONDS)
            spent = cpu_seconds(server.pid) - before[0], cpu_seconds(redis) - before[1]
            own, its = (1e6 * seconds / load.requests for seconds in spent)
            figures |= {ask.method: load.rate, f"{ask.method} own": own, f"{ask.method} redis": its}
        ours.control(server.port, "DELETE", "worlds/bench")
    return figures


def everything(rounds: int = ROUNDS) -> dict[str, Figures]:
    """Return the figures by store: in memory, then Redis by the number of workers."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with engine() as (url, redis):
        kinds = {"memory": ()} | {f"Redis, {n} workers": ("--store", url, "--workers", str(n)) for n in WORKERS}
        taken = [{name: measured(redis, *arguments) for name, arguments in kinds.items()} for _ in range(rounds)]
    return {name: {key: median(row[name][key] for row in taken) for key in taken[0][name]} for name in kinds}


def round_trips(count: int = 100) -> dict[str, float]:
    """Return the round trips to Redis of each kind of request, in one process."""
    from covermock.mock_server import Mock, Settings
    from covermock.mock_server.stores.redis import RedisStore

    with engine() as (url, _):
        world = BUILD / "world.yaml"
        world.parent.mkdir(parents=True, exist_ok=True)
        world.write_text(json.dumps(ours.WORLD))
        mock = Mock(Settings(world=str(world)), time.time(), lambda contract: RedisStore(url, contract))
        assert isinstance(mock.store, RedisStore)
        task = json.loads(mock.answer(request(ours.generate()), time.time()).body)["data"]["task_id"]
        found = {}
        for ask in (ours.status(task), ours.generate(), ours.status("x")._replace(status=404)):
            before = mock.store.link.trips
            for _ in range(count):
                mock.answer(request(ask), time.time())
            found[f"{ask.method}, {ask.status}"] = (mock.store.link.trips - before) / count
        return found


def main() -> None:
    """Print the figures."""
    sys.stdout.write(f"round trips: {round_trips()}\n")
    for name, figures in everything().items():
        sys.stdout.write(f"{name}: { {key: round(value, 1) for key, value in figures.items()} }\n")


if __name__ == "__main__":
    main()
