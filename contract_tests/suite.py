"""The suite as pytest runs it: one judgement for the whole session, one test for each clause."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from covermock.openapi import GATEWAY, load

from .servers import Settings, from_environment, judge
from .servers.telling import as_data


class Suite:
    """A pytest plugin that judges one gateway when the first test asks for it, and then hands out verdicts.

    Under xdist the workers share one judgement: the first one judges, the others wait for what it found.
    """

    def __init__(self) -> None:
        self._data: dict[str, Any] | None = None

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make one test for each clause."""
        if "clause" in metafunc.fixturenames:
            metafunc.parametrize("clause", list(load(GATEWAY).clauses))

    def pytest_sessionfinish(self) -> None:
        """Remove what the workers shared, once the last of them has ended."""
        folder, worker = _shared_folder(), os.environ.get("PYTEST_XDIST_WORKER", "")
        if folder and folder.is_dir():
            (folder / f"{worker}.done").touch()
            if len(list(folder.glob("*.done"))) >= int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")):
                shutil.rmtree(folder, ignore_errors=True)

    def data(self) -> dict[str, Any]:
        """Return the judgement as data, made at the first call. Skips the test where no gateway is named."""
        settings = from_environment()
        if settings is None or not settings.keys:
            pytest.skip(
                "expected COVERMOCK_URL and COVERMOCK_API_KEY, which name the gateway to judge, received neither"
            )
        self._data = self._data or _shared_data(settings)
        return self._data


def _shared_data(settings: Settings) -> dict[str, Any]:
    folder = _shared_folder()
    if folder is None:
        return as_data(judge(settings))
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise PermissionError(f"expected a folder of our own, received {folder}; remove it")
    place = folder / "judgement.json"
    with _one_at_a_time(folder):
        if not place.exists():
            place.write_text(json.dumps(as_data(judge(settings))), encoding="utf-8")
        found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    return found


def _shared_folder() -> Path | None:
    """Return where the workers of one xdist run meet; None without xdist."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", "")
    return Path(tempfile.gettempdir()) / f"covermock-check-{os.getuid()}-{run}" if run else None


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    import fcntl

    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
