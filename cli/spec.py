"""`covermock spec`: the contract itself."""

from pathlib import Path

import click

from .flags import SPEC, flag


@click.command()
@flag("--format", type=click.Choice(["yaml", "json"]), default="yaml", help="yaml is the file itself, comments too.")
@click.option("--admin", is_flag=True, help="The control API's instead of the gateway's.")
@SPEC
@click.option("--path", is_flag=True, help="Print where the file is.")
def spec(format: str, admin: bool, spec: str | None, path: bool) -> None:  # noqa: A002 - the flag's name is the user's word for it
    """Print the contract that everything here follows."""
    from covermock.openapi import ADMIN, GATEWAY, as_json, load

    file = ADMIN if admin else Path(spec) if spec else GATEWAY
    if path:
        click.echo(file)
    elif format == "json":
        click.echo(as_json(load(file)))
    else:
        load(file)
        click.echo(file.read_text(encoding="utf-8"), nl=False)
