"""How fast, how steady, how soon, how big: covermock and its peers on the same two operations, in turns."""

import sys
from collections.abc import Mapping, Sequence
from statistics import median

from .differing import polling, starting
from .measuring import BrokenError, memory_mb, started, wrk
from .paced import latencies, percentile
from .peers import OURS, PEERS, Peer, installed

ROUNDS = 3
SECONDS = 2  # of each load
RATE = 500.0  # requests per second of the paced load: what every peer can do
_PACED_SECONDS = 1.0
RATES = ("differing GET", "differing POST", "GET", "POST")
Figures = dict[str, float]


def measured(peer: Peer, seconds: int = SECONDS) -> Figures:
    """Start the peer once and return its figures."""
    with started(peer.command, peer.first, peer.env, "peer") as server:
        figures = {"start": server.seconds * 1000, "idle": memory_mb(server.pid)}
        asks = peer.asks(server)
        for ask, differing in ((asks.get, polling(asks.get, asks.tasks)), (asks.post, starting(asks.post))):
            wrk(server.port, ask, peer.warm)
            for kind, script in (("differing ", differing), ("", "")):
                load = wrk(server.port, ask, seconds, script=script)
                figures |= {f"{kind}{ask.method}": load.rate, f"{kind}{ask.method} p99": load.p99}
        paced = latencies(server.port, asks.get, RATE, _PACED_SECONDS)
        figures |= {"paced p50": percentile(paced, 0.5), "paced p99": percentile(paced, 0.99)}
        return figures | {"loaded": memory_mb(server.pid)}


def rounds(peers: Sequence[Peer], count: int | None = None) -> tuple[dict[str, Figures], dict[str, str]]:
    """Measure the peers in turns; return the median figures of each, and why others are missing."""
    skipped = {peer.name: why for peer in peers if (why := installed(peer))}
    taken: dict[str, list[Figures]] = {peer.name: [] for peer in peers}
    for number in range(ROUNDS if count is None else count):
        for peer in peers:
            if peer.name not in skipped:
                _round(number + 1, peer, taken[peer.name], skipped)
    return {name: _medians(figures) for name, figures in taken.items() if figures}, skipped


def _round(number: int, peer: Peer, taken: list[Figures], skipped: dict[str, str]) -> None:
    """Measure a peer, if need be once more; what fails twice at the start is left out. Ours has to work."""
    for attempt in range(2):
        try:
            taken.append(measured(peer))
        except (BrokenError, OSError, ValueError) as error:
            _say(f"{peer.name}: {error}")
            if attempt and peer is OURS:
                raise
            if attempt and not taken:
                skipped[peer.name] = str(error)[:120]
        else:
            _say(f"round {number}: {peer.name}: " + ", ".join(f"{taken[-1][name]:.0f} {name}/s" for name in RATES))
            return


def _medians(taken: Sequence[Mapping[str, float]]) -> Figures:
    return {name: median(figures[name] for figures in taken) for name in taken[0]}


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def everybody() -> tuple[dict[str, Figures], dict[str, str]]:
    """Measure covermock and all peers."""
    return rounds((OURS, *PEERS))


if __name__ == "__main__":
    for name, figures in everybody()[0].items():
        _say(f"{name}: {figures}")
