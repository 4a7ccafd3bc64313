"""Installs the wheel into a foreign project in an empty environment and sees that all goes on: `make foreign`.

The project has a `gateway` fixture and mark of its own, strict warnings and markers, and a handful of plugins. Then two
type checkers read the typed example, and have to refuse what is misspelt.
"""

import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "foreign"
PLUGINS = (
    "pytest-asyncio",
    "anyio",
    "pytest-xdist",
    "pytest-randomly",
    "pytest-timeout",
    "freezegun",
    "time-machine",
    "respx",
    "requests",
    "responses",
    "pytest-httpx",
    "pytest-socket",
    "django",
    "pytest-django",
)
CHECKERS = ("mypy", "pyright")
RUNS = {
    "all tests, in chance order, on two processes": ["-n", "2"],
    "all tests in one process": ["-n", "0", "-p", "no:randomly"],
    "without other sockets": ["-n", "0", "--disable-socket", "--allow-hosts=127.0.0.1", "tests/test_beside.py"],
    "the project's own tests without the plugin": ["-p", "no:covermock", "tests/test_own.py"],
}


def call(*command: str | Path, cwd: Path = BUILD) -> subprocess.CompletedProcess[str]:
    """Run a command and return what came of it."""
    return subprocess.run([*map(str, command)], capture_output=True, text=True, cwd=cwd, check=False)


def tell(what: str, done: subprocess.CompletedProcess[str], *, well: bool) -> bool:
    """Say how something went; return True if it went well."""
    last = (done.stdout.strip().splitlines() or [""])[-1]
    sys.stdout.write(f"{what}: {last}\n" if well else f"{what}: FAILED\n{done.stdout}{done.stderr}\n")
    return well


def checked(programs: Path) -> list[bool]:
    """Let both checkers read what is right and what is not; each line marked `# wrong` has to be refused."""
    (BUILD / "right.py").write_bytes((ROOT / "examples" / "typed.py").read_bytes())
    source = (ROOT / "tests" / "test_public_names.py").read_text(encoding="utf-8")
    wrong = source.partition('WRONG = """')[2].partition('"""')[0]
    (BUILD / "wrong.py").write_text(wrong, encoding="utf-8")
    (BUILD / "pyrightconfig.json").write_text(
        '{"typeCheckingMode": "strict", "pythonVersion": "3.11"}', encoding="utf-8"
    )
    expected = [number for number, line in enumerate(wrong.splitlines(), 1) if "# wrong" in line]
    python = programs / "python"
    commands = {
        "mypy --strict": (programs / "mypy", "--strict"),
        "pyright, strict": (programs / "pyright", "--pythonpath", python),
    }
    results = []
    for name, command in commands.items():
        right, refused = call(*command, "right.py"), call(*command, "wrong.py")
        lines = {int(line) for line in re.findall(r"wrong\.py:(\d+):.*error", refused.stdout)}
        results.append(tell(f"{name}, what is right", right, well=right.returncode == 0))
        results.append(tell(f"{name}, what is misspelt", refused, well=set(expected) <= lines))
    return results


def main(wheel: Path) -> int:
    """Do all of it; return the exit code."""
    shutil.rmtree(BUILD, ignore_errors=True)
    venv.create(BUILD / "venv", with_pip=True)
    programs = BUILD / "venv" / "bin"
    installed = call(programs / "pip", "install", "--quiet", wheel, "pytest", *PLUGINS, *CHECKERS)
    results = [tell("install", installed, well=installed.returncode == 0)]
    project = BUILD / "project"
    shutil.copytree(Path(__file__).parent / "project", project)
    for what, arguments in RUNS.items():
        done = call(programs / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments, cwd=project)
        results.append(tell(what, done, well=done.returncode == 0))
    return 0 if all([*results, *checked(programs)]) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
