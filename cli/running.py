"""The serving process: bind, announce, follow changed files, end cleanly."""

import asyncio
import contextlib
import gc
import socket
import stat
import sys
import time
from pathlib import Path
from typing import TextIO

import click
from covermock.mock_server import Mock, Settings
from covermock.mock_server.real_time import run as run_loop
from covermock.mock_server.server.banner import curls, sights
from covermock.mock_server.server.descriptors import raise_bound_on_descriptors
from covermock.mock_server.server.server import Server, bind, serve, twin, url_of
from covermock.mock_server.world.files import USUAL, find
from covermock.openapi import InvalidSourceError

from .exits import CannotError
from .output import has_room
from .stores import MEMORY, maker, reachable

_WATCH_SECONDS = 0.3


def run(host: str, port: int, settings: Settings, *, watch: bool, store: str = MEMORY, workers: int = 1) -> int:
    """Serve until a signal comes; return the exit code. Raises `click.ClickException` when it can't begin."""
    make = maker(store)
    raise_bound_on_descriptors()
    stamps = _stamps(settings) if watch else None  # before the files are read, so that no change of them is missed
    with reachable(store):
        mock = Mock(settings, time.time(), make)
    with _bind(host, port, shared=workers > 1) as listener:
        url = url_of(listener, host)
        spare_collections()
        if workers == 1:
            with twin(listener, host) as also:
                return run_loop(_serve(Server(mock, listener, *also), url, stamps))
        from .workers import Workers

        text = _announcement(mock, url)
        mock.store.close()
        return 128 + Workers(mock, listener, workers).run(lambda: _announce(text))


def _bind(host: str, port: int, *, shared: bool) -> socket.socket:
    try:
        if shared and port:
            bind(host, port).close()  # fails where others share this port already: their requests would come here
        return bind(host, port, shared=shared)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise click.UsageError(f"expected a free address, received {host}:{port}: {reason}; try --port 0") from None


def spare_collections() -> None:
    """Let the garbage collector look at little, seldom and briefly: neither the contract nor tasks are garbage.

    What it buys is in docs/decisions/2026-11-21-request-path.md.
    """
    gc.freeze()
    # A full journal gives up nearly as many objects as it gets, and only the difference counts: so looks are frequent.
    gc.set_threshold(100, 2, 5_000)


async def _serve(server: Server, url: str, stamps: list[int] | None) -> int:
    watcher = None if stamps is None else asyncio.get_running_loop().create_task(_follow(server, stamps))
    text = _announcement(server.mock, url)
    number = await serve(server, lambda: _announce(text))
    if watcher:
        watcher.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watcher
    return 128 + number


def _announcement(mock: Mock, url: str) -> list[str]:
    """Return what a server says at its start: the line that programs read, then commands to paste."""
    world = mock.store.world(mock.first)
    look = ["\n".join(["", *sights(world, url)])] if world else []
    commands = [f"\n# {summary}\n{command}" for summary, command in (curls(world, url) if world else ())]
    again = f"\n# Once more from the start\ncurl -s -X POST {url}/__mock/worlds/{mock.first}/reset"
    return [f"covermock listening on {url}", *look, *commands, again]


def _announce(lines: list[str]) -> None:
    """Print them. Raises `CannotError` where the first can't be read; whoever reads no further may go."""
    click.echo(lines[0])
    with contextlib.suppress(CannotError):
        click.echo("\n".join(lines[1:]))


async def _follow(server: Server, seen: list[int]) -> None:
    """Start anew whenever the contract or the world file changes; what can't be used changes nothing."""
    settings = server.mock.settings
    while True:
        await asyncio.sleep(_WATCH_SECONDS)
        now = _stamps(settings)
        if now == seen:
            continue
        seen = now
        if 0 in now:  # reading a pipe would let everybody wait
            _remark("covermock: kept the old one: expected the files that were there, received no file", sys.stderr)
            continue
        try:
            server.exchange(Mock(settings, time.time()))
        except InvalidSourceError as error:
            _remark(f"covermock: kept the old one: {error}", sys.stderr)
        else:
            _remark("covermock started anew: a file changed", sys.stdout)


def _remark(text: str, stream: TextIO) -> None:
    """Print a line, unless nobody reads: all requests would wait for the reader."""
    if has_room(stream):
        with contextlib.suppress(CannotError):
            click.echo(text, stream)


def _stamps(settings: Settings) -> list[int]:
    """Return when the contract and the world's file were last changed."""
    files: list[Path] = [settings.spec, find(settings.world or USUAL)]
    return [_stamp(file) for file in files]


def _stamp(file: Path) -> int:
    """Return when a file was last changed, 0 if there is none to read: an editor may be about to put it there."""
    try:
        found = file.stat()
    except (OSError, ValueError):
        return 0
    return found.st_mtime_ns if stat.S_ISREG(found.st_mode) else 0
