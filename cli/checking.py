"""What `covermock check` is to do: flags over environment over configuration file over defaults; refuse the rest."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from covermock.contract_tests import Settings, keys_of, settings_for
from covermock.contract_tests.reports import problem_with
from covermock.contract_tests.servers.baseline import read_baseline
from covermock.contract_tests.servers.expect.sources import given_sources
from covermock.contract_tests.servers.settings import merge, pairs, words
from covermock.openapi import LEVELS, Contract, Source, nearest, read

from .numbers import OF_CHECK

_SOURCES = (
    "music_task",
    "pending_music_task",
    "audio",
    "failing_audio",
    "short_audio",
    "long_audio",
    "min_audio",
    "max_audio",
)
_TEXTS = ("callback_base",)
_LISTS = (*_SOURCES, "given", "report")
_KNOWN = (*_TEXTS, *OF_CHECK, *_LISTS, "thorough", "fail_on", "baseline", "keys")
Settled = tuple[Settings, list[Path], list[dict[str, Any]]]


def settle(
    url: str, given: dict[str, Any], files: tuple[tuple[str, ...], str | None, str | None], contract: Contract
) -> Settled:
    """Return (settings, report files, accepted deviations). Raises `click.UsageError` or `InvalidSourceError`."""
    report, baseline, config = files
    file = _config(Path(config)) if config else {}
    over = {name: value for name, value in given.items() if value not in (None, [], ())}
    told = {name: file[name] for name in file if name in given} | over
    keys = {**_key_file(file, config), **keys_of(os.environ)}
    _refuse_bad(url, keys, told)
    reports = [Path(name) for name in (*report, *file.get("report", ()))]
    for path in reports:
        if problem := problem_with(path):
            raise click.BadParameter(problem, param_hint="--report")
    accepts = baseline or file.get("baseline")
    entries = read_baseline(Path(accepts), contract.clauses) if accepts else []
    named = _sources(told, contract)
    return settings_for(url, keys, {**told, "named": named}), reports, entries


def _sources(told: dict[str, Any], contract: Contract) -> dict[str, tuple[str, ...]]:
    """Take what names sources out of the settings, and return it by kind. Raises `click.UsageError`."""
    listed = {name: [part for text in told.pop(name, ()) for part in words(text)] for name in (*_SOURCES, "given")}
    try:
        named = merge(pairs(listed.pop("given")), {name: texts for name, texts in listed.items() if texts})
        given_sources(contract, named)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--given") from None
    return named


def _refuse_bad(url: str, keys: Mapping[str, str], told: Mapping[str, Any]) -> None:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not _port_is_fine(url):
        raise click.BadParameter(
            f"expected an http(s) URL, received {url!r}; for example https://apiin.one", param_hint="URL"
        )
    if parts.username or parts.query or parts.fragment:
        raise click.BadParameter("expected a URL without user, query or fragment", param_hint="URL")
    if not keys.get("main"):
        raise click.UsageError("expected a key in COVERMOCK_API_KEY, received none; set it (it is no flag on purpose)")
    bad = [role for role, key in keys.items() if not key.isascii() or any(not "!" <= char <= "~" for char in key)]
    if bad:
        raise click.UsageError(f"expected a {bad[0]} key of visible ASCII characters, received another one")
    base = told.get("callback_base")
    if base and urlsplit(base).scheme not in {"http", "https"}:
        raise click.BadParameter(f"expected an http(s) URL, received {base!r}", param_hint="--callback-base")


def _port_is_fine(url: str) -> bool:
    from urllib.parse import urlsplit

    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _config(path: Path) -> dict[str, Any]:
    source = read(path)
    if not isinstance(source.data, dict):
        raise source.error((), "expected settings by name, received something else")
    return {_name(source, name): _check(source, name, value) for name, value in source.data.items()}


def _name(source: Source, name: str) -> str:
    plain = name.replace("-", "_")
    if plain not in _KNOWN:
        raise source.error((name,), f"expected a known setting, received {name!r} ({nearest(plain, _KNOWN)})")
    return plain


def _check(source: Source, name: str, value: Any) -> Any:
    plain = name.replace("-", "_")
    if plain in _LISTS:
        return value if isinstance(value, list) else [part.strip() for part in str(value).split(",")]
    if plain in OF_CHECK:
        return _number(source, name, value)
    if plain == "fail_on" and value not in LEVELS:
        raise source.error((name,), f"expected one of {', '.join(LEVELS)}, received {value!r}")
    if plain == "thorough" and not isinstance(value, bool):
        raise source.error((name,), f"expected true or false, received {value!r}")
    if plain in _TEXTS and not isinstance(value, str):
        raise source.error((name,), f"expected text, received {value!r}; put it in quotes")
    return value


def _number(source: Source, name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise source.error((name,), f"expected a number, received {value!r}")
    try:
        return OF_CHECK[name.replace("-", "_")].convert(value, None, None)
    except click.BadParameter as error:
        raise source.error((name,), error.message) from None


def _key_file(file: Mapping[str, Any], config: str | None) -> dict[str, str]:
    """Return the keys in the file that the configuration names (relative to it): lines of NAME=key."""
    if "keys" not in file or config is None:
        return {}
    path = Path(config).parent / str(file["keys"])
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise click.UsageError(f"expected a readable file of keys, received {path}: {error.strerror}") from None
    pairs = (line.removeprefix("export ").partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return keys_of({name.strip(): value.strip().strip("'\"") for name, _, value in pairs})
