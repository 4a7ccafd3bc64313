"""What a world is made from: world files, what they extend, and the server's own settings laid over them."""

import re
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from covermock.openapi import Contract, InvalidSourceError, Source, Validator, nearest, read, refuse_invalid

from ..http.errors import Refusal
from ..limits import Limits
from .build import InvalidSpecError, build
from .world import KINDS, Spec, World

DEFAULT_CREDITS = 1000
USUAL = "docs"  # the world of a server that nobody has named another for
_LIMITS = Limits()
_MAPS = ("accounts", "audio", "music_tasks", "tasks", "prices")
_NESTED = "sources"


def _fits(spec: Spec, contract: Contract) -> bool:
    """Return True if a world can be made so under the contract."""
    try:
        build("", spec, contract, 0.0)
    except InvalidSpecError:
        return False
    return True


def _for_operations(contract: Contract, node: Any) -> Any:
    """Return a part of a world's specification without what it says of operations that the contract hasn't."""
    if not isinstance(node, dict):
        return node
    own = {name: one for name, one in node.get("operations", {}).items() if name in contract.by_id}
    told = {"operations": own} if "operations" in node else {}
    return {name: _for_operations(contract, inner) for name, inner in node.items()} | told


def _world_name(contract: Contract) -> str:
    """Return the name of the world that follows from a contract: that of its file."""
    stem = Path(contract.file).stem
    return stem if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", stem) else "first"


def folder() -> Path:
    """Return the folder of the worlds that come with covermock. They are read as data, nothing is imported."""
    found = find_spec("covermock.fixtures")
    places = found.submodule_search_locations if found else None
    if not places:
        raise InvalidSourceError("expected the folder of world files in the installation, received none; reinstall")
    return Path(next(iter(places))) / "worlds"


def names() -> list[str]:
    """Return the names of the worlds that come with covermock."""
    return sorted(path.stem for path in folder().glob("*.yaml"))


def find(name: str) -> Path:
    """Return the file of a world, given its name or its path. Raises `InvalidSourceError`."""
    if name in names():
        return folder() / f"{name}.yaml"
    path = Path(name)
    if path.suffix in {".yaml", ".yml", ".json"} or _is_file(path):
        return path
    remedy = nearest(name, names())
    raise InvalidSourceError(f"expected the name of a world or a YAML file, received {name!r} ({remedy})")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # its name is too long
        return False


class WorldFiles:
    """Reads world files against the admin contract's World schema, with what they extend."""

    def __init__(self, admin: Contract, limits: Limits = _LIMITS) -> None:
        self.admin = admin
        self._limits = limits
        self._validator = Validator(admin.root["components"]["schemas"]["World"], admin.root)

    def load(self, name: str) -> tuple[str, Spec, Source]:
        """Return (world name, whole specification, the file) for a world's name or path."""
        path = find(name)
        source = self._read(path)
        spec = self._extend(source, [path])
        return str(spec.get("name", path.stem)), spec, source

    def first(
        self, name: str, contract: Contract, over: Spec, wall: float, otherwise: Callable[[Contract], Spec]
    ) -> World:
        """Make the first world of a server, with what is laid over its file. Raises `InvalidSourceError`.

        Without a name it is the usual one where that fits the contract, but for what it says of operations that the
        contract hasn't; else what `otherwise` makes of the contract.
        """
        named, spec, source = self.load(name or USUAL)
        spec = spec if name else {key: _for_operations(contract, value) for key, value in spec.items()}
        if not name and not _fits(complete(named, spec, contract), contract):
            source = Source(contract.file, otherwise(contract), contract.source.text, edited=True)
            named, spec = _world_name(contract), source.data
        return self.build(named, merge(spec, over), source, contract, wall)

    def build(self, name: str, spec: Spec, source: Source, contract: Contract, wall: float) -> World:
        """Make the world of a file. Raises `InvalidSourceError`, with the line of what could not be made."""
        try:
            world = build(name, complete(name, spec, contract), contract, wall)
        except InvalidSpecError as error:
            raise source.error(error.pointer, str(error)) from None
        world.set_limits(self._limits)
        for kind in KINDS:
            try:
                world.refuse_more(kind, 0)
            except Refusal as refusal:
                words = refusal.words
                problem = f"expected at most {words['expected']}, received {world.number_of(kind)}; {words['remedy']}"
                raise source.error((kind,), problem) from None
        return world

    def _read(self, path: Path) -> Source:
        source = read(path, self._limits.world_text_bytes)
        if source.data is None:
            return source.with_data({})
        refuse_invalid(source, self._validator)
        return source.with_data(self._validator.read(source.data))

    def _extend(self, source: Source, seen: list[Path]) -> Spec:
        if "from" not in source.data:
            return dict(source.data)
        try:
            path = find(source.data["from"])
        except InvalidSourceError as error:
            raise source.error(("from",), str(error)) from None
        if path in seen:
            raise source.error(("from",), f"expected a world that doesn't lead back here, received {path.stem!r}")
        return merge(self._extend(self._read(path), [*seen, path]), source.data)


def merge(base: Spec, over: Spec) -> Spec:
    """Return `base` with what `over` says; named things (accounts, sources, tasks, prices) are joined, name by name.

    An account keeps what is not said of it anew, its key above all.
    """
    joined: dict[str, Any] = {key: {**base[key], **over[key]} for key in _MAPS if key in base and key in over}
    for name, row in joined.get("accounts", {}).items():
        joined["accounts"][name] = {**base["accounts"].get(name, {}), **row}
    if _NESTED in base and _NESTED in over:
        kinds = {**base[_NESTED], **over[_NESTED]}
        joined[_NESTED] = {kind: {**base[_NESTED].get(kind, {}), **over[_NESTED].get(kind, {})} for kind in kinds}
    whole = {**base, **over, **joined}
    return {key: value for key, value in whole.items() if key not in {"name", "from"}}


def complete(name: str, spec: Spec, contract: Contract) -> Spec:
    """Return the specification with nothing left out: an account, a key and credits for each."""
    start = contract.scheme.prefix if contract.scheme else ""
    accounts: Mapping[str, Any] = spec.get("accounts") or {"main": {}}
    first = next(iter(accounts))
    keys = {account: f"{start}{name}" if account == first else f"{start}{name}_{account}" for account in accounts}
    whole = {account: {"key": keys[account], "credits": DEFAULT_CREDITS, **row} for account, row in accounts.items()}
    return {**spec, "accounts": whole}
