"""What the project has tested before it met covermock, with the plugins that it uses."""

import asyncio
import time

import anyio
import anyio.lowlevel
import freezegun
import httpx
import pytest
import respx
import time_machine


@pytest.mark.gateway("payments")
def test_the_own_fixture_stays(gateway):
    assert gateway == {"name": "payments"}


async def test_asyncio_goes_on():
    await asyncio.sleep(0)


@pytest.mark.anyio
async def test_anyio_goes_on():
    await anyio.lowlevel.checkpoint()


def test_freezers_freeze():
    with freezegun.freeze_time("2020-01-01"):
        assert time.time() == 1577836800
    with time_machine.travel(0, tick=False):
        assert time.time() == 0


@respx.mock
def test_respx_goes_on():
    respx.get("https://api.example/").respond(204)
    assert httpx.get("https://api.example/").status_code == 204
