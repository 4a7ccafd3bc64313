"""The suite as pytest runs it: one judgement for the whole session, one test for each clause."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from covermock.openapi import GATEWAY, load

from .reports import as_data
from .running import Progress, judged
from .settings import Settings, from_environment
from .verdicts import Judgement

HERE = Path(__file__).parent
CONTRACT = HERE / "test_contract.py"
_OPTIONS = ("-c", os.devnull, "-p", "no:cacheprovider", "-p", "no:warnings", "-p", "no:terminal", "--capture=no")


class Suite:
    """A pytest plugin that judges one gateway when the first test asks for it, and then hands out verdicts.

    Under xdist the workers share one judgement: the first one judges, the others wait for what it found.
    """

    def __init__(self, settings: Settings | None = None, progress: Progress | None = None) -> None:
        self.settings = settings
        self.progress = progress
        self.judgement: Judgement | None = None

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make one test for each clause."""
        if "clause" in metafunc.fixturenames:
            metafunc.parametrize("clause", list(load(GATEWAY).clauses))

    def data(self) -> dict[str, Any]:
        """Return the judgement as data, made at the first call. Skips the test where no gateway is named."""
        settings = self.settings or from_environment()
        if settings is None or not settings.keys:
            pytest.skip(
                "expected COVERMOCK_URL and COVERMOCK_API_KEY, which name the gateway to judge, received neither"
            )
        run = os.environ.get("PYTEST_XDIST_TESTRUNUID", "")
        if not run:
            return self._judged(settings)
        place = Path(tempfile.gettempdir()) / f"covermock-check-{os.getuid()}-{run}.json"
        with _alone(place):
            if not place.exists():
                place.write_text(json.dumps(self._judged(settings)), encoding="utf-8")
            found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
        return found

    def _judged(self, settings: Settings) -> dict[str, Any]:
        self.judgement = judged(settings, self.progress)
        return as_data(self.judgement)


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Let one process at a time in."""
    import fcntl

    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def judged_by_pytest(settings: Settings, progress: Progress | None = None) -> Judgement:
    """Judge under pytest, shielded from the configuration and plugins of whatever folder this is called in."""
    suite = Suite(settings, progress)
    shield = {"PYTEST_ADDOPTS": "", "PYTEST_PLUGINS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    kept = {name: os.environ.get(name) for name in shield}
    os.environ.update(shield)
    try:
        pytest.main([*_OPTIONS, f"--rootdir={HERE}", "--import-mode=importlib", "--noconftest", str(CONTRACT)], [suite])
    finally:
        for name, value in kept.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
    return suite.judgement or judged(settings, progress)
