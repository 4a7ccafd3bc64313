"""Cover images with requests. Environment: GATEWAY_BASE_URL, GATEWAY_API_KEY, GATEWAY_MUSIC_TASK."""

import os
import sys
import time

import requests

BASE = os.environ["GATEWAY_BASE_URL"] + "/api/v1/audio/music/cover"
PAUSE = float(os.environ.get("GATEWAY_POLL_SECONDS", "5"))  # the gateway asks for 5 to 10 seconds
PATIENCE = float(os.environ.get("GATEWAY_PATIENCE_SECONDS", "40"))


def start(session: requests.Session, music_task: str) -> str:
    """Return the id of a new cover task. It costs a credit, so it is never repeated."""
    answer = session.post(f"{BASE}/generate", json={"taskId": music_task}, timeout=30)
    if answer.status_code != 200:
        raise SystemExit(f"could not start: {answer.status_code} {answer.text}")
    task: str = answer.json()["data"]["taskId"]
    return task


def poll(session: requests.Session, task: str) -> dict:
    """Return the task as it is now; an empty answer means that it could not be read this time."""
    try:
        answer = session.get(f"{BASE}/status", params={"task_id": task}, timeout=30)
    except (requests.ConnectionError, requests.Timeout):
        return {}
    if answer.status_code == 429 or answer.status_code >= 500:
        time.sleep(float(answer.headers.get("Retry-After", 0)))
        return {}
    if answer.status_code != 200:
        raise SystemExit(f"could not poll: {answer.status_code} {answer.text}")
    return answer.json()["data"]


def main() -> None:
    """Print the URLs of the two images."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {os.environ['GATEWAY_API_KEY']}"
        try:
            task = start(session, os.environ["GATEWAY_MUSIC_TASK"])
        except (requests.ConnectionError, requests.Timeout) as error:
            raise SystemExit(f"nobody knows whether the task was started: {error}") from None
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            time.sleep(PAUSE)
            data = poll(session, task)
            if data.get("status") == "SUCCESS":
                print(*data["images"], sep="\n")
                return
            if data.get("status") == "FAILED":
                raise SystemExit("the task failed")
    raise SystemExit("the task took too long")


if __name__ == "__main__":
    sys.exit(main())
