"""The judgement that the workers of pytest-xdist share: one for all, in no stranger's file, and gone at the end."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from covermock.contract_tests.servers.sharing import SharedJudgement
from covermock.contract_tests.suite import Suite
from covermock.contract_tests.vocabulary import KEY_VARIABLES
from support.reference_gateway import Quirks, Served
from support.servers import PATIENCE, environment

FAST = Quirks(stage=0.05, retries=(0.05,))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of our own for temporary files."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def never() -> dict[str, Any]:
    """Fail, since nobody may judge here."""
    raise AssertionError("expected no second judgement")


def elsewhere(folder: Path, code: str) -> int:
    """Run code in another process of the run, and return its exit code."""
    head = "import os; from covermock.contract_tests.servers import sharing; one = sharing.SharedJudgement('0f8a'); "
    env = {**os.environ, "TMPDIR": str(folder)}
    return subprocess.run([sys.executable, "-c", head + code], env=env, check=False).returncode


def test_the_first_judges_the_others_read_and_the_last_removes_the_file(folder: Path) -> None:
    """What one process has found is what the next ones get; it is there as long as anybody may want it."""
    first = SharedJudgement("0f8a")

    assert {"verdicts": []} == first.get(lambda: {"verdicts": []})
    assert 0o600 == first.place.stat().st_mode & 0o777
    assert 5 == elsewhere(folder, "os._exit(5 if one.get(lambda: 1 / 0) == {'verdicts': []} else 6)")
    assert 0 == elsewhere(folder, "one.leave()")
    assert first.place.exists()

    first.leave()
    assert [] == list(folder.iterdir())


@pytest.mark.parametrize("strange", ["link", "dangling link", "hard link", "open to others", "folder"])
def test_a_file_that_is_not_ours_is_never_opened(folder: Path, strange: str) -> None:
    """A link that somebody has put there is not followed, and what it leads to stays as it is."""
    place, other = folder / f"covermock-check-{os.getuid()}-0f8a.json", folder / "other"
    if strange != "dangling link":
        other.write_text("forged")
        other.chmod(0o600)
    if strange == "hard link":
        place.hardlink_to(other)
    elif strange == "open to others":
        place.write_text("forged")
        place.chmod(0o666)
    elif strange == "folder":
        place.mkdir()
    else:
        place.symlink_to(other)

    with pytest.raises(OSError, match=r"expected a file of our own|Too many levels of symbolic links|Is a directory"):
        SharedJudgement("0f/../8a")
    assert not other.exists() or other.read_text() == "forged"


def test_a_judge_that_is_killed_is_not_followed_by_another(folder: Path) -> None:
    """A run may have been paid for: the next process gets to know that there is no verdict."""
    other = SharedJudgement("0f8a")

    assert 9 == elsewhere(folder, "one.get(lambda: os._exit(9))")
    assert {"crash": "the process that judged ended before its verdict"} == other.get(never)
    other.leave()


@pytest.mark.parametrize("crashes", [False, True])
def test_workers_judge_once_and_leave_no_file(tmp_path: Path, crashes: bool) -> None:
    """Two workers, one run; so, too, where the judge crashes."""
    if crashes:
        (tmp_path / "schemathesis.py").write_text("raise LookupError('a fault')")
    plugins = ("-p", "no:cacheprovider", *(("-p", "no:schemathesis") if crashes else ()))
    command = [sys.executable, "-m", "pytest", "--pyargs", "covermock.contract_tests", "-n", "2", "-q", *plugins]
    with Served(FAST) as served:
        env = environment(
            COVERMOCK_URL=served.url,
            COVERMOCK_API_KEY="aio_main_Key",
            COVERMOCK_MUSIC_TASK="gen",
            COVERMOCK_MAX_REQUESTS="600" if crashes else "80",  # so that requests are left to generate some
            COVERMOCK_PATIENCE="4",
            TMPDIR=str(tmp_path),
            PYTHONPATH=str(tmp_path) if crashes else "",
        )
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, env=env, timeout=10 * PATIENCE, check=False
        )
        charged = served.gateway.charged

    assert 1 == charged, done.stdout
    assert [] == list(tmp_path.glob("covermock-check-*"))
    assert ("the judge crashed, and is not started again: LookupError: a fault" in done.stdout) is crashes
    assert ("passed" in done.stdout) is not crashes


def test_a_url_without_a_key_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who names a gateway and forgets its key must not take a run that tried nothing for a good one."""
    for name in KEY_VARIABLES.values():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COVERMOCK_URL", "http://127.0.0.1:9")

    with pytest.raises(pytest.fail.Exception, match="expected a key in COVERMOCK_API_KEY"):
        Suite().data()
