"""`covermock serve --config FILE`: a YAML file with flags by their names; the command line and the environment win."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from .flags import PREFIX, SECRETS

_PATHS = ("world", "spec")  # relative to the file that names them, if they stand there
_TWIN = "COVERMOCK_SERVE_CONFIG"


def read_config(context: click.Context, _: click.Parameter, file: str | None) -> str | None:
    """Take the defaults of all other flags from the file. Raises `InvalidSourceError`."""
    if not file:
        return file
    from covermock.openapi import read

    source = read(Path(file))
    if not isinstance(source.data, dict | None):
        raise source.error((), "expected flags by name, such as 'port: 8081', received something else")
    known = {one.opts[0].removeprefix("--"): one for one in context.command.params if one.name != "config"}
    found: dict[str, Any] = {}
    for name, value in (source.data or {}).items():
        try:
            flag = _flag(str(name), known, found)
            found[str(flag.name)] = _value(context, flag, Path(file).parent, value)
        except click.BadParameter as error:
            raise source.error((name,), error.message) from None
    context.default_map = {**(context.default_map or {}), **found}
    return file


def _flag(name: str, known: Mapping[str, click.Parameter], found: Mapping[str, Any]) -> click.Parameter:
    """Return the flag of that name. Raises `click.BadParameter` where there is none, or it was found before."""
    flag = known.get(name.replace("_", "-").replace("limits", "limit"))
    if flag is None:
        raise click.BadParameter(_unknown(name, known))
    if flag.name in found:
        raise click.BadParameter("expected each flag once, received it in two spellings; delete one")
    return flag


def _unknown(name: str, known: Mapping[str, click.Parameter]) -> str:
    """Return what is wrong with a name that no flag has."""
    from covermock.openapi import nearest

    twin = f"{PREFIX}{name.replace('-', '_').upper()}"
    if twin in SECRETS:
        return f"expected no secret in a file, received one; set {twin} in the environment"
    choices = {flag: one.type.choices for flag, one in known.items() if isinstance(one.type, click.Choice)}
    meant = next((f"did you mean '{flag}: {name}'?" for flag, words in choices.items() if name in words), "")
    return f"expected a flag of serve, received {name!r} ({meant or nearest(name, sorted(known))})"


def _value(context: click.Context, flag: click.Parameter, folder: Path, value: Any) -> Any:
    """Return the value as click takes it from a file. Raises `click.BadParameter` for one that the flag can't have."""
    if flag.multiple:
        pairs = [f"{key}={bound}" for key, bound in value.items()] if isinstance(value, dict) else value
        words = [_word(one, "a text or a number") for one in (pairs if isinstance(pairs, list) else [pairs])]
        flag.process_value(context, words)
        return words
    if getattr(flag, "is_flag", False):
        if not isinstance(value, bool):
            raise click.BadParameter(f"expected true or false, received {_shown(value)}")
        return value
    word = _word(value, "one text or number")
    if flag.name in _PATHS and (folder / word).is_file():
        return str(folder / word)
    flag.process_value(context, word)
    return word


def _word(value: Any, expected: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise click.BadParameter(f"expected {expected}, received {_shown(value)}; quote a text that YAML reads as more")
    return str(value)


def _shown(value: Any) -> str:
    kinds = {dict: "a mapping", list: "a list", type(None): "nothing"}
    return kinds.get(type(value)) or ("true or false" if isinstance(value, bool) else repr(value))


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
