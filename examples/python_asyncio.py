"""New music with a webhook and polling as its fallback, all in asyncio. Environment: the GATEWAY_… variables.

GATEWAY_CALLBACK_BASE is where this program listens; the gateway must be able to reach it.
"""

import asyncio
import json
import os
from urllib.parse import urlsplit

import httpx

ROOT = "/api/v1/audio/music/upload-cover"
PAUSE = float(os.environ.get("GATEWAY_POLL_SECONDS", "5"))  # the gateway asks for 5 to 10 seconds
PATIENCE = float(os.environ.get("GATEWAY_PATIENCE_SECONDS", "40"))
HEADSTART = float(os.environ.get("GATEWAY_WEBHOOK_SECONDS", "15"))  # how long only the webhook is waited for


class Receiver:
    """Answers every webhook with 200, a repeated one too, and keeps what it says of each task."""

    def __init__(self) -> None:
        self.told: dict[str, dict] = {}
        self.changed = asyncio.Event()

    async def serve(self, base: str) -> asyncio.Server:
        """Listen at the host and port of a URL."""
        parts = urlsplit(base)
        return await asyncio.start_server(self._receive, parts.hostname, parts.port)

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        body = await reader.readexactly(int(head.partition("content-length:")[2].split()[0]))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()
        data = json.loads(body)["data"]
        self.told[data["task_id"]] = data
        self.changed.set()

    async def wait_for(self, task: str) -> dict:
        """Return what a webhook said of the task."""
        while task not in self.told:
            self.changed.clear()
            await self.changed.wait()
        return self.told[task]


async def start(client: httpx.AsyncClient, audio: str, callback_url: str) -> str:
    """Return the id of a new task. It costs credits, so it is never repeated."""
    try:
        answer = await client.post(f"{ROOT}/generate", json={"audio_id": audio, "callback_url": callback_url})
    except httpx.TransportError as error:
        raise SystemExit(f"nobody knows whether the task was started: {error}") from None
    if answer.status_code != 200:
        raise SystemExit(f"could not start: {answer.status_code} {answer.text}")
    task: str = answer.json()["data"]["task_id"]
    return task


async def poll_to_the_end(client: httpx.AsyncClient, task: str) -> dict:
    """Return the task once it has ended, by polling."""
    while True:
        await asyncio.sleep(PAUSE)
        try:
            answer = await client.get(f"{ROOT}/status", params={"task_id": task})
        except httpx.TransportError:
            continue
        if answer.status_code == 429 or answer.status_code >= 500:
            await asyncio.sleep(float(answer.headers.get("Retry-After", 0)))
        elif answer.status_code != 200:
            raise SystemExit(f"could not poll: {answer.status_code} {answer.text}")
        elif answer.json()["data"]["status"] in {"complete", "failed"}:
            return answer.json()["data"]


async def finish(client: httpx.AsyncClient, receiver: Receiver, task: str) -> dict:
    """Return the task once it has ended: told by its webhook, else found by polling."""
    try:
        return await asyncio.wait_for(receiver.wait_for(task), HEADSTART)
    except TimeoutError:
        return await asyncio.wait_for(poll_to_the_end(client, task), PATIENCE)


async def main() -> None:
    """Print the URLs of the clips."""
    base, receiver = os.environ["GATEWAY_CALLBACK_BASE"], Receiver()
    headers = {"Authorization": f"Bearer {os.environ['GATEWAY_API_KEY']}"}
    async with (
        await receiver.serve(base),
        httpx.AsyncClient(base_url=os.environ["GATEWAY_BASE_URL"], headers=headers, timeout=30) as client,
    ):
        task = await start(client, os.environ["GATEWAY_AUDIO"], f"{base}/done")
        try:
            data = await finish(client, receiver, task)
        except TimeoutError:
            raise SystemExit("the task took too long") from None
    if data["status"] == "failed":
        raise SystemExit("the task failed")
    print(*(clip["audio_url"] for clip in data["clips"]), sep="\n")


if __name__ == "__main__":
    asyncio.run(main())
