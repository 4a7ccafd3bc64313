"""Clients that start and poll as fast as they may, and note what they saw; and the receiver of their webhooks."""

import asyncio
import contextlib
import json
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
from covermock.openapi import Contract

from .history import Poll, Start, Webhook

LOST_AFTER = 10.0  # seconds after which an answer counts as lost
_RECENT = 12  # tasks of an account that are polled most
_VOLLEY = 4  # starts of the same cover at once, as a client with a defect sends them: each may reach another worker
_PAUSE = (0.0, 0.06)  # seconds between two requests of a client


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of task: where it is started and polled, the field of its id, its price and its states."""

    start: str
    status: str
    field: str
    price: int
    states: Sequence[str]


def kinds(contract: Contract) -> dict[str, Kind]:
    """Return the kinds of tasks of the contract."""
    of = {"cover": ("startCover", "taskId"), "music": ("startUploadCover", "task_id")}
    found = {}
    for name, (operation, id_field) in of.items():
        start = contract.operation(operation)
        states = [state.name for state in contract.lifecycles[name].states]
        price = int(start.raw["x-credits"]["min"])
        found[name] = Kind(start.path, start.path.replace("/generate", "/status"), id_field, price, states)
    return found


@dataclass
class Notes:
    """What all clients saw together, and what they need of each other."""

    starts: list[Start] = field(default_factory=list)
    polls: list[Poll] = field(default_factory=list)
    webhooks: list[Webhook] = field(default_factory=list)
    tasks: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))  # (kind, id) by account
    over: bool = False
    numbers: Callable[[], int] = field(default_factory=lambda: count(1).__next__)

    def forget(self) -> None:
        """Poll no task of a life that is over."""
        self.tasks.clear()


@dataclass
class Client:
    """One client of an account. `http` keeps connections, or not."""

    url: str
    account: str
    key: str
    kinds: Mapping[str, Kind]
    notes: Notes
    http: httpx.AsyncClient
    chance: random.Random
    hook: str = ""

    async def run(self, music: int) -> None:
        """Start and poll until the load is over. Clients of an account share its `music` tasks, and so collide."""
        while not self.notes.over:
            dice = self.chance.random()
            if dice < 0.3:
                reached = len(self.notes.starts) // 12
                source = f"{self.account}_{self.chance.randrange(reached, reached + 6) % music}"
                at_once = _VOLLEY if dice < 0.1 else 1
                await asyncio.gather(*(self.start("cover", source) for _ in range(at_once)))
            elif dice < 0.5:
                await self.start("music", "aud")
            elif tasks := self.notes.tasks[self.account][-_RECENT:]:
                await self.poll(*self.chance.choice(tasks))
            await asyncio.sleep(self.chance.uniform(*_PAUSE))

    async def start(self, kind: str, source: str) -> None:
        """Start a task of that kind."""
        number, how = self.notes.numbers(), self.kinds[kind]
        body = {"taskId": source} if kind == "cover" else {"audio_id": source}
        hook = kind == "music" and self.chance.random() < 0.7
        if hook:
            body["callback_url"] = f"{self.hook}/{number}"
        began = time.monotonic()
        status, answer, said = await self._ask("POST", how.start, json=body)
        task = str(_data(answer).get(how.field, "")) if status == 200 else ""
        odd = _odd(status, answer) or ("no task id" if status == 200 and not task else "")
        ended = time.monotonic()
        self.notes.starts.append(
            Start(number, self.account, kind, source, how.price, began, ended, status, task, said, hook, odd)
        )
        if task:
            self.notes.tasks[self.account].append((kind, task))

    async def poll(self, kind: str, task: str) -> Poll:
        """Poll a task."""
        how, began = self.kinds[kind], time.monotonic()
        status, answer, said = await self._ask("GET", how.status, params={"task_id": task})
        data = _data(answer) if status == 200 else {}
        state = str(data.get("status", ""))
        odd = _odd(status, answer) or ("no state" if status == 200 and state not in how.states else "")
        lasting = json.dumps(data, sort_keys=True) if state in how.states[-2:] else ""
        ended = time.monotonic()
        poll = Poll(self.account, kind, task, began, ended, status, state, lasting, said, odd)
        self.notes.polls.append(poll)
        return poll

    async def _ask(self, method: str, path: str, **more: Any) -> tuple[int, Any, str]:
        """Return the status, the JSON and the words of an answer; 0 and the reason where none came."""
        headers = {"Authorization": f"Bearer {self.key}"}
        if self.chance.random() < 0.3:
            headers["Connection"] = "close"
        try:
            async with asyncio.timeout(LOST_AFTER):
                answer = await self.http.request(method, f"{self.url}{path}", headers=headers, **more)
        except (httpx.TransportError, TimeoutError) as error:
            return 0, None, f"{type(error).__name__}: {error}"
        with contextlib.suppress(json.JSONDecodeError):
            return answer.status_code, answer.json(), "" if answer.status_code == 200 else answer.text
        return answer.status_code, None, answer.text


def _data(answer: Any) -> Mapping[str, Any]:
    data = answer.get("data") if isinstance(answer, dict) else None
    return data if isinstance(data, dict) else {}


def _odd(status: int, answer: Any) -> str:
    """Return what is wrong with the form of an answer: an error has its envelope."""
    if status == 0:
        return ""
    if status == 200:
        return "" if isinstance(answer, dict) else f"no JSON object: {answer!r}"
    error = answer.get("error") if isinstance(answer, dict) else None
    fine = isinstance(error, dict) and set(error) == {"code", "message", "type"} and error["code"] == status
    return "" if fine else f"no envelope: {answer!r}"


@contextlib.asynccontextmanager
async def receiver(notes: Notes, chance: random.Random) -> AsyncIterator[str]:
    """Receive webhooks and yield the URL; the first try of one in five is refused, so that there is a second."""
    tried: set[int] = set()
    under_way: set[asyncio.Task[None]] = set()

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            number, data = int(head.split()[1].rpartition(b"/")[2]), _data(json.loads(await reader.readexactly(length)))
            status = 500 if number not in tried and chance.random() < 0.2 else 200
            tried.add(number)
            task, state = str(data.get("task_id", "")), str(data.get("status", ""))
            notes.webhooks.append(Webhook(number, time.monotonic(), task, state, status))
            writer.write(b"HTTP/1.1 %d Heard\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status)
            await writer.drain()
        writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(receive(reader, writer))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        task.add_done_callback(lambda _: writer.close())  # one that is cancelled before it begins closes nothing

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
