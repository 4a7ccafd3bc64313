"""`covermock serve --config FILE`: a YAML file with flags by their names; the command line and the environment win."""

from pathlib import Path
from typing import Any

import click

_PATHS = ("world", "spec")  # relative to the file that names them, if they stand there
_TWIN = "COVERMOCK_SERVE_CONFIG"


def read_config(context: click.Context, _: click.Parameter, file: str | None) -> str | None:
    """Take the defaults of all other flags from the file. Raises `InvalidSourceError`."""
    if not file:
        return file
    from covermock.openapi import nearest, read

    source = read(Path(file))
    if not isinstance(source.data, dict):
        raise source.error((), "expected flags by name, such as 'port: 8081', received something else")
    known = {str(one.name): one for one in context.command.params if one.name != "config"}
    found: dict[str, Any] = {}
    for name, value in source.data.items():
        plain = str(name).replace("-", "_")
        plain = "limits" if plain == "limit" else plain
        if plain not in known:
            flags = sorted(one.opts[0].removeprefix("--") for one in known.values())
            raise source.error((name,), f"expected a flag of serve, received {name!r} ({nearest(str(name), flags)})")
        found[plain] = _value(Path(file).parent, plain, value, several=known[plain].multiple)
    context.default_map = {**(context.default_map or {}), **found}
    return file


def _value(folder: Path, name: str, value: Any, *, several: bool) -> Any:
    if several:
        pairs = [f"{key}={bound}" for key, bound in value.items()] if isinstance(value, dict) else value
        return pairs if isinstance(pairs, list) else [pairs]
    if name in _PATHS and (folder / str(value)).is_file():
        return str(folder / str(value))
    return value


config = click.option(
    "--config",
    envvar=_TWIN,
    show_envvar=True,
    metavar="FILE",
    is_eager=True,
    expose_value=False,
    callback=read_config,
    help="YAML file with any of these flags by name; what is given here or in the environment wins.",
)
