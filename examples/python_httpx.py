"""New music from uploaded audio with httpx. Environment: GATEWAY_BASE_URL, GATEWAY_API_KEY, GATEWAY_AUDIO."""

import os
import time

import httpx

ROOT = "/api/v1/audio/music/upload-cover"
PAUSE = float(os.environ.get("GATEWAY_POLL_SECONDS", "5"))  # the gateway asks for 5 to 10 seconds
PATIENCE = float(os.environ.get("GATEWAY_PATIENCE_SECONDS", "40"))


def start(client: httpx.Client, audio: str) -> str:
    """Return the id of a new task. It costs credits, so it is never repeated."""
    body = {"audio_id": audio, "custom_mode": True, "prompt": "Here are some new lyrics", "style": "acoustic pop"}
    try:
        answer = client.post(f"{ROOT}/generate", json=body)
    except httpx.TransportError as error:
        raise SystemExit(f"nobody knows whether the task was started: {error}") from None
    if answer.status_code != 200:
        raise SystemExit(f"could not start: {answer.status_code} {answer.text}")
    task: str = answer.json()["data"]["task_id"]
    return task


def poll(client: httpx.Client, task: str) -> dict:
    """Return the task as it is now; an empty answer means that it could not be read this time."""
    try:
        answer = client.get(f"{ROOT}/status", params={"task_id": task})
    except httpx.TransportError:
        return {}
    if answer.status_code == 429 or answer.status_code >= 500:
        time.sleep(float(answer.headers.get("Retry-After", 0)))
        return {}
    if answer.status_code != 200:
        raise SystemExit(f"could not poll: {answer.status_code} {answer.text}")
    return answer.json()["data"]


def main() -> None:
    """Print the URLs of the clips."""
    headers = {"Authorization": f"Bearer {os.environ['GATEWAY_API_KEY']}"}
    with httpx.Client(base_url=os.environ["GATEWAY_BASE_URL"], headers=headers, timeout=30) as client:
        task = start(client, os.environ["GATEWAY_AUDIO"])
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            time.sleep(PAUSE)
            data = poll(client, task)
            if data.get("status") == "complete":
                print(*(clip["audio_url"] for clip in data["clips"]), sep="\n")
                return
            if data.get("status") == "failed":
                raise SystemExit("the task failed")
    raise SystemExit("the task took too long")


if __name__ == "__main__":
    main()
