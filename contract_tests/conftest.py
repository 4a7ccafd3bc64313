"""For `pytest --pyargs covermock.contract_tests`: the suite, configured by COVERMOCK_… variables alone."""

import importlib

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Register the suite, unless it is there already."""
    if not config.pluginmanager.has_plugin("covermock-suite"):
        suite = importlib.import_module("covermock.contract_tests.suite")
        config.pluginmanager.register(suite.Suite(), "covermock-suite")
