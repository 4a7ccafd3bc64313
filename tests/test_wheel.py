"""What a user installs is exactly the shipped folders."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).parents[1]
PACKAGES = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-dir"]
FOLDERS = PACKAGES.values()
NOT_SOURCE = shutil.ignore_patterns(".?*", "build", "dist", "node_modules", "*.egg-info", "__pycache__")


def contents(source: Path, wheels: Path) -> set[str]:
    """Build the wheel of a source tree into a folder and return the names of the files in it."""
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--quiet", f"--wheel-dir={wheels}", str(source)], check=True)
    [wheel] = wheels.iterdir()
    return set(ZipFile(wheel).namelist())


def test_the_wheel_holds_the_shipped_folders_and_nothing_else(tmp_path: Path) -> None:
    """Code, contracts, worlds, pages and type markers are in the wheel; tests and tools are not."""
    # A copy, since setuptools leaves build folders behind, whose stale files would end up in the next wheel.
    copy = shutil.copytree(ROOT, tmp_path / "source", ignore=NOT_SOURCE)
    files = [path.relative_to(ROOT) for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    ours = {
        f"covermock/{path.as_posix()}".replace("covermock/covermock/", "covermock/")
        for path in files
        if path.suffix in {".py", ".yaml", ".html", ".css", ".js", ".svg", ".txt"} or path.name == "py.typed"
    }
    about = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "top_level.txt", "licenses/LICENSE"}

    received = contents(copy, tmp_path / "wheels")

    assert {*ours, *(f"covermock-0.1.0.dist-info/{name}" for name in about)} == received
    assert {f"{package.replace('.', '/')}/py.typed" for package in PACKAGES} <= received


def test_data_that_is_left_out_of_the_wheel_is_missed(tmp_path: Path) -> None:
    """The test above fails where pyproject.toml forgets a kind of data: the wheel lacks just that."""
    copy = shutil.copytree(ROOT, tmp_path / "source", ignore=NOT_SOURCE)
    project = copy / "pyproject.toml"
    line = '"covermock.fixtures" = ["worlds/*.yaml"]\n'
    text = project.read_text(encoding="utf-8")
    assert line in text
    project.write_text(text.replace(line, ""), encoding="utf-8")
    worlds = {f"covermock/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "fixtures" / "worlds").iterdir()}

    received = contents(copy, tmp_path / "wheels")

    assert set() == worlds & received
    assert "covermock/openapi/gateway.yaml" in received
