"""World files: texts that `serve --world` is given. Each is refused with an error that says where, or serves."""

import json
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Any

from covermock.openapi import InvalidSourceError

from ..choices import Choices
from ..inside import FIRST, WALL, Mock, Request, Settings, control, empty, found
from ..promises import Broken, answered
from ..values import TEXTS, Values
from .gateway import WORLDS

_TEXTS = (
    "from: demo\n", "from: docs\nstarts: 2026-02-24T12:00:30Z\n", "from: fuzz\n", "from: ./fuzz.yaml\n", "&a [*a]",
    "a: &a {b: *a}\n", "accounts: &x {main: {key: aio_x, credits: 5}}\naudio: {a: &y {seconds: 6}, b: *y}\n",
    "!!python/object:os.system x", "- a", "5", "accounts:\n  main: {credits: 0x10}\n",
    "drive: polls\n---\ndrive: time\n", "seed: 1e3\n", "? [a]\n: b", "seed: 0o7\nspeed: .inf\n",
    "accounts: {<<: {main: {}}}\n", "a: !!binary aGk=\n", "starts: 2026-13-01\n", "description: !!set {a}\n",
    "seed: " + "9" * 5000, "\t", "\ufeffseed: 1",
)  # fmt: skip


class WorldFile:
    """The text of a world file."""

    longest = 500

    def __init__(self) -> None:
        self._mock = Mock(Settings(world=FIRST), WALL)
        root = self._mock.control.admin.root
        self._schema = root["components"]["schemas"]["World"]
        self._values = Values(
            root, ("main", "aud_a", "gen_a", "music", "cover", "complete", "SUCCESS", "startCover", "pending", "demo")
        )
        folder = tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._path = Path(folder) / "fuzz.yaml"

    def case(self, data: bytes) -> str:
        """Return the text of a file, as latin-1 of its bytes."""
        choices = Choices(data)
        kind = choices.below(8)
        if kind == 0:
            return choices.rest().decode("latin-1")
        if kind == 1:
            text = choices.pick(_TEXTS)
            at = choices.below(len(text) + 1)
            return (
                (text[:at] + choices.rest().decode("latin-1") + text[at:]).encode("utf-8", "replace").decode("latin-1")
            )
        value = self._values.near(self._schema, choices) if kind < 7 else choices.pick(WORLDS)
        text = json.dumps(value)
        if choices.one_in(4):
            at = choices.below(len(text) + 1)
            text = (
                text[:at]
                + choices.pick((",", "}", "[", "&a ", "*a", "!!str ", "\n", "#", "{}", *TEXTS[:8]))
                + text[at:]
            )
        return text.encode("utf-8", "surrogatepass").decode("latin-1")

    def play(self, case: str) -> None:
        """Write the file, and serve it or be told what is wrong with it."""
        if not self.read(case.encode("latin-1")):
            return
        name = self._mock.store.names()[0]
        for path in ("worlds", *(f"worlds/{name}{view}" for view in ("", "/ledger", "/clock", "/tasks", "/export"))):
            self._asked(control(self._mock, "GET", path), 200)
        self._start(name)
        self._asked(control(self._mock, "POST", f"worlds/{name}/clock/next"), 0)
        self._asked(control(self._mock, "POST", f"worlds/{name}/fork", b"{}"), 0)
        self._asked(control(self._mock, "POST", f"worlds/{name}/reset"), 200)

    def read(self, text: bytes) -> bool:
        """Return True if the text is a world, now the only one."""
        self._path.write_bytes(text)
        empty(self._mock)
        try:
            found(self._mock, *self._mock.files.load(str(self._path)))
        except InvalidSourceError as error:
            _refuse_poor(str(error))
            return False
        return True

    def _start(self, name: str) -> None:
        world: Any = self._mock.store.world(name)
        for key in [account.key for account in world.accounts.values()][:2]:
            head = {"host": "a", "authorization": f"Bearer {key}", "content-type": "application/json"}
            for operation in self._mock.contract.operations:
                for source in [*[key.partition("/")[2] for key in world.sources][:2], *list(world.tasks)[:3]]:
                    body = json.dumps({"taskId": source, "audio_id": source}).encode() if operation.body else b""
                    query = "" if operation.body else f"task_id={source}"
                    answer = self._mock.answer(Request(operation.method, operation.path, query, head, body), WALL + 1)
                    self._asked(answer, 0)

    def _asked(self, answer: Any, status: int) -> None:
        answered(answer.status, answer.body, str(answer.why.get("operation")))
        if status and answer.status != status:
            raise Broken(
                f"{answer.status} of {answer.why.get('operation')} in a world that was accepted", answer.body[:500]
            )

    def seeds(self) -> list[bytes]:
        """Return texts of world files, and inputs that make some."""
        texts = [b"\x00" + text.encode() for text in _TEXTS]
        made = [bytes((first * 31 + at * at * 17) % 256 for at in range(20 * first)) for first in range(1, 16)]
        return [*texts, *(bytes([2 + number % 6]) + data for number, data in enumerate(made))]


def _refuse_poor(message: str) -> None:
    """Refuse an error that doesn't say what was expected, or is no single line."""
    if "expected" not in message or "\n" in message:
        raise Broken("an error that says too little", message[:500])
