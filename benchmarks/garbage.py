"""What garbage collection costs while a million tasks are started: `python -m benchmarks.garbage [--default]`.

Without `--default` the collector is set as `covermock serve` sets it.
"""

import gc
import sys
import time

from covermock.cli.running import spare_collections

from . import ours
from .cost import mock, request

COUNT = 1_000_000


def main() -> None:
    """Start the tasks in this process; print what one cost, and the longest that one took."""
    made, _ = mock()
    if "--default" not in sys.argv:
        spare_collections()
    sent, longest, begun = request(ours.generate()), 0.0, time.process_time()
    for _ in range(COUNT):
        before = time.process_time()
        made.answer(sent, before)
        longest = max(longest, time.process_time() - before)
    each = (time.process_time() - begun) / COUNT * 1e6
    full = gc.get_stats()[2]["collections"]
    sys.stdout.write(f"{each:.1f} us of processor time for each, at most {longest * 1000:.0f} ms, {full} full\n")


if __name__ == "__main__":
    main()
