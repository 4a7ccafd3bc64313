"""What all tests share."""

import os

import pytest

# Taken out of the environment: the programs under test refuse variables of our prefix that they don't know.
NO_SKIPS = os.environ.pop("COVERMOCK_NO_SKIPS", "") == "1"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run for each skipped test when COVERMOCK_NO_SKIPS=1: CI has all that a test may want."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")  # none in an xdist worker
    skipped = reporter.stats.get("skipped", []) if NO_SKIPS and reporter else []
    for report in skipped:
        reporter.write_line(f"\nCOVERMOCK_NO_SKIPS: expected a verdict, received a skip: {report.nodeid}")
    if skipped and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
