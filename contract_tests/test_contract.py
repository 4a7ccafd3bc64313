"""The contract, clause by clause. The suite plugin brings the judgement; see `suite.py`."""

from typing import Any

import pytest


@pytest.fixture(scope="session")
def judgement_data(pytestconfig: pytest.Config) -> dict[str, Any]:
    suite: Any = next(one for one in pytestconfig.pluginmanager.get_plugins() if type(one).__name__ == "Suite")
    data: dict[str, Any] = suite.data()
    return data


def test_clause(clause: str, judgement_data: dict[str, Any]) -> None:
    """The gateway keeps the clause."""
    if judgement_data["trouble"]:
        pytest.fail(f"could not test: {judgement_data['trouble']}", pytrace=False)
    verdict = next(verdict for verdict in judgement_data["verdicts"] if verdict["clause"] == clause)
    failing = [one for one in judgement_data["findings"] if one["clause"] == clause and one["fails"]]
    if failing:
        lines = (
            (f"{one['title']}", f"expected {one['expected']}", f"received {one['received']}", one["curl"])
            for one in failing
        )
        pytest.fail("\n\n".join("\n  ".join(line) for line in lines), pytrace=False)
    if verdict["verdict"] == "not exercised":
        pytest.skip(verdict["reason"])
