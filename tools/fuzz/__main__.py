"""`python -m fuzz [TARGET …] [--inputs N]`: attack covermock, a process for each target, one after the other.

A tenth of the inputs is led by coverage, which finds the way; the rest mutates what that has found, without looking
at coverage, and is several times faster. What breaks is kept in `found/`. Exit code 1 means that something broke.
"""

import argparse
import subprocess
import sys
from typing import Any

from .figures import page, runs
from .targets import TARGETS

# Of 100 inputs, how many go to each target: most where bytes of strangers come in, and where an input is cheap.
SHARES = {
    "reader": 60,
    "http": 11,
    "gateway": 11,
    "control": 5,
    "world": 5,
    "contract": 4,
    "restore": 4,
    "growth": 0.05,
}
LED = 0.1


def main() -> int:
    """Run the targets, or, with `--one`, one of them in this process."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; default all")
    parser.add_argument("--inputs", type=int, default=1_000_000, help="in all")
    parser.add_argument("--seconds", type=float, default=1e9, help="for each target and way at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--one", choices=("led", "blind"), help=argparse.SUPPRESS)
    parser.add_argument("--write", action="store_true", help="write all runs in build/fuzz/ into docs/reliability.md")
    options = parser.parse_args()
    wrong = [name for name in options.targets if name not in TARGETS]
    if wrong:
        parser.error(f"expected targets of {', '.join(TARGETS)}, received {', '.join(wrong)}")
    if options.one:
        return _here(options)
    broken = sum([_process(name, options) for name in options.targets or TARGETS])
    sys.stdout.write(page(runs()) + "\n")
    if options.write:
        import sections

        sections.write("fuzz", page(runs()))
    return int(broken > 0)


def _here(options: Any) -> int:
    from . import engine

    run = engine.led if options.one == "led" else engine.blind
    run(options.targets[0], options.inputs, options.seconds, options.seed)
    return 0


def _process(name: str, options: Any) -> int:
    """Run a target both ways, each in a process of its own; return how many ways broke something."""
    chosen = options.targets or list(TARGETS)
    share = options.inputs * SHARES[name] / sum(SHARES[one] for one in chosen)
    broken = 0
    for way, part in (("led", LED), ("blind", 1 - LED)):
        command = [sys.executable, "-m", "fuzz", name, "--one", way, "--inputs", str(max(1, round(share * part)))]
        more = ["--seconds", str(options.seconds), "--seed", str(options.seed)]
        done = subprocess.run([*command, *more], stderr=subprocess.PIPE, text=True, check=False)
        told = [line for line in done.stderr.splitlines() if "FOUND" in line or "kept as" in line or "Error" in line]
        sys.stderr.write("".join(f"{line}\n" for line in told))
        broken += done.returncode != 0
    return broken


if __name__ == "__main__":
    sys.exit(main())
