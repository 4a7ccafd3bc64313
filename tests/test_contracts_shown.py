"""The example contracts of other shapes, in the dashboard and as a page: whatever the file names is shown."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from covermock.openapi import Contract, load
from playwright.sync_api import expect
from support.browser import Chromium, chromium
from support.remix import REMIX
from support.servers import Process, serving

TRANSCRIPTS = REMIX.parent / "transcripts.yaml"
# The contract, a request that starts a task of a kind of its own, with its operation; the first world, and its key.
SHOWN = {
    REMIX: (
        "/api/v1/audio/music/remix/generate",
        {"audio_id": "aud_30s", "tempo": 1.25},
        "startRemix",
        "docs",
        {"Authorization": "Bearer aio_your_api_key_here"},
    ),
    TRANSCRIPTS: (
        "/v3/recordings/recording_ok/transcripts",
        {"language": "en"},
        "requestTranscript",
        "transcripts",
        {"X-Desk-Key": "desk_transcripts"},
    ),
}
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """A browser for the tests of this module."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module", params=SHOWN, ids=lambda path: path.stem)
def contract(request: pytest.FixtureRequest) -> tuple[Path, Contract]:
    """Each contract, with its file."""
    return request.param, load(request.param)


@pytest.fixture(scope="module")
def server(contract: tuple[Path, Contract]) -> Iterator[Process]:
    """A server that follows the contract."""
    with serving("--spec", str(contract[0]), "--stage-seconds", "600") as running:
        yield running
        assert running.alive


@pytest.fixture(scope="module")
def task(contract: tuple[Path, Contract], server: Process) -> str:
    """The id of a task of a kind that gateway.yaml does not know, half way to its end."""
    path, body, _, world, key = SHOWN[contract[0]]
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        answer = client.post(path, json=body, headers=key)
        assert answer.is_success, answer.text
        found = client.get(f"/__mock/worlds/{world}/tasks", params={"order": "newest"}).json()["tasks"]
        client.post(f"/__mock/worlds/{world}/clock/next").raise_for_status()
    return str(found[0]["id"])


def test_a_task_of_another_kind_is_seen_to_its_end(
    browser: Chromium, contract: tuple[Path, Contract], server: Process, task: str
) -> None:
    """Its states are those of its lifecycle; a button ends it, and its results are there."""
    path, shape = contract
    _, _, name, world, _ = SHOWN[path]
    cycle = shape.lifecycles[shape.operation(name).task_kind]
    with browser.page(server.url, viewport=DESK) as watched:
        watched.open(f"/w/{world}/tasks")
        lane = watched.page.locator(".lane", has_text=task)
        for stage in cycle.stages:
            expect(lane).to_contain_text(stage.name)
        watched.open(f"/w/{world}/tasks/{task}")
        watched.page.get_by_role("button", name="Complete").first.click()
        expect(watched.page.locator(".result").first).to_be_visible()
        watched.see(cycle.success.name)
        watched.open(f"/w/{world}/journal/1")
        watched.see(name)


def test_every_operation_state_and_clause_has_its_place(
    browser: Chromium, contract: tuple[Path, Contract], server: Process, task: str
) -> None:
    """In the coverage, among the clauses, and on the contract's page."""
    assert task
    path, shape = contract
    with browser.page(server.url, viewport=DESK) as watched:
        watched.open(f"/w/{SHOWN[path][3]}/coverage")
        for operation in shape.operations:
            expect(watched.page.locator(".operation", has_text=operation.id).first).to_be_visible()
        watched.open("/clauses")
        for name in shape.clauses:
            expect(watched.page.locator("#main").get_by_text(name, exact=True).first).to_be_attached()
        watched.open(path="/__mock/docs")
        for operation in shape.operations:
            expect(watched.page.locator(f"[id$='-{operation.id}']").first).to_be_attached()


def test_an_operation_of_another_contract_is_tried_on_its_page(
    browser: Chromium, contract: tuple[Path, Contract], server: Process
) -> None:
    """Its documented example goes to this server, which accepts it."""
    name = SHOWN[contract[0]][2]
    with browser.page(server.url, viewport=DESK) as watched:
        watched.open(path="/__mock/docs")
        watched.page.locator(f"[id$='-{name}'] .opblock-summary-control").click()
        watched.page.get_by_role("button", name="Execute").click()
        live = watched.page.locator(".live-responses-table")
        expect(live.locator(".response-col_status").last).to_contain_text("20")


@pytest.mark.parametrize("width", [DESK, PHONE], ids=["desk", "phone"])
def test_it_is_accessible_and_nothing_is_cut(
    browser: Chromium, contract: tuple[Path, Contract], server: Process, task: str, width: dict[str, int]
) -> None:
    """Axe finds nothing serious, at 360 pixels nothing is cut; no console error, no outside request."""
    home = f"/w/{SHOWN[contract[0]][3]}"
    with browser.page(server.url, viewport=width) as watched:
        for route in (home, f"{home}/tasks", f"{home}/tasks/{task}", f"{home}/coverage", "/clauses"):
            watched.open(route)
            expect(watched.page.locator("#main h1").first).to_be_attached()
            expect(watched.page.get_by_text("Looking…")).to_have_count(0)
            assert [] == watched.faults_of_access(), route
            assert [] == watched.cut(), route
