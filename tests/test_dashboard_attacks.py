"""What others can do to the dashboard, and through it: foreign pages, foreign names, script in whatever is shown."""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import expect
from support.browser import Chromium, chromium
from support.fakes import COVER, COVER_STATUS, UPLOAD_COVER
from support.servers import Process, serving

SCRIPT = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
REBOUND = "rebound.test"
KEPT = 7  # exchanges of the hostile world
TOKEN = "a-token-of-this-test"


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """A browser to which a foreign name leads to this machine, as DNS rebinding does it."""
    with chromium(f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1") as running:
        yield running


@pytest.fixture(scope="module")
def server() -> Iterator[Process]:
    """A server for the tests of this module."""
    with serving("--world", "empty") as running:
        yield running
        assert running.alive


@contextlib.contextmanager
def site(page: str) -> Iterator[str]:
    """Serve a page of somebody else's from another port; yield its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as foreign:
        thread = threading.Thread(target=foreign.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{foreign.server_port}"
        finally:
            foreign.shutdown()
            thread.join()


def world(server: Process, **fields: Any) -> Any:
    """Make a world."""
    made = httpx.post(f"{server.url}/__mock/worlds", json=fields, trust_env=False)
    assert made.status_code == 201, made.text
    return made.json()


def hostile(server: Process, name: str) -> dict[str, str]:
    """Make a world in which everything that can be a text is script, and do in it what shows on every page."""
    results = [{"id": SCRIPT, "image_url": f"javascript:alert(1)//{SCRIPT}", "audio_url": f"data:text/html,{SCRIPT}"}]
    first = {"id": SCRIPT, "results": results}
    key = world(
        server,
        name=name,
        description=SCRIPT,
        audio={"aud": {"seconds": 30, "yields": {"first": first, "stage_seconds": 0}}},
        music_tasks={f"gen{SCRIPT}": {}},
    )["accounts"]["main"]["key"]
    headers = {"Authorization": f"Bearer {key}", "X-Script": SCRIPT, "User-Agent": SCRIPT}
    with httpx.Client(base_url=server.url, headers=headers, trust_env=False) as client:
        started = client.post(UPLOAD_COVER, json={"audio_id": "aud", "callback_url": f"http://192.0.2.1/{SCRIPT}"})
        assert SCRIPT == started.json()["data"]["task_id"]
        client.get(COVER_STATUS, params={"task_id": SCRIPT})
        client.post(COVER, json={"taskId": SCRIPT, SCRIPT: SCRIPT})
        client.post(COVER, content=SCRIPT.encode(), headers={"Content-Type": "application/json"})
        client.post(COVER, json={"taskId": {SCRIPT: [SCRIPT]}})
        client.get(f"/{quote(SCRIPT)}")
        fault = {"status": {"code": 500, "message": SCRIPT, "headers": {"X-Evil": SCRIPT}}, "match": {"task": SCRIPT}}
        client.post(f"/__mock/worlds/{name}/faults", json=fault)
        client.get("/api/v1/audio/music/upload-cover/status", params={"task_id": SCRIPT})
        client.get(COVER_STATUS, params={"task_id": SCRIPT}, headers={"Authorization": f"Bearer {quote(SCRIPT)}"})
        assert KEPT == client.get(f"/__mock/worlds/{name}/journal").json()["total"]
    return {"key": key}


def test_script_in_anything_that_is_shown_is_shown_as_text(browser: Chromium, server: Process) -> None:
    """Paths, headers, bodies, texts of worlds, ids, result URLs and faults: on no page does any of it run."""
    hostile(server, "hostile")
    task = quote(SCRIPT, safe="")
    sections = ("", "/tasks", f"/tasks/{task}", "/journal", "/faults", "/webhooks", "/ledger", "/coverage")
    exchanges = [f"/journal/{number}" for number in range(1, KEPT + 1)]
    odd = [f"/journal?contains={task}", f"/journal?task={task}", f"/tasks?q={task}", f"/{task}"]
    routes = [
        *(f"/w/hostile{part}" for part in (*sections, *exchanges, *odd)),
        "/worlds",
        "/strays",
        f"/clauses/{task}",
    ]
    with browser.page(server.url) as page:
        for route in [*routes, f"/w/{task}", f"/{task}"]:
            page.open(route)
            expect(page.page.locator("#main h1, #main h2").first).to_be_attached()
            expect(page.page.get_by_text("Looking…")).to_have_count(0)
            assert page.page.evaluate("window.hacked") is None, route
            assert 0 == page.page.locator("#main script, img[src='x'], [onerror], a[href^='javascript']").count(), route
        page.open(f"/w/hostile/tasks/{task}")
        page.see("javascript:alert(1)")
        assert 0 == page.page.locator(".result img, .result audio").count()


def test_the_browser_itself_holds_the_pages_to_text(browser: Chromium, server: Process) -> None:
    """Were there a mistake, the policy would still stop it: no markup, no handler, no code from text."""
    with browser.page(server.url, allowed=("Security Policy", "TrustedHTML", "Trusted")) as page:
        page.open("/worlds")
        page.see("An API key names its world")
        refused = page.page.evaluate(
            """() => {
              const tried = [
                () => document.body.innerHTML = "<img>",
                () => document.body.insertAdjacentHTML("beforeend", "<img>"),
                () => document.write("<img>"),
                () => document.body.setAttribute("onclick", "window.hacked = 1"),
                () => setTimeout("window.hacked = 1"),
              ];
              return tried.map((attempt) => { try { attempt(); return "done"; } catch (error) { return error.name; } });
            }"""
        )
        assert ["TypeError"] * 5 == refused
        assert page.page.evaluate("window.hacked") is None
        page.complaints.clear()


PAGE_FILES = ("/__mock/", "/__mock/docs", "/__mock/docs/control", "/__mock/dashboard/main.js")


@pytest.mark.parametrize("path", PAGE_FILES)
def test_pages_have_a_strict_policy(server: Process, path: str) -> None:
    """No inline script or style, no other host, no frame, no sniffing, no referrer."""
    got = httpx.get(f"{server.url}{path}", trust_env=False)
    policy = {row.split()[0]: row.split()[1:] for row in got.headers["content-security-policy"].split("; ")}

    assert ["'none'"] == policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"]
    assert ["'self'"] == policy["script-src"] == policy["style-src"] == policy["connect-src"]
    assert "unsafe" not in got.headers["content-security-policy"]
    assert ("nosniff", "no-referrer") == (got.headers["x-content-type-options"], got.headers["referrer-policy"])
    assert "access-control-allow-origin" not in got.headers


ATTEMPTS = """<!doctype html><meta charset="utf-8"><title>elsewhere</title><body><div id="done"></div><script>
const target = %(target)s;
const seen = [];
const json = {"Content-Type": "application/json"};
const note = (name) => (answer) => seen.push([name, answer.status]);
const loaded = (source, name, word) => new Promise((good, bad) => {
  source.addEventListener(word, good);
  source.addEventListener("error", bad);
}).then(() => seen.push([name, 200]));
const script = document.createElement("script");
script.src = %(origin)s + "/__mock/dashboard/api.js";
document.body.append(script);
const tries = [
  fetch(target + "/reset", {method: "POST"}).then(note("post")),
  fetch(target + "/reset", {method: "POST", mode: "no-cors"}).then(note("opaque")),
  fetch(target + "/clock/advance", {method: "POST", headers: json, body: '{"seconds": 9}'}).then(note("json")),
  fetch(target + "/clock/advance", {method: "POST", mode: "no-cors", body: '{"seconds": 9}'}).then(note("text")),
  fetch(target, {method: "DELETE"}).then(note("delete")),
  fetch(target).then(note("read")),
  loaded(new EventSource(target + "/events?from=start"), "events", "message"),
  loaded(script, "script", "load"),
];
const frame = document.createElement("iframe");
frame.src = %(origin)s + "/__mock/";
frame.onload = () => Promise.allSettled(tries).then(() => {
  const form = document.createElement("form");
  form.method = "post"; form.enctype = "text/plain"; form.action = target + "/reset"; form.target = "other";
  const other = document.createElement("iframe"); other.name = "other";
  other.onload = () => { document.getElementById("done").textContent = JSON.stringify(seen); };
  document.body.append(other, form);
  form.submit();
});
document.body.append(frame);
</script>"""


def test_a_foreign_page_can_drive_and_read_nothing(browser: Chromium, server: Process) -> None:
    """Fetch, no-cors, forms, event streams, scripts and frames of another origin change nothing and see nothing."""
    made = world(server, name="target")
    httpx.post(f"{server.url}/__mock/worlds/target/clock/advance", json={"seconds": 1}, trust_env=False)
    words = {"target": json.dumps(f"{server.url}/__mock/worlds/target"), "origin": json.dumps(server.url)}
    with site(ATTEMPTS % words) as foreign, browser.page(foreign) as page:
        page.page.goto(foreign)
        done = page.page.locator("#done")
        expect(done).not_to_be_empty()
        seen = json.loads(done.inner_text())
        frames = [frame.url for frame in page.page.frames if frame.url.startswith(server.url)]
        page.complaints.clear()

    clock = httpx.get(f"{server.url}/__mock/worlds/target/clock", trust_env=False).json()
    assert [["opaque", 0], ["text", 0]] == sorted(seen)
    assert 1 == clock["moved"]
    assert made["accounts"] == httpx.get(f"{server.url}/__mock/worlds/target", trust_env=False).json()["accounts"]
    assert ["/__mock/worlds/target/reset"] == [url.removeprefix(server.url) for url in frames]


def test_a_name_that_was_rebound_to_this_machine_gets_no_facts(browser: Chromium, server: Process) -> None:
    """The page's files are public, but under a foreign name the control API says nothing, and the page says so."""
    url = server.url.replace("127.0.0.1", REBOUND)
    with browser.page(url, allowed=("403",)) as page:
        page.page.goto(f"{url}/__mock/")
        page.see("expected a request from a program, received one with the header Host of a foreign name")
        assert "aio_" not in page.page.content()


def test_on_a_foreign_address_the_page_asks_for_the_token(browser: Chromium) -> None:
    """A wrong one is refused and asked for again; the right one is kept for the tab, and is in no address."""
    with serving("--world", "empty", "--host", "0.0.0.0", COVERMOCK_TOKEN=TOKEN) as process:  # noqa: S104 - as in CI
        url = f"http://127.0.0.1:{process.port}"
        with browser.page(url, allowed=("403",)) as page:
            asked: list[str] = []
            page.page.on("request", lambda request: asked.append(f"{request.url} {request.headers.get('referer', '')}"))
            streamed: list[str] = []
            page.page.on(
                "request",
                lambda got: streamed.append(got.headers.get("authorization", "")) if "/events" in got.url else None,
            )
            page.open("/w/empty")
            field = page.page.get_by_label("Token", exact=True)
            expect(field).to_be_focused()
            field.fill("wrong")
            page.page.keyboard.press("Enter")
            page.see("received another")
            page.page.get_by_label("Token", exact=True).fill(TOKEN)
            page.page.keyboard.press("Enter")
            expect(page.page.locator(".state")).to_have_text("live")
            page.page.reload()
            expect(page.page.locator(".state")).to_have_text("live")

            assert TOKEN == page.page.evaluate("sessionStorage.getItem('covermock-token')")
            assert 0 == page.page.evaluate("Object.values(localStorage).filter((one) => one.includes('token')).length")
            assert {f"Bearer {TOKEN}"} == set(streamed)
            assert not any(TOKEN in url for url in [*asked, page.page.url])
