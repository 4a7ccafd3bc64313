"""Clients as people write them, in seven languages: habits found in public, told in other words. None is at fault."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
Command = tuple[str, ...]


def _by(program: str, *arguments: str) -> Callable[[Path], Command]:
    return lambda path: (program, *arguments, str(path))


RUNS: dict[str, tuple[str, Callable[[Path], Command]]] = {
    ".py": (sys.executable, _by(sys.executable)),
    ".mjs": ("node", _by("node")),
    ".cjs": ("node", _by("node")),
    ".sh": ("bash", _by("bash")),
    ".pl": ("perl", _by("perl")),
    ".java": ("java", _by("java", "-XX:TieredStopAtLevel=1", "-Xshare:auto")),
    ".go": ("go", _by("go", "run")),
    ".php": ("php", _by("php")),
}
PROGRAMS = sorted(path.name for path in HERE.iterdir() if path.suffix in RUNS and path.name != "__init__.py")


def command(name: str) -> Command | None:
    """Return how a program is run, None where its language is missing."""
    path = HERE / name
    needed, of = RUNS[path.suffix]
    return of(path) if shutil.which(needed) else None
