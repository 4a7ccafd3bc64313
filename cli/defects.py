"""`covermock defects`: what the mock can be told to break."""

import click

from .flags import flag


@click.command()
@flag("--format", type=click.Choice(["text", "json"]), default="text", help="json is for programs.")
def defects(format: str) -> None:  # noqa: A002 - the flag's name is the user's word for it
    """List the defects that `covermock serve --defect NAME` knows, by group, each with its clause and level."""
    from covermock.mock_server.defects import DEFECTS, GROUPS

    if format == "json":
        import json

        names = ("name", "group", "clause", "level", "sentence")
        click.echo(json.dumps([{name: getattr(one, name) for name in names} for one in DEFECTS.values()], indent=2))
        return
    for group in GROUPS:
        click.echo(f"{group}")
        for one in DEFECTS.values():
            if one.group == group:
                click.echo(f"  {one.name:<28}{one.clause:<5}{one.level:<14}{one.sentence}")
