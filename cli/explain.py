"""`covermock explain CLAUSE`: a clause with its evidence."""

import click

from .flags import SPEC, contract_of


@click.command()
@click.argument("clause", required=False)
@SPEC
def explain(clause: str | None, spec: str | None) -> None:
    """Print a clause with its evidence. Without one (G3, C5, U2), list all."""
    from covermock.openapi import nearest

    contract = contract_of(spec)
    if clause is None:
        for known in contract.clauses.values():
            click.echo(f"{known.id:<5}{known.level:<14}{known.sentences[0].text}")
        return
    found = contract.clauses.get(clause) or contract.clauses.get(clause.upper())
    if found is None:
        problem = f"expected a clause, received {clause!r} ({nearest(clause, contract.clauses)})"
        raise click.BadParameter(problem, param_hint="CLAUSE")
    click.echo(f"{found.id} ({contract.file}, line {found.line})")
    for sentence in found.sentences:
        click.echo(f"\n  {sentence.text}\n    level:  {sentence.level}\n    source: {sentence.source}")
    for error in contract.errors.values():
        if error.clause == found.id:
            click.echo(f"\n  error {error.name}: {error.status} {error.type}\n    {error.message}")
