"""A project that has had a `gateway` of its own for years."""

import pytest


@pytest.fixture
def gateway():
    return {"name": "payments"}
