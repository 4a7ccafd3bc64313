"""Clients as people write them, in thirteen languages: habits found in public, told in other words.

None here is at fault. Those in `at_fault` are; each names the rule that it breaks, and the scenario that shows it.
"""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

HERE = Path(__file__).parent
Command = tuple[str, ...]


@dataclass(frozen=True)
class Language:
    """How a program is run, after its `source` is compiled to `made` by `build`, where that is needed."""

    run: Command
    build: Command = ()


LANGUAGES = {
    ".py": Language((sys.executable, "{source}")),
    ".mjs": Language(("node", "{source}")),
    ".cjs": Language(("node", "{source}")),
    ".sh": Language(("bash", "{source}")),
    ".pl": Language(("perl", "{source}")),
    ".java": Language(("java", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "{source}")),
    ".php": Language(("php", "{source}")),
    ".rb": Language(("ruby", "{source}")),
    ".lua": Language(("lua5.4", "{source}")),
    ".tcl": Language(("tclsh", "{source}")),
    ".R": Language(("Rscript", "{source}")),
    ".go": Language(("{made}",), ("go", "build", "-o", "{made}", "{source}")),
    ".rs": Language(("{made}",), ("rustc", "--edition=2021", "-o", "{made}", "{source}")),
    ".cs": Language(("mono", "{made}"), ("mcs", "-r:System.Net.Http", "-out:{made}", "{source}")),
}
PROGRAMS = sorted(path.name for path in HERE.iterdir() if path.suffix in LANGUAGES and path.name != "__init__.py")
AT_FAULT = {
    f"at_fault/{path.name}": (found[1].split(", "), found[2])
    for path in sorted((HERE / "at_fault").iterdir())
    if (found := re.search(r"At fault: ([\w, -]+) in ([\w-]+)", path.read_text(encoding="utf-8")))
}


@cache
def command(name: str) -> Command | None:
    """Return how a program is run, None where its language is missing; it is compiled once."""
    source = HERE / name
    language = LANGUAGES[source.suffix]
    called = [one for one in ("curl", "wget") if source.suffix == ".sh" and one in source.read_text(encoding="utf-8")]
    if not all(shutil.which(one) for one in (*language.build[:1], *language.run[:1], *called) if one != "{made}"):
        return None
    made = str(Path(mkdtemp(prefix="covermock-clients-")) / source.stem) if language.build else ""
    if made:
        subprocess.run([part.format(source=source, made=made) for part in language.build], check=True, timeout=300)
    return tuple(part.format(source=source, made=made) for part in language.run)
