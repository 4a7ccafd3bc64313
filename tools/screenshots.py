"""Pictures of the dashboard for the docs, from a real run: `python tools/screenshots.py`. Needs Chromium."""

import contextlib
import io
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).parents[1] / "docs" / "images"
COLOURS = 128  # of a picture: enough for flat colours and small photographs
DESK, PHONE = (1280, 760), (360, 780)
_SEEN = """() => [...document.images].every((image) => {
  const box = image.getBoundingClientRect();
  return box.top > innerHeight || (image.complete && image.naturalWidth);
})"""
_TO_OPERATION = """() => {
  const open = document.querySelector(".opblock.is-open");
  if (open) scrollTo(0, open.getBoundingClientRect().top + scrollY - 100);
}"""
COVER, UPLOAD = "/api/v1/audio/music/cover", "/api/v1/audio/music/upload-cover"


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """Serve the world `demo` on a free port; yield its URL."""
    command = [sys.executable, "-m", "covermock.cli", "serve", "--port", "0", "--world", "demo"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split()[-1]
        finally:
            server.kill()


def be_busy(url: str) -> str:
    """Do what a client under development does; return the id of a task that has ended."""
    headers = {"Authorization": "Bearer aio_demo_alice"}
    with httpx.Client(base_url=url, headers=headers, trust_env=False) as client:
        upload = {"audio_id": "aud_30s", "custom_mode": True, "prompt": "New lyrics for the intro"}
        done = client.post(f"{UPLOAD}/generate", json=upload).json()["data"]["task_id"]
        client.post(f"{COVER}/generate", json={"taskId": "gen_sunrise"})
        client.get(f"{UPLOAD}/status", params={"task_id": done})
        client.post("/__mock/worlds/demo/clock/advance", json={"seconds": 20})
        client.get(f"{UPLOAD}/status", params={"task_id": done})
        client.post("/__mock/worlds/demo/faults", json={"status": {"code": 503, "retry_after": 2}, "times": 1})
        client.get(f"{COVER}/status", params={"task_id": "cover_success"})
        client.post(f"{COVER}/generate", json={"taskId": "gen_sunrise"})
        client.post(f"{UPLOAD}/generate", json={"audio_id": 5, "custom_mode": True})
        client.post(f"{UPLOAD}/generate", json={"audio_id": "aud_5_9s"})
        client.post("/__mock/worlds/demo/faults", json={"latency": {"seconds": 1}, "match": {"account": "bob"}})
        client.post(f"{UPLOAD}/generate", json={"audio_id": "aud_slow"})
        client.post(f"{COVER}/generate", json={"taskId": "gen_midnight"})
        client.post(f"{UPLOAD}/generate", json={"audio_id": "aud_fails"})
        client.post("/__mock/worlds/demo/clock/advance", json={"seconds": 1})
    return str(done)


def picture(page: Page, name: str) -> None:
    """Write what the page shows, with few colours and so few bytes."""
    page.mouse.move(0, 0)
    whole = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    whole.quantize(COLOURS, dither=Image.Dither.NONE).save(IMAGES / f"{name}.png", optimize=True)


def take(browser: Browser, url: str, done: str) -> None:
    """Take all pictures."""
    routes = {
        "now": ("/__mock/#/w/demo", "light", DESK, ".lane img"),
        "now-dark": ("/__mock/#/w/demo", "dark", DESK, ".lane img"),
        "exchange": ("/__mock/#/w/demo/journal/7", "light", DESK, ".line.bad"),
        "task": (f"/__mock/#/w/demo/tasks/{done}", "light", DESK, ".result img"),
        "faults": ("/__mock/#/w/demo/faults", "light", DESK, ".fault"),
        "coverage": ("/__mock/#/w/demo/coverage", "light", DESK, ".cell.seen"),
        "phone": ("/__mock/#/w/demo", "light", PHONE, ".lane img"),
        "contract": ("/__mock/docs#/cover%20images/startCover", "light", DESK, ".opblock.is-open .execute"),
    }
    for name, (path, scheme, (width, height), awaited) in routes.items():
        with contextlib.closing(
            browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
        ) as profile:
            page = profile.new_page()
            page.goto(url + path)
            page.locator(awaited).first.wait_for()
            page.wait_for_function(_SEEN)
            page.evaluate(_TO_OPERATION)
            picture(page, name)


def main() -> None:
    """Serve, be busy, and take the pictures."""
    IMAGES.mkdir(exist_ok=True)
    with serving() as url, sync_playwright() as playwright:
        done = be_busy(url)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        take(browser, url, done)
        browser.close()


if __name__ == "__main__":
    main()
