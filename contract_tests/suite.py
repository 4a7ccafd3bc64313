"""The suite as pytest runs it: one judgement for the whole session, one test for each clause."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from covermock.openapi import GATEWAY, Contract, load

from .reports.redaction import redactor
from .servers import Settings, from_environment, judge
from .servers.expect.sources import spelled
from .servers.telling import as_data

if TYPE_CHECKING:
    from .servers.sharing import SharedJudgement


class Suite:
    """A pytest plugin that judges one gateway when the first test asks for it, and then hands out verdicts.

    Under xdist the workers share one judgement: the first one judges, the others wait for what it found.
    """

    def __init__(self) -> None:
        self._data: dict[str, Any] | None = None
        self._shared: SharedJudgement | None = None

    def pytest_configure(self, config: pytest.Config) -> None:
        """Meet the other workers of an xdist run."""
        given = getattr(config, "workerinput", None)
        if given and os.environ.get("COVERMOCK_URL"):
            if find_spec("fcntl") is None:
                raise pytest.UsageError("expected one process on this system, received xdist workers; run with -n 0")
            from .servers.sharing import SharedJudgement

            self._shared = SharedJudgement(given["testrunuid"])

    def pytest_sessionfinish(self) -> None:
        if self._shared:
            self._shared.leave()

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "clause" in metafunc.fixturenames:
            metafunc.parametrize("clause", list(_contract().clauses))

    def data(self) -> dict[str, Any]:
        """Return the judgement as data, made at the first call. Skips the test where no gateway is named."""
        settings = from_environment(kinds=spelled(_contract()))
        if settings is None:
            pytest.skip("expected COVERMOCK_URL and COVERMOCK_API_KEY of a gateway to judge, received no URL")
        if not settings.keys:
            pytest.fail("expected a key in COVERMOCK_API_KEY beside COVERMOCK_URL, received none", pytrace=False)
        if self._data is None:
            self._data = self._shared.get(lambda: _data(settings)) if self._shared else _data(settings)
        if "crash" in self._data:
            pytest.fail(f"the judge crashed, and is not started again: {self._data['crash']}", pytrace=False)
        return self._data


def _contract() -> Contract:
    """Return the contract that COVERMOCK_SPEC names, or the built-in one."""
    return load(Path(os.environ.get("COVERMOCK_SPEC") or GATEWAY))


def _data(settings: Settings) -> dict[str, Any]:
    """Return the judgement, or what crashed: whoever asks next must not start another run, which may be paid."""
    try:
        return as_data(judge(settings, contract=_contract()))
    except Exception as crash:  # noqa: BLE001 - each test says what it was
        return {"crash": redactor(settings.keys.values())(f"{type(crash).__name__}: {crash}")}
