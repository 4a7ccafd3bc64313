"""`covermock scenarios`: the scenarios in which `covermock client --scenarios` runs a client."""

import click

from .flags import SPEC, contract_of, flag


@click.command()
@SPEC
@flag("--format", type=click.Choice(["text", "json"]), default="text", help="How to list them.")
def scenarios(format: str, spec: str | None) -> None:  # noqa: A002 - the flag's name is the user's word for it
    """List the scenarios for clients. Each says what happens, and how a job has to end."""
    from covermock.contract_tests.clients.scenarios import as_rows, scenarios_of

    rows = as_rows(scenarios_of(contract_of(spec)))
    if format == "json":
        import json

        click.echo(json.dumps(rows, indent=2))
        return
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        click.echo(f"{row['name']:{width}}  {row['expects']:7}  {row['about']}")
