"""One judgement for the processes of one pytest-xdist run, in a file that no stranger can put in its place."""

import fcntl
import json
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

_OURS_ALONE: Final = 0o600
_JUDGE, _PRESENCE = 0, 1  # bytes of the file that are locked: by who judges, and by all who may want to know


class SharedJudgement:
    """The file that the processes of a run share; the last one to leave removes it. Raises `OSError`.

    Locks are the system's, so that a process that dies neither keeps others waiting nor the file in being.
    """

    def __init__(self, run: str) -> None:
        name = "".join(char for char in run if char.isalnum())
        self.place = Path(tempfile.gettempdir()) / f"covermock-check-{os.getuid()}-{name}.json"
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        self._file = os.fdopen(os.open(self.place, flags, _OURS_ALONE), "r+", encoding="utf-8")
        try:
            self._refuse_strange()
        except PermissionError:
            self._file.close()
            raise
        fcntl.lockf(self._file, fcntl.LOCK_SH, 1, _PRESENCE)

    def get(self, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return what the first process to come has made; the others wait for it."""
        fcntl.lockf(self._file, fcntl.LOCK_EX, 1, _JUDGE)
        try:
            text = self._read()
            if not text:
                self._write({"crash": "the process that judged ended before its verdict"})  # unless there is one
                self._write(make())
                text = self._read()
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, _JUDGE)
        found: dict[str, Any] = json.loads(text)
        return found

    def leave(self) -> None:
        """Want to know no more; remove the file if nobody else does."""
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, _PRESENCE)  # first, lest two that leave at once see each other
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _PRESENCE)
        except OSError:  # somebody else is there still
            pass
        else:
            self.place.unlink(missing_ok=True)
        self._file.close()

    def _read(self) -> str:
        self._file.seek(0)
        return self._file.read()

    def _write(self, value: dict[str, Any]) -> None:
        self._file.seek(0)
        self._file.truncate()
        json.dump(value, self._file)
        self._file.flush()

    def _refuse_strange(self) -> None:
        """Raise `PermissionError` for a file that somebody else may write to, or reach by another name."""
        about = os.fstat(self._file.fileno())
        ours = stat.S_ISREG(about.st_mode) and about.st_uid == os.getuid() and about.st_nlink == 1
        if not ours or about.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise PermissionError(f"expected a file of our own at {self.place}, received another one; delete it")
