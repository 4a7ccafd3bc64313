"""What all tests share."""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings
from support.engines import Engine, engine
from support.fakes import Fake
from support.servers import Process, serving

# Taken out of the environment: the programs under test refuse variables of our prefix that they don't know.
NO_SKIPS = os.environ.pop("COVERMOCK_NO_SKIPS", "") == "1"

# A shell that starts something in the background may let it ignore SIGINT, and so would all that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says more about the machine than about the code.
settings.register_profile("covermock", deadline=None)
settings.load_profile("covermock")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `make test-many` draw as often as the docs claim; every run draws a few."""
    parser.addoption("--many", action="store_true", help="draw many seeds where a test draws")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Let `-n auto` be two for each core: half of the time tests wait for servers, clients and pauses."""
    return 2 * (os.cpu_count() or 1)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that draws its seeds."""
    for marker in metafunc.definition.iter_markers("seeds"):
        few, many = marker.args
        metafunc.parametrize("seed", range(many if metafunc.config.getoption("--many") else few))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only `make test-many` runs: a skip would be no verdict."""
    late = [] if config.getoption("--many") else [one for one in items if one.get_closest_marker("many")]
    items[:] = [one for one in items if one not in late]
    config.hook.pytest_deselected(items=late)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run for each skipped test when COVERMOCK_NO_SKIPS=1: CI has all that a test may want."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")  # none in an xdist worker
    skipped = reporter.stats.get("skipped", []) if NO_SKIPS and reporter else []
    for report in skipped:
        reporter.write_line(f"\nCOVERMOCK_NO_SKIPS: expected a verdict, received a skip: {report.nodeid}")
    if skipped and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def redis() -> Iterator[Engine]:
    """A redis-server that tests share; each begins with an empty one."""
    with engine() as running:
        yield running


@pytest.fixture(params=["memory", "redis"])
def fake(request: pytest.FixtureRequest) -> Fake:
    """A mock of its own in this process, over each store, in the world `docs`; only the test moves its clock."""
    if request.param == "memory":
        return Fake()
    redis: Engine = request.getfixturevalue("redis")
    redis.empty()
    return Fake(store=redis.store())


@pytest.fixture(scope="session")
def process() -> Iterator[Process]:
    """A `covermock serve` that tests share; each makes a world of its own, and none may harm the process."""
    with serving() as running:
        yield running
        assert running.alive
