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
    """Write a conftest, a first test, a world file and a CI file into FOLDER; what is there stays as it is.

    Exit code 3 if a file was there already: then what it would have said has to be put in by hand.
    """
    from .starter import CI, FILES

    kept = 0
    for name, text in {**FILES, **CI[ci]}.items():
        path = Path(folder) / name
        if path.exists():
            kept += 1
            click.echo(
                f"kept     {name}: it was there already; `covermock init` in an empty folder shows ours", err=True
            )
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise click.UsageError(f"expected a folder to write to, received {path}: {error.strerror}") from None
        click.echo(f"written  {name}")
    click.echo("Run it with: pytest tests/test_gateway.py")
    return CANNOT if kept else HOLDS
