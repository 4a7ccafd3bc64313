"""What stops a process while it starts a million tasks, and their memory: `python -m benchmarks.garbage [--default]`.

Without `--default` the collector is set as `covermock serve` sets it.
"""

import resource
import sys
import time

from covermock.cli.running import spare_collections

from . import ours
from .cost import mock, request

COUNT = 1_000_000
STOP = 0.005  # seconds
SHOWN = 8


def main() -> None:
    """Start the tasks in this process; print what one cost, and those that took long."""
    made, _ = mock()
    if "--default" not in sys.argv:
        spare_collections()
    sent, long, begun = request(ours.generate()), [], time.process_time()
    for number in range(COUNT):
        before = time.process_time()
        made.answer(sent, before)
        took = time.process_time() - before
        if took > STOP:
            long.append((took * 1000, number))
    each = (time.process_time() - begun) / COUNT * 1e6
    longest = ", ".join(f"{took:.0f} ms at {number:,}" for took, number in sorted(long, reverse=True)[:SHOWN])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"{each:.1f} us of processor time for each; {len(long)} took over {STOP * 1000:g} ms: {longest}\n")
    sys.stdout.write(f"{memory:.0f} MB of memory at most\n")


if __name__ == "__main__":
    main()
