"""What is shipped can be built again, byte for byte; and what builds it is pinned."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GIT = ("git", "-c", "safe.directory=*")
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
needs_checkout = pytest.mark.skipif(
    not (ROOT / ".git").exists() or os.name != "posix", reason="needs the history of a checkout, and modes of files"
)
PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def built(folder: Path, umask: int, mtime: int) -> dict[str, str]:
    """Clone this commit, build it under a umask from files of a certain age, and return what came out."""
    source, dist = folder / "a checkout", folder / "dist"
    subprocess.run([*GIT, "clone", "-q", "--no-local", str(ROOT), str(source)], check=True, umask=umask)
    shutil.copyfile(ROOT / "tools" / "dists.py", source / "tools" / "dists.py")
    for path in source.rglob("*.py"):
        os.utime(path, (mtime, mtime))
    command = [sys.executable, str(source / "tools" / "dists.py"), str(dist)]
    subprocess.run(command, check=True, umask=umask, capture_output=True)
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in dist.iterdir()}


@needs_checkout
def test_the_same_commit_gives_the_same_bytes(tmp_path: Path) -> None:
    """In two folders, one after the other, with other times and modes of files: the same wheel, the same sdist."""
    one = built(tmp_path / "one", 0o077, 1_000_000_000)
    other = built(tmp_path / "the other", 0o002, 1_700_000_000)

    assert 2 == len(one)
    assert one == other


@needs_checkout
def test_the_sdist_is_enough_for_the_same_wheel(tmp_path: Path) -> None:
    """Whoever packs from the sdist gets the files that the wheel has."""
    built(tmp_path, 0o022, 1_000_000_000)
    [wheel], [sdist] = (list((tmp_path / "dist").glob(pattern)) for pattern in ("*.whl", "*.tar.gz"))
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    subprocess.run([*command, f"--wheel-dir={tmp_path / 'again'}", str(sdist)], check=True)
    [again] = (tmp_path / "again").iterdir()

    assert sorted(zipfile.ZipFile(wheel).namelist()) == sorted(zipfile.ZipFile(again).namelist())


def uses(text: str) -> list[str]:
    """Return what a workflow uses, each with its comment."""
    return [line.partition("uses:")[2].strip() for line in text.splitlines() if re.match(r"\s*(- )?uses:", line)]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_commit(workflow: Path) -> None:
    """A tag can be moved; the hash of a commit can't. The comment says which release it is."""
    found = uses(workflow.read_text(encoding="utf-8"))

    assert found
    assert [] == [one for one in found if not PINNED.fullmatch(one)]


def test_an_action_that_is_not_pinned_is_seen() -> None:
    """A tag, a branch, a short hash or a missing comment is no pin."""
    fine = f"actions/checkout@{'0a' * 20} # v4.3.1"
    loose = ["actions/checkout@v4", "a/b@release/v1", "actions/checkout@11bd719 # v4.2.2", fine.partition(" ")[0]]
    text = "".join(f"      - uses: {one}\n" for one in [fine, *loose])

    assert loose == [one for one in uses(text) if not PINNED.fullmatch(one)]


def test_one_action_has_one_commit() -> None:
    """The same action is the same commit in every workflow, so that an update can't forget one."""
    pins: dict[str, set[str]] = {}
    for workflow in WORKFLOWS:
        for one in uses(workflow.read_text(encoding="utf-8")):
            pins.setdefault(one.partition("@")[0], set()).add(one)

    assert {} == {name: found for name, found in pins.items() if len(found) > 1}
