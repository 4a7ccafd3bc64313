"""`covermock init`: a starter for a project, which runs as it stands and overwrites nothing."""

from pathlib import Path

import click

from .exits import CANNOT, HOLDS


@click.command()
@click.argument("folder", default=".", type=click.Path(file_okay=False))
@click.option(
    "--ci", type=click.Choice(["github", "gitlab", "none"]), default="github", show_default=True, help="CI file."
)
def init(folder: str, ci: str) -> int:
    """Write a starter for pytest into FOLDER.

    It is a conftest, a first test, a world file and a CI file. A file that is there stays as it is. If it says
    something else, ours is printed, to be put in by hand, and the exit code is 3.
    """
    from .starter import CI, FILES

    kept = 0
    for name, text in {**FILES, **CI[ci]}.items():
        path = Path(folder) / name
        if path.exists():
            differs = not path.is_file() or path.read_bytes() != text.encode()
            click.echo(f"kept     {name}" + (f": add what you need of ours:\n\n{text}" if differs else ""), err=True)
            kept += differs
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise click.UsageError(f"expected a folder to write to, received {path}: {error.strerror}") from None
        click.echo(f"written  {name}")
    click.echo("Run it with: pytest tests/test_gateway.py")
    return CANNOT if kept else HOLDS
