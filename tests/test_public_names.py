"""One place to import from, typed: the types are those of the control API, and checkers refuse what it would."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import shapes

import covermock

ROOT = Path(__file__).parents[1]
TREE = ast.parse((ROOT / "covermock" / "__init__.py").read_text(encoding="utf-8"))
FOLDERS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-dir"].values()


@pytest.mark.parametrize("name", covermock.__all__)
def test_each_public_name_can_be_imported(name: str) -> None:
    """What `covermock` says that it has is there."""
    assert getattr(covermock, name) is not None


def test_checkers_and_python_see_the_same_names() -> None:
    """The imports for type checkers name the same modules as the table that Python uses."""
    imports = {
        (node.module or "").removeprefix("covermock."): {alias.name for alias in node.names}
        for node in ast.walk(TREE)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("covermock.")
    }

    assert {home: set(names) for home, names in covermock._HOMES.items()} == imports
    assert {*covermock.__all__} - {"__version__"} == set().union(*imports.values())
    assert covermock.__all__ == dir(covermock)


def test_importing_the_package_imports_nothing_else() -> None:
    """Whoever asks for the version, or for nothing, does not wait."""
    code = "import sys; before = set(sys.modules); import covermock; print(len(set(sys.modules) - before))"

    assert "1\n" == subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("module", shapes.MODULES)
def test_the_types_are_those_of_the_control_api(module: str) -> None:
    """The module is what `tools/shapes.py` writes from admin.yaml, layout aside."""
    written = (ROOT / "fixtures" / f"{module}.py").read_text(encoding="utf-8")

    assert ast.dump(ast.parse(shapes.text(module))) == ast.dump(ast.parse(written))


USES = ROOT / "examples" / "typed.py"


def test_a_strict_checker_takes_what_is_right_and_refuses_what_is_not(tmp_path: Path) -> None:
    """The strict mypy has nothing against the typed example, and finds each misspelt setting in its line."""
    package = tmp_path / "types" / "covermock"
    package.mkdir(parents=True)
    for file in (ROOT / "covermock").iterdir():
        if file.suffix in {".py", ".typed"}:
            (package / file.name).write_bytes(file.read_bytes())
    for folder in FOLDERS:
        if folder != "covermock":
            (package / folder).symlink_to(ROOT / folder)
    wrong = tmp_path / "wrong.py"
    wrong.write_text(WRONG, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", str(USES), str(wrong)]
    env = {"MYPYPATH": str(tmp_path / "types"), "MYPY_CACHE_DIR": str(ROOT / ".mypy_cache" / "examples"), "PATH": ""}

    ran = subprocess.run(command, capture_output=True, text=True, env=env, cwd=tmp_path, check=False)

    expected = [number for number, line in enumerate(WRONG.splitlines(), 1) if "# wrong" in line]
    assert expected == sorted(
        {int(line) for line in re.findall(r"^\S*wrong\.py:(\d+): error", ran.stdout, re.MULTILINE)}
    )
    assert "typed.py" not in ran.stdout, ran.stdout


WRONG = """
import covermock

with covermock.gateway(drives="polls") as gateway:  # wrong
    gateway.faults.add(status={"cod": 503})  # wrong
    gateway.music_task(yields={"outcome": "failed"})  # wrong
    gateway.audio(seconds=6, acount="main")  # wrong
    gateway.world.plan("t", stall_at="PENDING")  # wrong
    print(gateway.journal[-1]["statuscode"])  # wrong


@covermock.mark(stage_second=0.1)  # wrong
def test_it() -> None:
    pass
"""
