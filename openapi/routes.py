"""Which operation a path and method name. The same answer for the mock that serves and the judge that reads."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from .names import nearest
from .operations import Operation

_SLASHES = re.compile("/{2,}")
Methods = Mapping[str, Operation]


class Routes:
    """The paths of one or more contracts. Fixed paths are looked up, templates are matched in order."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._fixed: dict[str, dict[str, Operation]] = {}
        self._templates: dict[str, dict[str, Operation]] = {}
        for operation in operations:
            table = self._templates if "{" in operation.path else self._fixed
            table.setdefault(operation.path, {})[operation.method] = operation

    def find(self, path: str) -> tuple[Methods, Mapping[str, str]]:
        """Return (operations by method, path parameters) for the raw `path`; both are empty when it is unknown."""
        methods = self._fixed.get(path)
        return (methods, {}) if methods else self._match(path)

    def _match(self, path: str) -> tuple[Methods, Mapping[str, str]]:
        fixed = self._fixed.get(unquote(path))
        if fixed:
            return fixed, {}
        for methods in self._templates.values():
            found = next(iter(methods.values())).values_in(path)
            if found is not None:
                return methods, {name: unquote(value) for name, value in found.items()}
        return {}, {}

    def remedy(self, path: str) -> str:
        """Say which known path could have been meant by an unknown one, as a sentence; they are not listed again."""
        plain = _SLASHES.sub("/", path).rstrip("/")
        if plain != path and self.find(plain)[0]:
            return f"Leave out the slashes that are too many: {plain}"
        close = nearest(path, self.paths)
        return "Correct the path." if close.startswith("known") else close[0].upper() + close[1:]

    @property
    def paths(self) -> list[str]:
        return [*self._fixed, *self._templates]
