"""One run: start Redis and the first crew, load, trouble, mend, look at everything once more."""

import asyncio
import json
import random
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from covermock.openapi import GATEWAY, load

from .clients import LOST_AFTER, Client, Kind, Notes, kinds, receiver
from .crew import Crew, hit
from .engine import PATIENCE, Redis, Way
from .history import WORKER, Credits, History, Last, Listed, Start, Trouble
from .plan import Step

MUSIC = 500  # music tasks of each account in the world's file
GRANTED = {"first": 1_000_000, "second": 1_000_000, "poor": 60}
CLIENTS = ("first", "first", "second", "second", "poor")  # their accounts
_READY = 16  # connections that have to be served before everything counts as mended


@dataclass
class Site:
    """What is there in a run: Redis, the way to it, the crew, and the clients with their notes."""

    redis: Redis
    way: Way
    crew: Crew
    clients: list[Client]
    notes: Notes
    kinds: dict[str, Kind]

    @property
    def control(self) -> str:
        return f"http://127.0.0.1:{self.crew.port}/__mock"


async def run(
    steps: Sequence[Step], seconds: float, workers: int, seed: int, make: Callable[[Path], Redis] = Redis
) -> History:
    """Do one run and return its history."""
    async with AsyncExitStack() as stack:
        site = await _site(stack, workers, random.Random(seed), make)
        load_ = [asyncio.create_task(client.run(MUSIC)) for client in site.clients]
        try:
            troubles = await _trouble(site, steps, seconds)
        finally:
            site.notes.over = True  # nobody is cancelled: a start of which nobody knew would look like a fault
            await asyncio.gather(*load_)
        last = await _look(site, troubles)
    order = {name: kind.states for name, kind in site.kinds.items()}
    notes = site.notes
    return History(GRANTED, order, last, notes.starts, notes.polls, notes.webhooks, troubles)


async def _site(stack: AsyncExitStack, workers: int, chance: random.Random, make: Callable[[Path], Redis]) -> Site:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="covermock-chaos-")))
    redis, notes, kinds_ = make(folder), Notes(), kinds(load(GATEWAY))
    stack.callback(redis.kill)
    await asyncio.to_thread(redis.start)
    way = Way(redis.path)
    store = f"redis://127.0.0.1:{await way.listen()}/0"
    stack.push_async_callback(way.close)
    crew = await asyncio.to_thread(Crew, workers, store, _world(folder))
    stack.callback(crew.end)
    http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=LOST_AFTER))
    hook = await stack.enter_async_context(receiver(notes, random.Random(chance.random())))
    url = f"http://127.0.0.1:{crew.port}"
    clients = [
        Client(url, account, f"aio_chaos_{account}", kinds_, notes, http, random.Random(chance.random()), hook)
        for account in CLIENTS
    ]
    return Site(redis, way, crew, clients, notes, kinds_)


def _world(folder: Path) -> Path:
    """Write the file of the world that has to come back when Redis was emptied; JSON is YAML."""
    accounts = {name: {"key": f"aio_chaos_{name}", "credits": many} for name, many in GRANTED.items()}
    music = {f"{name}_{number}": {"account": name} for name in GRANTED for number in range(MUSIC)}
    world = {"stage_seconds": 0.3, "accounts": accounts, "audio": {"aud": {"seconds": 30}}, "music_tasks": music}
    file = folder / "chaos.yaml"
    file.write_text(json.dumps(world), encoding="utf-8")
    return file


# Trouble.


async def _trouble(site: Site, steps: Sequence[Step], seconds: float) -> list[Trouble]:
    """Do what is planned, each at its instant; return when it began and was mended."""
    began = time.monotonic()
    troubles: list[Trouble] = []

    async def do(step: Step) -> None:
        await asyncio.sleep(max(began + step.at - time.monotonic(), 0.0))
        start = time.monotonic()
        await _ACTS[step.name](site, step)
        troubles.append(Trouble(step.about, step.name, start, time.monotonic()))

    async def lane(about: bool) -> None:
        for step in steps:
            if (step.about == WORKER) is about:
                await do(step)

    await asyncio.gather(lane(True), lane(False))
    await asyncio.sleep(max(began + seconds - time.monotonic(), 0.0))
    return troubles


async def _kill_redis(site: Site, step: Step) -> None:
    site.redis.kill()
    await asyncio.sleep(step.seconds)
    await asyncio.to_thread(site.redis.start)


async def _freeze_redis(site: Site, step: Step) -> None:
    site.redis.send(signal.SIGSTOP)
    await asyncio.sleep(step.seconds)
    site.redis.send(signal.SIGCONT)


async def _fill(site: Site, step: Step) -> None:
    await asyncio.to_thread(site.redis.tell, "CONFIG", "SET", "maxmemory", 1)
    await asyncio.sleep(step.seconds)
    await asyncio.to_thread(site.redis.tell, "CONFIG", "SET", "maxmemory", 0)


def _cut(how: Callable[[Way], None]) -> Callable[[Site, Step], Any]:
    async def act(site: Site, step: Step) -> None:
        how(site.way)
        await asyncio.sleep(step.seconds)
        site.way.cure()

    return act


async def _disconnect(site: Site, step: Step) -> None:
    await asyncio.to_thread(site.redis.tell, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


async def _flush(site: Site, step: Step) -> None:
    await asyncio.to_thread(site.redis.tell, "FLUSHALL")
    site.notes.forget()


async def _kill_worker(site: Site, step: Step) -> None:
    for pid in _picked(site, step):
        hit(pid, signal.SIGKILL)


async def _kill_workers(site: Site, step: Step) -> None:
    for pid in site.crew.workers():
        hit(pid, signal.SIGKILL)


async def _freeze_worker(site: Site, step: Step) -> None:
    frozen = _picked(site, step)
    for pid in frozen:
        hit(pid, signal.SIGSTOP)
    await asyncio.sleep(step.seconds)
    for pid in frozen:
        hit(pid, signal.SIGCONT)


def _picked(site: Site, step: Step) -> list[int]:
    workers = site.crew.workers()
    return workers and [workers[int(step.pick * len(workers))]]


_ACTS: dict[str, Callable[[Site, Step], Any]] = {
    "kill redis": _kill_redis,
    "freeze redis": _freeze_redis,
    "fill redis": _fill,
    "drop connections": _cut(Way.drop),
    "stall connections": _cut(Way.stall),
    "lose answers": _cut(Way.lose_answers),
    "disconnect clients": _disconnect,
    "flush redis": _flush,
    "kill a worker": _kill_worker,
    "kill all workers": _kill_workers,
    "freeze a worker": _freeze_worker,
}


# The last look.


async def _look(site: Site, troubles: Sequence[Trouble]) -> Last:
    """Wait until all is well, see every task to its end and every webhook come, read the ledger, and end the crew."""
    await _mended(site)
    since = time.monotonic()
    so_far = History(GRANTED, {}, Last(since, {}, {}), site.notes.starts, troubles=troubles)
    by_account = {client.account: client for client in site.clients}
    ended = [start for start in so_far.survivors if await _seen_to_its_end(by_account[start.account], start)]
    await _hooks(site.notes, {start.number for start in ended if start.hook})
    http = site.clients[0].http
    ledger = (await _read(http, f"{site.control}/worlds/chaos/ledger"))["accounts"]
    tasks = (await _read(http, f"{site.control}/worlds/chaos/tasks?limit=10000"))["tasks"]
    whole = await _soon(lambda: _true(site.crew.whole()))
    code, left = await asyncio.to_thread(site.crew.end)
    return Last(
        since,
        {name: Credits(**row) for name, row in ledger.items()},
        {row["id"]: Listed(row["account"], row["lifecycle"], row["price"]) for row in tasks if row["price"]},
        code,
        left,
        [*site.crew.failures, *([] if whole else ["fewer workers live than there should be"])],
    )


async def _mended(site: Site) -> None:
    """Wait until connections, which the kernel shares out among all workers, all find a ready one."""
    async with httpx.AsyncClient(trust_env=False, timeout=LOST_AFTER) as http:

        async def ready() -> bool:
            asked = [http.get(f"{site.control}/readyz", headers={"Connection": "close"}) for _ in range(_READY)]
            answers = await asyncio.gather(*asked, return_exceptions=True)
            return all(isinstance(one, httpx.Response) and one.status_code == 200 for one in answers)

        if not await _soon(ready):
            raise TimeoutError(f"expected ready workers within {PATIENCE:g} s; {''.join(site.crew.said[-9:])}")


async def _seen_to_its_end(client: Client, start: Start) -> bool:
    """Poll until the state is terminal, and return True; or until the task is not found."""
    terminal = client.kinds[start.kind].states[-2:]

    async def ended() -> bool:
        poll = await client.poll(start.kind, start.task)
        return poll.state in terminal or poll.status not in {200, 503, 0}

    return await _soon(ended) and client.notes.polls[-1].state in terminal


async def _hooks(notes: Notes, due: set[int]) -> None:
    """Wait until each webhook that is due has come, or patience ends."""
    await _soon(lambda: _true(due <= {hook.start for hook in notes.webhooks if hook.status < 300}))


async def _read(http: httpx.AsyncClient, url: str) -> Any:
    answers: list[Any] = []

    async def read() -> bool:
        answer = await http.get(url)
        answers.append(answer.json())
        return answer.status_code == 200

    if not await _soon(read):
        raise TimeoutError(f"expected {url}, received {answers[-1]}")
    return answers[-1]


async def _true(value: bool) -> bool:
    return value


async def _soon(condition: Callable[[], Awaitable[bool]]) -> bool:
    """Ask until it is so, or patience ends; return whether it is."""
    deadline = time.monotonic() + PATIENCE
    while not await condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True
