"""A verdict has to get out: to standard output and into files. What can't be written is said, the rest is written."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from .exits import CannotError


def refuse_unwritable(paths: Iterable[Path]) -> None:
    """Raise `CannotError` for a report that can't be written, before anything is asked and paid for."""
    for path in paths:
        new = not path.exists()
        try:
            path.open("a", encoding="utf-8").close()
        except OSError as error:
            raise CannotError(_problem(path, error) + "; nothing was asked") from None
        if new:
            path.unlink()


def deliver(text: str, files: Mapping[Path, str], verdict: str) -> None:
    """Print a report and write the others. Raises `CannotError`, which tells the verdict, once all was tried."""
    problems = []
    try:
        click.echo(text, nl=False)
    except CannotError as error:
        problems.append(error.message)
    problems += [_problem(path, why) for path, content in files.items() if (why := _write(path, content))]
    if problems:
        raise CannotError(f"{'; '.join(problems)}; free some room or take another place; the verdict was: {verdict}")


@contextmanager
def complaint() -> Iterator[None]:
    """Say that something could not be delivered, and go on."""
    try:
        yield
    except CannotError as error:
        click.echo(f"covermock: {error.message}", err=True)


def _write(path: Path, content: str) -> OSError | None:
    """Write a file; return what was in the way. Half a report is none."""
    try:
        path.write_text(content, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        with suppress(OSError):
            if path.is_file():
                path.unlink()
        return error
    return None


def _problem(path: Path, error: OSError) -> str:
    return f"expected to write {path}, received: {error.strerror or error}"
