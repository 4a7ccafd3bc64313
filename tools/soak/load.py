"""What clients do in an hour: everything that the README offers, and what nobody should do."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .client import PATIENCE, Client, Surprise, distinct, head, opened, request

COVER, COVER_STATUS = "/api/v1/audio/music/cover/generate", "/api/v1/audio/music/cover/status"
UPLOAD, UPLOAD_STATUS = "/api/v1/audio/music/upload-cover/generate", "/api/v1/audio/music/upload-cover/status"


@dataclass
class Site:
    """Where the load goes: the server's port, and the URLs of webhook receivers by how they behave."""

    port: int
    hooks: Mapping[str, str]


async def world(client: Client, **more: Any) -> tuple[str, str]:
    """Make a world; return its name and key."""
    name = f"soak-{distinct()}"
    made = await client.json("POST", "/__mock/worlds", {"name": name, "from": "docs", "stage_seconds": 0.05, **more})
    return name, next(iter(made["accounts"].values()))["key"]


async def tasks(client: Client, site: Site) -> None:
    """Make a world, start tasks with webhooks in it, poll them to their ends, look at everything, delete it."""
    name, key = await world(client)
    hook = client.chance.choice(list(site.hooks.values()))
    for _ in range(client.chance.randrange(1, 8)):
        body = {"audio_id": "aud_30s", "prompt": distinct() * client.chance.randrange(1, 200), "callback_url": hook}
        task = (await client.json("POST", UPLOAD, body, key))["data"]["task_id"]
        await _poll(client, f"{UPLOAD_STATUS}?task_id={task}", "complete", key)
        cover = (await client.json("POST", COVER, {"taskId": task}, key))["data"]["taskId"]
        await _poll(client, f"{COVER_STATUS}?task_id={cover}", "SUCCESS", key)
    for view in ("journal", "tasks", "ledger", "callbacks", "clock", "journal/last/explain"):
        await client.ask("GET", f"/__mock/worlds/{name}/{view}")
    await client.ask("DELETE", f"/__mock/worlds/{name}")


async def _poll(client: Client, path: str, end: str, key: str) -> None:
    for _ in range(200):
        if (await client.json("GET", path, None, key))["data"]["status"] == end:
            return
    raise Surprise(f"{path}: expected {end!r} in the end")


async def copies(client: Client, site: Site) -> None:
    """Fork, export, restore, replay, reset and delete a world; leave one behind."""
    name, key = await world(client, drive="polls")
    await client.ask("POST", UPLOAD, {"audio_id": "aud_30s"}, key)
    fork = (await client.json("POST", f"/__mock/worlds/{name}/fork", {}))["name"]
    document = await client.json("GET", f"/__mock/worlds/{name}/export")
    await client.ask("POST", f"/__mock/worlds/{name}/replay")
    await client.ask("DELETE", f"/__mock/worlds/{name}")
    await client.ask("PUT", f"/__mock/worlds/{name}/export", document)
    await client.ask("POST", f"/__mock/worlds/{name}/clock/advance", {"seconds": 10})
    await client.ask("POST", f"/__mock/worlds/{name}/reset")
    for gone in (name, fork):
        await client.ask("DELETE", f"/__mock/worlds/{gone}")
    await world(client, idle_seconds=20)


async def waits(client: Client, site: Site) -> None:
    """Wait for what comes, for what doesn't, and go away while waiting."""
    name, key = await world(client)
    path, soon = f"/__mock/worlds/{name}/wait", {"requests": {"contains": "needle"}, "timeout": 60}
    other = Client(client.port, client.pace, client.chance)
    try:
        async with asyncio.TaskGroup() as both:  # of which none goes on alone where the load ends
            both.create_task(other.ask("POST", path, soon))
            await client.ask("POST", UPLOAD, {"audio_id": "aud_30s", "prompt": f"needle {distinct()}"}, key)
        await client.ask("POST", path, {"requests": {"count": 9}, "timeout": client.chance.random()}, "", 409)
        body = json.dumps({"requests": {"count": 9}, "timeout": 600}).encode()
        await _leave(client, request("POST", path, body, ""), 0.2)
        await client.ask("DELETE", f"/__mock/worlds/{name}")
    finally:
        await other.close()


async def streams(client: Client, site: Site) -> None:
    """Follow a world's events to the end, for a while, and without reading."""
    name, key = await world(client)
    async with opened(site.port, client.pace) as (reader, writer):
        writer.write(request("GET", f"/__mock/worlds/{name}/events?from=start", b"", ""))
        await head(reader)
        events = request("GET", f"/__mock/worlds/{name}/events", b"", "")
        async with asyncio.TaskGroup() as both:
            both.create_task(_leave(client, events, 2.0, read=False))
            for _ in range(client.chance.randrange(1, 20)):
                await client.ask("POST", UPLOAD, {"audio_id": "aud_30s", "title": distinct()}, key)
            await client.ask("DELETE", f"/__mock/worlds/{name}")
            told = await asyncio.wait_for(reader.read(-1), PATIENCE)
    if b"event: end" not in told:
        raise Surprise(f"a stream without its end: {told[-200:]!r}")


async def strays(client: Client, site: Site) -> None:
    """Send what belongs to no world: unknown keys and paths, with large heads and bodies."""
    large = distinct() * client.chance.randrange(1, 600)
    await client.ask("POST", COVER, {"taskId": large}, f"aio_{distinct()}", 401)
    await client.ask("GET", f"/{distinct()}", None, "", 404, X_Large=large)
    await client.ask("GET", f"{COVER_STATUS}?task_id={distinct()}", None, "aio_your_api_key_here", 404)


async def garbage(client: Client, site: Site) -> None:
    """Send what is no HTTP, and read the answer to its end."""
    async with opened(site.port, client.pace) as (reader, writer):
        writer.write(client.chance.randbytes(client.chance.randrange(1, 3000)) + b"\r\n\r\n")
        with contextlib.suppress(OSError):
            writer.write_eof()
            answer = await asyncio.wait_for(reader.read(-1), PATIENCE)
            if answer and b" 400 " not in answer[:20]:
                raise Surprise(f"garbage: {answer[:200]!r}")


async def sloth(client: Client, site: Site) -> None:
    """Drip a head and go away in the middle; connect and say nothing; begin a body that never comes."""
    raw = request("POST", UPLOAD, b'{"audio_id": "aud_30s"}', "aio_your_api_key_here")
    async with opened(site.port, client.pace) as (_, writer):
        for at in range(client.chance.randrange(len(raw))):
            writer.write(raw[at : at + 1])
            await asyncio.sleep(0.05 if at % 7 == 0 else 0)
        await asyncio.sleep(client.chance.random() * 20)


async def faults(client: Client, site: Site) -> None:
    """Meet every fault of the wire once."""
    name, key = await world(client)
    for fault in (
        {"reset": {}},
        {"empty": {}},
        {"truncated": {"bytes": 9}},
        {"drip": {"seconds": 1}},
        {"latency": {"fixed": 0.5}},
    ):
        answer = await client.json("POST", f"/__mock/worlds/{name}/faults", {**fault, "times": 1}, "", 201, 400)
        if "id" in answer:
            await _leave(client, request("POST", UPLOAD, json.dumps({"audio_id": distinct()}).encode(), key), 3.0)
    await client.ask("DELETE", f"/__mock/worlds/{name}")


async def media(client: Client, site: Site) -> None:
    """Fetch a picture, twice, and a part of it; rarely, since drawing costs."""
    path = "/__mock/media/docs/gen123213213213123bksv/1.png"
    await client.ask("GET", path, None, "", 200)
    await client.ask("GET", path, None, "", 206, Range=f"bytes={client.chance.randrange(500)}-900")
    await asyncio.sleep(20)


async def housekeeping(client: Client, site: Site) -> None:
    """Reset the first world now and then, as a test suite would, and look at what all worlds share."""
    await client.ask("POST", "/__mock/worlds/docs/reset")
    for path in ("worlds", "journal?limit=50", "readyz", "livez"):
        await client.ask("GET", f"/__mock/{path}")
    await asyncio.sleep(10)


async def _leave(client: Client, raw: bytes, seconds: float, *, read: bool = True) -> None:
    """Send a request, read for so long at most, and go away."""
    async with opened(client.port, client.pace) as (reader, writer):
        writer.write(raw)
        with contextlib.suppress(OSError, TimeoutError):
            await asyncio.wait_for(reader.read(-1) if read else asyncio.sleep(seconds), seconds)


Act = Callable[[Client, Site], Awaitable[None]]
ACTS: tuple[Act, ...] = (
    tasks,
    tasks,
    copies,
    waits,
    streams,
    strays,
    strays,
    garbage,
    sloth,
    sloth,
    sloth,
    faults,
    media,
    housekeeping,
)
