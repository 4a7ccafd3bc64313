"""The dashboard as people use it: in a browser, over a server, while a client is at work."""

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from covermock.openapi import GATEWAY
from playwright.sync_api import Locator, Route, expect
from support.browser import Chromium, Watched, chromium
from support.fakes import COVER, COVER_STATUS, UPLOAD_COVER, UPLOAD_COVER_STATUS
from support.receivers import receiving
from support.remix import ROOT
from support.servers import Process, serving

DESK = {"width": 1280, "height": 800}
TRANSCRIPTS = ROOT / "examples" / "contracts" / "transcripts.yaml"
PHONE = {"width": 360, "height": 740}
SECTIONS = ("", "/tasks", "/journal", "/faults", "/webhooks", "/ledger", "/coverage")


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """A browser for the tests of this module; Playwright keeps an event loop of its own for as long."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def server() -> Iterator[Process]:
    """A server for the tests of this module; each makes a world of its own."""
    with serving("--world", "empty") as running:
        yield running
        assert running.alive


class Client:
    """A client of a world of its own, and the control API of that world."""

    def __init__(self, server: Process, name: str, **world: Any) -> None:
        self.name = name
        self.world = {"name": name, "music_tasks": {"gen": {}, "gen2": {}}, "audio": {"aud": {"seconds": 30}}, **world}
        self._http = httpx.Client(base_url=server.url, trust_env=False)
        made = self.control("POST", "", self.world, path="/__mock/worlds")
        self.key = str(next(iter(made["accounts"].values()))["key"])

    def control(self, method: str, part: str, body: Any = None, path: str = "") -> Any:
        """Call the control API."""
        answer = self._http.request(method, path or f"/__mock/worlds/{self.name}{part}", json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        """Send a request to the gateway."""
        return self._http.post(path, json=body, headers={"Authorization": f"Bearer {self.key}", **headers})

    def get(self, path: str, **query: str) -> httpx.Response:
        """Ask the gateway."""
        return self._http.get(path, params=query, headers={"Authorization": f"Bearer {self.key}"})

    def cover(self, source: str = "gen") -> str:
        """Start a cover; return the id of its task."""
        return str(self.post(COVER, {"taskId": source}).json()["data"]["taskId"])

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


@pytest.fixture
def client(server: Process, request: pytest.FixtureRequest) -> Iterator[Client]:
    """A client in a world that is called like the test."""
    made = Client(server, re.sub(r"\W+", "_", request.node.name)[:60].strip("_"), stage_seconds=600)
    yield made
    made.close()


@pytest.fixture
def desk(browser: Chromium, server: Process) -> Iterator[Watched]:
    """A page on a desk, on which nothing is amiss."""
    with browser.page(server.url, viewport=DESK) as page:
        yield page


def lane(desk: Watched, task: str) -> Locator:
    """Return the lane of a task."""
    return desk.page.locator(".lane", has_text=task)


def button(desk: Watched, name: str) -> None:
    """Press a button."""
    desk.page.get_by_role("button", name=name, exact=True).click()


def test_a_task_is_seen_moving_from_its_start_to_its_picture(desk: Watched, client: Client) -> None:
    """A task that a client starts appears by itself, moves with time, ends by a button, and shows its pictures."""
    desk.open(f"/w/{client.name}/tasks")
    desk.see("gen2")
    task = client.cover()
    row = lane(desk, task)
    expect(row).to_contain_text("PENDING")
    before = row.locator(".left").inner_text()
    assert "IN_PROGRESS in" in before
    expect(row.locator(".left")).not_to_have_text(before)
    button(desk, "Next event")
    expect(row).to_contain_text("SUCCESS in")
    button(desk, "Next event")
    expect(row.locator("img")).to_have_count(2)

    row.get_by_role("link").click()
    pictures = desk.page.locator(".result img")
    expect(pictures).to_have_count(2)
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", value=True)
        assert picture.evaluate("image => image.naturalWidth") > 100
    assert desk.page.url.endswith(f"/tasks/{task}")


def test_an_exchange_is_explained_and_its_violation_marked(desk: Watched, client: Client) -> None:
    """A wrong body is in the journal at once; its page says why, which clause, and where in the body."""
    desk.open(f"/w/{client.name}/journal")
    desk.see("No request yet")
    client.post(COVER, {"taskId": 5})
    row = desk.page.locator("tr", has_text="invalid params")
    expect(row).to_contain_text("400")
    row.get_by_role("link", name="Exchange 1").click()

    desk.see("Why this answer")
    expect(desk.page.locator(".line.bad")).to_contain_text('"taskId": 5expected a string, received 5 C1')
    assert desk.page.url.endswith(f"#/w/{client.name}/journal/1")
    desk.page.get_by_role("link", name="C1").first.click()
    desk.see("Clause C1")
    desk.see("the id of a music task")


def test_a_missing_field_and_an_unknown_id_are_marked_where_they_should_be(desk: Watched, client: Client) -> None:
    """What is not there is shown where it is missing; an id that names nothing is marked, too."""
    client.post(COVER, {})
    client.post(COVER, {"taskId": "nobody"})
    desk.open(f"/w/{client.name}/journal/1")
    expect(desk.page.locator(".line.bad .gone")).to_have_text('"taskId"')
    desk.open(f"/w/{client.name}/journal/2")
    expect(desk.page.locator(".line.bad")).to_contain_text("Original music task not found")


def test_a_fault_is_switched_on_felt_and_switched_off(desk: Watched, client: Client) -> None:
    """The switch is the API's own word with the settings of its schema; the client feels it, the journal tells."""
    desk.open(f"/w/{client.name}/faults")
    switch = desk.page.get_by_role("switch", name="status", exact=True)
    card = desk.page.locator(".switches li", has=switch)
    card.locator("summary").click()
    card.get_by_label("code").fill("418")
    switch.click()
    expect(switch).to_be_checked()

    answer = client.post(COVER, {"taskId": "gen"})
    assert 418 == answer.status_code
    expect(desk.page.locator(".fault")).to_contain_text("acted on 1")
    desk.open(f"/w/{client.name}/journal")
    expect(desk.page.locator("tr", has_text="fault")).to_contain_text("418")

    desk.open(f"/w/{client.name}/faults")
    switch.click()
    expect(switch).not_to_be_checked()
    assert 200 == client.post(COVER, {"taskId": "gen"}).status_code


def test_every_word_of_the_fault_schema_can_be_switched_on_and_off(desk: Watched, client: Client) -> None:
    """There is a switch for each, and what it sends at first is valid."""
    desk.open(f"/w/{client.name}/faults")
    switches = desk.page.get_by_role("switch")
    expect(switches.first).to_be_visible()
    for number in range(switches.count()):
        switches.nth(number).click()
        expect(switches.nth(number)).to_be_checked()
        switches.nth(number).click()
        expect(switches.nth(number)).not_to_be_checked()
    assert switches.count() > 10
    assert [] == client.control("GET", "/faults")["faults"]


def test_bad_settings_of_a_fault_are_refused_with_the_servers_words(desk: Watched, client: Client) -> None:
    """What the schema refuses is said on the page, and nothing is switched on."""
    desk.allowed = ("400",)
    desk.open(f"/w/{client.name}/faults")
    switch = desk.page.get_by_role("switch", name="status", exact=True)
    card = desk.page.locator(".switches li", has=switch)
    card.locator("summary").click()
    card.get_by_label("code").fill("99")
    switch.click()
    desk.see("expected at least 200, received 99")
    expect(switch).not_to_be_checked()


def test_a_webhook_is_redelivered(desk: Watched, client: Client) -> None:
    """A delivered webhook is shown with its attempt, and goes out once more at the press of a button."""
    with receiving() as receiver:
        task = client.post(UPLOAD_COVER, {"audio_id": "aud", "callback_url": receiver.url}).json()["data"]["task_id"]
        desk.open(f"/w/{client.name}/webhooks")
        desk.see("due when its task ends")
        client.control("POST", f"/tasks/{task}/complete")
        receiver.next()
        row = desk.page.locator(".webhook", has_text=task)
        expect(row).to_contain_text("delivered")
        expect(row.locator(".attempts li")).to_have_count(1)
        button(desk, "Redeliver d1")
        receiver.next()
        expect(row.locator(".attempts li")).to_have_count(2)


def test_a_world_is_reset_after_a_question(desk: Watched, client: Client) -> None:
    """A reset is asked about first; then the page follows the world as it was made."""
    task = client.cover()
    desk.open(f"/w/{client.name}/tasks")
    expect(lane(desk, task)).to_be_visible()
    desk.page.get_by_role("link", name="Worlds").click()
    button(desk, f"Reset {client.name}")
    desk.page.get_by_role("button", name="Cancel").click()
    assert 3 == len(client.control("GET", "/tasks")["tasks"])
    button(desk, f"Reset {client.name}")
    button(desk, "Reset")
    desk.see("is as it was made")
    desk.open(f"/w/{client.name}/tasks")
    expect(lane(desk, "gen2")).to_be_visible()
    expect(lane(desk, task)).to_have_count(0)


def test_a_reset_by_somebody_else_is_followed(desk: Watched, client: Client) -> None:
    """The stream says that the world has ended; the page shows the one that took its place, live."""
    old = client.cover()
    desk.open(f"/w/{client.name}/tasks")
    expect(lane(desk, old)).to_be_visible()
    client.control("POST", "/reset")
    expect(lane(desk, old)).to_have_count(0)
    new = client.cover("gen2")
    expect(lane(desk, new)).to_be_visible()
    expect(desk.page.locator(".state")).to_have_text("live")


@contextlib.contextmanager
def before_the_stream(desk: Watched, route: str) -> Iterator[None]:
    """Open a page; what is done inside is done after it has asked for what there is, and before its stream begins."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    desk.page.route("**/events*", hold, times=1)
    with desk.page.expect_request("**/events*"), desk.page.expect_response("**/journal?*"):
        desk.open(route)
    yield
    held[0].continue_()


def test_what_happens_before_the_stream_begins_is_seen(desk: Watched, client: Client) -> None:
    """The stream tells nothing of a task that was started before: once it is there, the page asks again."""
    with before_the_stream(desk, f"/w/{client.name}/tasks"):
        task = client.cover()
    expect(lane(desk, task)).to_be_visible()
    expect(desk.page.locator(".state")).to_have_text("live")


def test_a_reset_before_the_stream_begins_is_seen(desk: Watched, client: Client) -> None:
    """The stream is the new world's, the exchanges that are known are the old one's: they go."""
    client.cover()
    with before_the_stream(desk, f"/w/{client.name}/journal"):
        expect(desk.page.locator(".exchanges")).to_contain_text(COVER)
        client.control("POST", "/reset")
    desk.see("No request yet")
    expect(desk.page.locator(".state")).to_have_text("live")


def test_a_deleted_world_is_said_to_be_gone(desk: Watched, client: Client) -> None:
    """No empty page: it says so, and leads on."""
    desk.allowed = ("404",)  # what was asked for while the world went
    desk.open(f"/w/{client.name}")
    desk.see("No request yet")
    client.control("DELETE", "")
    desk.see(f"There is no world {client.name}")


def test_without_a_stream_it_polls(desk: Watched, client: Client) -> None:
    """Where streams don't come through, the page says so and asks instead."""
    desk.allowed = ("ERR_FAILED",)
    desk.page.route("**/events*", lambda route: route.abort())
    desk.open(f"/w/{client.name}")
    expect(desk.page.locator(".state")).to_have_text("polling")
    task = client.cover()
    expect(lane(desk, task)).to_be_visible()
    expect(desk.page.locator(".exchanges")).to_contain_text("startCover")


def test_a_mock_that_is_away_is_said_to_be_and_found_again(desk: Watched, client: Client) -> None:
    """While nobody answers the page says so, once; then it is live again, with what came meanwhile."""
    desk.allowed = ("ERR_INTERNET_DISCONNECTED", "ERR_NETWORK_CHANGED")
    desk.open(f"/w/{client.name}/tasks")
    expect(desk.page.locator(".state")).to_have_text("live")
    desk.page.context.set_offline(True)
    desk.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    desk.page.route("**/events*", lambda route: route.abort("internetdisconnected"))
    button(desk, "Next event")
    expect(desk.page.locator(".state")).to_have_text("away")
    task = client.cover()
    desk.page.unroute("**/events*")
    desk.page.context.set_offline(False)
    expect(lane(desk, task)).to_be_visible()
    expect(desk.page.locator(".state")).to_have_text("live")


def test_an_answer_that_is_held_back_is_shown_so_until_it_goes(desk: Watched, client: Client) -> None:
    """The verdict waits with the answer: in the list and on the page of the exchange."""
    client.control("POST", "/faults", {"id": "slow", "latency": {"seconds": 3600}})
    desk.open(f"/w/{client.name}/journal")
    desk.see("No request yet")
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(client.cover)
        expect(desk.page.locator(".exchanges")).to_contain_text("held back")
        desk.open(f"/w/{client.name}/journal/1")
        expect(desk.page.locator(".line-of")).to_contain_text("held back")
        client.control("DELETE", "")
        answer.exception()


def test_the_focus_stays_where_it_was_when_figures_change(desk: Watched, client: Client) -> None:
    """Who reads coverage by keyboard is not thrown out by the next request."""
    client.cover()
    desk.open(f"/w/{client.name}/coverage")
    link = desk.page.get_by_role("link", name="cover-already-generated")
    chip = desk.page.get_by_role("link", name="C9", exact=False).first
    chip.focus()
    client.post(COVER, {"taskId": "gen"})
    expect(link).to_be_visible()
    expect(chip).to_be_focused()


def test_the_clock_is_frozen_advanced_and_let_go(desk: Watched, client: Client) -> None:
    """Each button does what it says, and says what happened."""
    task = client.cover()
    desk.open(f"/w/{client.name}/tasks")
    button(desk, "Freeze")
    expect(lane(desk, task)).to_contain_text("the clock stands still")
    assert 0 == client.control("GET", "/clock")["scale"]
    desk.page.get_by_label("Seconds to advance").select_option("3600")
    button(desk, "Advance")
    desk.see(f"{task} → IN_PROGRESS")
    expect(lane(desk, task)).to_contain_text("SUCCESS")
    button(desk, "Run")
    expect(desk.page.locator(".how")).to_have_text("real time")
    assert 1 == client.control("GET", "/clock")["scale"]


def test_a_task_is_failed_by_its_page_and_gives_its_credits_back(desk: Watched, client: Client) -> None:
    """The words of what can be done to a task are the API's; the ledger follows."""
    task = client.cover()
    desk.open(f"/w/{client.name}/ledger")
    held = desk.page.locator(".figures .held dd")
    expect(held).to_have_text("1")
    desk.open(f"/w/{client.name}/tasks/{task}")
    button(desk, "fail")
    expect(lane(desk, task)).to_contain_text("FAILED")
    desk.open(f"/w/{client.name}/ledger")
    expect(held).to_have_text("0")


def test_coverage_counts_what_was_exercised(desk: Watched, client: Client) -> None:
    """Statuses, clauses and errors that were seen are counted, the others are shown as not yet seen."""
    client.cover()
    client.post(COVER, {"taskId": "gen"})
    desk.open(f"/w/{client.name}/coverage")
    row = desk.page.locator(".operation", has_text="startCover")
    expect(row.locator(".cell.seen")).to_have_text(["200 1", "400 1"])
    expect(row.locator(".cell", has_text="402")).to_have_text("402 not yet")
    expect(desk.page.locator(".cell.seen", has_text="C5")).to_have_text("C5 1")
    client.get(COVER_STATUS, task_id="nobody")
    expect(desk.page.locator(".operation", has_text="getCoverStatus").locator(".cell.seen")).to_have_text("404 1")


def test_filters_and_older_pages_of_the_journal_have_addresses(desk: Watched, client: Client) -> None:
    """A filter is in the address; 250 exchanges are three pages, of which the last has the first one."""
    for _ in range(250):
        client.get(COVER_STATUS, task_id="nobody")
    client.cover()
    desk.open(f"/w/{client.name}/journal")
    expect(desk.page.locator("tbody tr")).to_have_count(100)
    for _ in range(2):
        desk.page.get_by_role("link", name="Older").click()
    expect(desk.page.get_by_role("link", name="Exchange 1", exact=True)).to_be_visible()
    expect(desk.page.get_by_role("link", name="Older")).to_be_hidden()
    desk.page.get_by_label("operation").select_option("startCover")
    expect(desk.page.locator("tbody tr")).to_have_count(1)
    assert "operation=startCover" in desk.page.url


def test_it_begins_with_the_first_world_and_any_other_can_be_chosen(desk: Watched, client: Client) -> None:
    """No address is needed to begin."""
    desk.open()
    expect(desk.page.get_by_label("World", exact=True)).to_have_value("empty")
    desk.page.get_by_label("World", exact=True).select_option(client.name)
    expect(desk.page).to_have_url(re.compile(f"#/w/{client.name}$"))


def test_requests_with_unknown_keys_are_found(desk: Watched, server: Process) -> None:
    """They belong to no world, and have a page."""
    httpx.get(
        f"{server.url}{COVER_STATUS}?task_id=stray_one", headers={"Authorization": "Bearer nobody"}, trust_env=False
    )
    desk.open("/strays")
    expect(desk.page.locator("tbody tr").first).to_contain_text("401")


def test_a_path_of_ten_thousand_characters_leaves_room_for_what_is_beside_it(desk: Watched, client: Client) -> None:
    """In a list a long text takes three lines, and the words of the other columns stay whole."""
    client.get(f"/{'x' * 10_000}")
    desk.open(f"/w/{client.name}/journal")
    row = desk.page.locator(".exchanges tbody tr").first
    expect(row).to_contain_text("no such path")
    height, verdict = row.evaluate("(row) => [row, row.querySelector('.verdict')].map((one) => one.clientHeight)")

    assert height < 120
    assert verdict < 120


def test_a_new_world_is_made_by_the_form(desk: Watched) -> None:
    """The form has the plain fields of the API's own schema."""
    desk.open("/worlds")
    desk.page.get_by_text("New world").click()
    desk.page.get_by_label("name", exact=True).fill("by_form")
    desk.page.get_by_label("drive").select_option("polls")
    button(desk, "Make it")
    expect(desk.page).to_have_url(re.compile("#/w/by_form$"))
    expect(desk.page.locator(".how")).to_contain_text("tasks by polls")


def test_a_crowd_of_tasks_is_shown_in_pages(desk: Watched, server: Process) -> None:
    """Neither the answers asked for nor the rows made grow with what is there."""
    crowd = Client(server, "crowd", stage_seconds=600, accounts={"main": {"credits": 10**6}})
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: crowd.post(UPLOAD_COVER, {"audio_id": "aud"}), range(400)))
    sizes: list[int] = []
    desk.page.on("response", lambda got: sizes.append(int(got.headers.get("content-length", 0))))
    desk.open("/w/crowd/tasks")
    expect(desk.page.locator(".lane")).to_have_count(50)
    desk.see("The newest 200 of 402 tasks")
    for shown in (100, 150, 200, 250):
        button(desk, "Show more")
        expect(desk.page.locator(".lane")).to_have_count(shown)
    assert max(sizes) < 500_000
    crowd.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", DESK), ("dark", PHONE)], ids=["light desk", "dark phone"])
def test_every_page_is_accessible_and_cuts_nothing(
    browser: Chromium, server: Process, client: Client, scheme: str, width: dict[str, int]
) -> None:
    """Axe finds nothing serious on any page, be it light or dark; on a phone of 360 pixels nothing is cut."""
    task = client.post(UPLOAD_COVER, {"audio_id": "aud", "callback_url": "http://192.0.2.1/a/long/path"}).json()
    task_id = task["data"]["task_id"]
    client.control("POST", f"/tasks/{task_id}/complete")
    client.post(COVER, {"taskId": 5})
    client.control("POST", "/faults", {"status": {"code": 503}, "match": {"operation": "getCoverStatus"}})
    client.get(COVER_STATUS, task_id="x")
    inner = (*SECTIONS, f"/tasks/{task_id}", "/journal/2", "/journal/3")
    routes = [*(f"/w/{client.name}{section}" for section in inner), "/worlds", "/clauses", "/clauses/C5", "/strays"]
    with browser.page(server.url, viewport=width, color_scheme=scheme) as watched:
        for route in routes:
            watched.open(route)
            expect(watched.page.locator("#main h1")).to_be_attached()
            expect(watched.page.get_by_text("Looking…")).to_have_count(0)
            assert [] == watched.faults_of_access(), route
            assert [] == watched.cut(), route


def test_all_can_be_done_by_keyboard(desk: Watched, client: Client) -> None:
    """The first key skips to the content; a switch is switched by space; the focus stays while the page updates."""
    desk.open(f"/w/{client.name}/faults")
    expect(desk.page.get_by_role("switch").first).to_be_visible()
    desk.page.keyboard.press("Tab")
    expect(desk.page.get_by_text("Skip to the content")).to_be_focused()
    switch = desk.page.get_by_role("switch", name="reset", exact=True)
    switch.focus()
    desk.page.keyboard.press("Space")
    expect(switch).to_be_checked()
    expect(switch).to_be_focused()
    desk.page.keyboard.press("Space")
    expect(switch).not_to_be_checked()


def test_the_colours_follow_the_switch_and_stay(desk: Watched) -> None:
    """What was chosen is there after the page is loaded again, before anything is painted."""
    desk.open("/clauses")
    theme = desk.page.locator(".theme")
    theme.click()
    theme.click()
    expect(desk.page.locator("html")).to_have_attribute("data-theme", "dark")
    desk.page.reload()
    expect(desk.page.locator("html")).to_have_attribute("data-theme", "dark")


def test_another_contract_is_shown_in_its_own_words(browser: Chromium, tmp_path: Path) -> None:
    """Operations, states, stages and clauses that the page has never heard of are shown all the same."""
    changes = [("getCoverStatus", "watchPainting"), ("startCover", "paint"), ("IN_PROGRESS", "DRYING"), ("C5", "P5")]
    spec = tmp_path / "gateway.yaml"
    text = GATEWAY.read_text(encoding="utf-8")
    for old, new in changes:
        text = text.replace(old, new)
    spec.write_text(text, encoding="utf-8")
    with serving("--spec", str(spec), "--world", "empty") as server, browser.page(server.url, viewport=DESK) as watched:
        client = Client(server, "painters", stage_seconds=600)
        task = client.cover()
        client.control("POST", "/clock/advance", {"seconds": 700})
        client.post(COVER, {"taskId": "gen"})
        watched.open("/w/painters/tasks")
        expect(lane(watched, task)).to_contain_text("DRYING")
        watched.open("/w/painters/coverage")
        expect(watched.page.locator(".operation", has_text="paint").first).to_contain_text("400 1")
        watched.open("/clauses/P5")
        watched.see("A cover already generated for this music task")
        client.close()


def test_a_contract_of_another_shape_is_shown_with_its_sources_and_its_key(browser: Chromium) -> None:
    """Its first world, its kinds of sources, a text as the result, and a test that sends the key where it belongs."""
    headers = {"X-Desk-Key": "desk_transcripts"}
    permissions = ["clipboard-read", "clipboard-write"]
    with (
        serving("--spec", str(TRANSCRIPTS), "--stage-seconds", "0") as server,
        browser.page(server.url, viewport=DESK, permissions=permissions) as watched,
    ):
        where = f"{server.url}/v3/recordings/recording_ok/transcripts"
        task = httpx.post(where, json={"language": "en"}, headers=headers, trust_env=False).json()["transcript"]
        watched.open("/w/transcripts")
        expect(lane(watched, task)).to_contain_text("done")
        expect(watched.page.locator(".tiles")).not_to_contain_text("credits")
        watched.open("/worlds")
        expect(watched.page.locator(".cards")).to_contain_text("9 recording")
        watched.open(f"/w/transcripts/tasks/{task}")
        watched.see(f"Result 1 of the task {task}.")
        watched.open("/w/transcripts/journal/1")
        button(watched, "Copy as pytest")
        watched.see("The pytest test copied")
        test = watched.page.evaluate("navigator.clipboard.readText()")

    assert '"X-Desk-Key": gateway.keys["main"],' in test
    assert "Authorization" not in test


def test_an_exchange_is_copied_as_curl_that_does_it_again(browser: Chromium, server: Process, client: Client) -> None:
    """The command that is copied gives the same answer in a shell."""
    client.post(COVER, {"taskId": 'it\'s $HOME "quoted"\n'})
    permissions = ["clipboard-read", "clipboard-write"]
    with browser.page(server.url, viewport=DESK, permissions=permissions) as watched:
        watched.open(f"/w/{client.name}/journal/1")
        button(watched, "Copy as cURL")
        watched.see("The cURL command copied")
        command = watched.page.evaluate("navigator.clipboard.readText()")

    done = subprocess.run(
        ["bash", "-c", f"{command} --silent --noproxy '*'"], capture_output=True, text=True, check=True
    )
    last, first = (client.control("GET", f"/journal/{number}/explain")["entry"] for number in (2, 1))
    assert first["body"] == last["body"]
    assert first["answer"] == done.stdout


def test_an_exchange_is_copied_as_a_test_that_passes(browser: Chromium, server: Process, tmp_path: Path) -> None:
    """The pytest test that is copied runs as it is, with the fixtures of this package."""
    httpx.get(
        f"{server.url}{UPLOAD_COVER_STATUS}?task_id=nobody",
        headers={"Authorization": f"Bearer {server.world(name='by_test', **{'from': 'empty'})}"},
        trust_env=False,
    )
    permissions = ["clipboard-read", "clipboard-write"]
    with browser.page(server.url, viewport=DESK, permissions=permissions) as watched:
        watched.open("/w/by_test/journal/1")
        button(watched, "Copy as pytest")
        watched.see("The pytest test copied")
        test = tmp_path / "test_copied.py"
        test.write_text(watched.page.evaluate("navigator.clipboard.readText()"), encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert 0 == done.returncode, done.stdout
