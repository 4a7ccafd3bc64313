"""An asynchronous pool: one task, three widgets that each watch it for themselves, and look once more at its end."""

import asyncio
import os
import random
import sys

import httpx

ROOT = "/api/v1/audio/music/cover"
PAUSE = float(os.environ.get("PAUSE", "5"))


async def ask(client: httpx.AsyncClient, task: str) -> dict | None:
    """Return the task, or nothing if it can't be read this time."""
    try:
        answer = await client.get(f"{ROOT}/status", params={"task_id": task})
    except httpx.TransportError:
        return None
    if answer.status_code in {429, 500, 502, 503, 504}:
        await asyncio.sleep(float(answer.headers.get("retry-after", 0)))
        return None
    return answer.raise_for_status().json()["data"]


async def watch(client: httpx.AsyncClient, task: str) -> bool:
    """Show the task until it has ended, then once more."""
    for _ in range(60):
        data = await ask(client, task)
        if data and data["status"] in {"SUCCESS", "FAILED"}:
            await asyncio.sleep(PAUSE)
            await ask(client, task)
            return data["status"] == "SUCCESS"
        await asyncio.sleep(PAUSE * random.uniform(0.9, 1.3))  # noqa: S311 - no secret
    return False


async def main() -> int:
    """Start once, watch three times."""
    headers = {"Authorization": f"Bearer {os.environ['GATEWAY_API_KEY']}"}
    limits = httpx.Limits(max_connections=10, max_keepalive_connections=5)
    async with httpx.AsyncClient(
        base_url=os.environ["GATEWAY_BASE_URL"], headers=headers, limits=limits, timeout=30
    ) as client:
        answer = await client.post(f"{ROOT}/generate", json={"taskId": os.environ["GATEWAY_MUSIC_TASK"]})
        task = answer.raise_for_status().json()["data"]["taskId"]
        seen = await asyncio.gather(*(watch(client, task) for _ in range(3)))
    return 0 if all(seen) else 1


try:
    sys.exit(asyncio.run(main()))
except httpx.HTTPError as error:
    sys.exit(str(error))
