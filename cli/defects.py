"""`covermock defects`: what the mock can be told to break."""

from typing import TYPE_CHECKING

import click

from .flags import SPEC, contract_of, flag

if TYPE_CHECKING:
    from covermock.mock_server.defects import Catalogue

_FIELDS = ("name", "group", "clause", "level", "sentence")
_KINDS = {
    "named": "with a name of their own",
    "generated": "by operators, from the contract alone",
    "subtle": "the harder ones: nearly right, or wrong under one condition only",
}


@click.command()
@SPEC
@flag("--format", type=click.Choice(["text", "json"]), default="text", help="json is for programs.")
def defects(spec: str | None, format: str) -> None:  # noqa: A002 - the flag's name is the user's word for it
    """List the defects for `covermock serve --defect NAME`. Each has its clause and level."""
    from covermock.mock_server.defects import Catalogue

    catalogue = Catalogue(contract_of(spec))
    if format == "json":
        import json

        rows = [
            {"catalogue": kind, **{field: getattr(catalogue[name], field) for field in _FIELDS}}
            for kind in _KINDS
            for name in getattr(catalogue, kind)
        ]
        click.echo(json.dumps(rows, indent=2))
        return
    for kind, words in _KINDS.items():
        _list(catalogue, kind, words)
    click.echo(f"NAME@CONDITION strikes under a condition only: {', '.join(catalogue.conditions)}")


def _list(catalogue: "Catalogue", kind: str, words: str) -> None:
    """Print the defects of one kind by their groups."""
    from covermock.mock_server.defects import GROUPS

    found = [catalogue[name] for name in getattr(catalogue, kind)]
    width = max((len(one.name) for one in found), default=0)
    click.echo(f"{words} ({len(found)})")
    for group in GROUPS:
        rows = [one for one in found if one.group == group]
        if rows:
            click.echo(group)
        for one in rows:
            click.echo(f"  {one.name:<{width}} {one.clause:<5}{one.level:<14}{one.sentence}")
    click.echo()
