"""What an install weighs and what an import costs, measured in new environments, written into docs/install.md."""

import argparse
import json
import platform
import re
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "install.md"
BUILD = ROOT / "build" / "weigh"
MARKED = re.compile(r"(<!-- weigh -->\n).*?(<!-- /weigh -->)", re.DOTALL)
EXTRAS = ("", "check", "redis")
PUBLIC = (
    "covermock",
    "covermock.cli",
    "covermock.cli.command_line",
    "covermock.openapi",
    "covermock.mock_server.app",
    "covermock.fixtures",
    "covermock.contract_tests",
)
# What it is for, and the module whose import is timed.
WORTH = {
    "click": ("the command line", "click"),
    "flask": ("answers in parts (ranges, ETags), the WSGI application", "flask"),
    "httptools": ("reading HTTP/1.1", "httptools"),
    "jinja2": ("reports as HTML; Flask needs it, too", "jinja2"),
    "jsonschema-rs": ("judging by JSON Schema 2020-12", "jsonschema_rs"),
    "orjson": ("reading and writing JSON", "orjson"),
    "pillow": ("the pictures of covers and clips", "PIL.Image"),
    "pyyaml": ("reading contracts and worlds", "yaml"),
    "tinytag": ("the length of audio that is put in", "tinytag"),
    "hypothesis": ("stories of clients, strategies for bodies", "hypothesis"),
    "schemathesis": ("generated requests of `covermock check`", "schemathesis"),
    "redis": ("`--store redis://…`", "redis"),
}
# Runs in the environment that is weighed: for each distribution its bytes and what it needs there.
LISTING = """
import importlib.metadata as m, json, os, re
name = lambda text: re.sub(r"[-_.]+", "-", text).lower()
rows = {}
for one in m.distributions():
    files = [one.locate_file(f) for f in one.files or ()]
    needs = [name(re.match(r"[A-Za-z0-9._-]+", r)[0]) for r in one.requires or () if "extra ==" not in r]
    rows[name(one.metadata["Name"])] = [sum(os.path.getsize(f) for f in files if os.path.exists(f)), needs]
print(json.dumps(rows))
"""
TIMING = "import time; began = time.perf_counter(); import {}; print(time.perf_counter() - began)"
# CPU seconds of a run of pytest with one empty test.
PYTEST = """
import os, subprocess, sys
command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *{!r}, "test_one.py"]
subprocess.run(command, check=True, stdout=-3)
print(sum(os.times()[2:4]))
"""
OTHERS = ["-p", "no:schemathesis", "-p", "no:hypothesispytest"]
RUNS = {
    "pytest alone": [*OTHERS, "-p", "no:covermock"],
    "with covermock's plugin": OTHERS,
    "with the plugins that `covermock[check]` brings, too": [],
}
Rows = Mapping[str, Any]


def python(environment: Path, code: str) -> str:
    """Return what a program prints in an environment, outside of this checkout."""
    command = [str(environment / "bin" / "python"), "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=environment).stdout


def milliseconds(environment: Path, module: str, times: int = 5) -> float:
    """Return the median milliseconds that the import of a module takes in a new process."""
    return 1000 * statistics.median(float(python(environment, TIMING.format(module))) for _ in range(times))


def installed(wheel: Path, extra: str) -> tuple[Path, float]:
    """Return a new environment with the wheel and an extra, and the seconds that pip took with an empty cache."""
    environment = BUILD / (extra or "base")
    venv.create(environment, with_pip=True, clear=True)
    what = f"{wheel}[{extra}]" if extra else str(wheel)
    command = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-cache-dir", what]
    began = time.perf_counter()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return environment, time.perf_counter() - began


def weighed(environment: Path) -> Rows:
    """Return (bytes, needs) of each distribution but pip's own."""
    rows: dict[str, Any] = json.loads(python(environment, LISTING))
    return {name: row for name, row in rows.items() if name not in {"pip", "setuptools"}}


def closure(rows: Rows, roots: Iterable[str]) -> set[str]:
    """Return the distributions that are needed by `roots`, themselves too."""
    found, left = set[str](), list(roots)
    while left:
        name = left.pop()
        if name in rows and name not in found:
            found.add(name)
            left += rows[name][1]
    return found


def megabytes(rows: Rows, names: Iterable[str]) -> float:
    """Return the megabytes (10^6 bytes) of some distributions."""
    return sum(rows[name][0] for name in names) / 1e6


def table(environment: Path, rows: Rows, direct: Iterable[str], base: set[str]) -> list[str]:
    """Return a row for each direct dependency: what it brings that no other dependency and not `base` brings."""
    told, direct = [], sorted(direct)
    for name in direct:
        others = closure(rows, (one for one in direct if one != name)) | base
        alone = closure(rows, [name]) - others
        use, module = WORTH[name]
        own = f"{megabytes(rows, [name]):.1f} | {megabytes(rows, alone):.1f} | {milliseconds(environment, module):.0f}"
        told.append(f"| {name} | {own} | {use} |")
    return told


def report(wheel: Path) -> str:
    """Return the page's part that is measured."""
    pages, sizes, known = [], [], set[str]()
    for extra in EXTRAS:
        environment, seconds = installed(wheel, extra)
        rows = weighed(environment)
        direct = [name for name in WORTH if name in rows and name not in known and needed(rows, name, extra)]
        what = f"covermock[{extra}]" if extra else "covermock"
        sizes.append(f"| `pip install '{what}'` | {len(rows)} | {megabytes(rows, rows):.1f} | {seconds:.0f} |")
        pages += table(environment, rows, direct, known)
        if extra == "check":
            runs = runs_of_pytest(environment)
        if not extra:
            known = set(rows)
            pages.insert(0, f"| covermock itself | {megabytes(rows, ['covermock']):.1f} | | | |")
            imports = [f"| `{name}` | {milliseconds(environment, name):.0f} |" for name in PUBLIC]
    head = [f"Measured on {platform.system()}, Python {platform.python_version()}, by `tools/weigh.py`."]
    return "\n".join(
        [
            *(*head, "", "| install | packages | MB | seconds |", "| --- | ---: | ---: | ---: |", *sizes, ""),
            *("| dependency | MB | MB that only it brings | import, ms | for |", "| --- | ---: | ---: | ---: | --- |"),
            *(*pages, "", "| module | import, ms |", "| --- | ---: |", *imports, "", *runs),
        ]
    )


def runs_of_pytest(environment: Path, times: int = 5) -> list[str]:
    """Return a row for each choice of plugins: the median CPU milliseconds of a run."""
    (environment / "test_one.py").write_text("def test_one(): pass\n", encoding="utf-8")
    told = []
    for what, without in RUNS.items():
        spent = statistics.median(float(python(environment, PYTEST.format(without))) for _ in range(times))
        told.append(f"| {what} | {1000 * spent:.0f} |")
    return ["| a run of pytest with one empty test | CPU ms |", "| --- | ---: |", *told, ""]


def needed(rows: Rows, name: str, extra: str) -> bool:
    """Return True if a distribution is a direct dependency of what was installed."""
    return extra != "" or name in rows["covermock"][1]


def main(arguments: list[str]) -> None:
    """Weigh a wheel and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path, help="the wheel, as `make wheel` builds it")
    text = report(parser.parse_args(arguments).wheel.resolve())
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(MARKED.sub(lambda found: found[1] + text + found[2], page), encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
