"""`covermock spec`: the contract itself."""

from pathlib import Path

import click

from .flags import SPEC, flag


@click.command()
@flag("--format", type=click.Choice(["yaml", "json"]), default="yaml", help="yaml is the file itself, comments too.")
@click.option("--admin", is_flag=True, help="The control API's instead of the gateway's.")
@click.option(
    "--for", "purpose", type=click.Choice(["codegen"]), help="codegen: as generators of clients read it best."
)
@SPEC
@click.option("--path", is_flag=True, help="Print where the file is.")
def spec(format: str, admin: bool, spec: str | None, path: bool, purpose: str | None) -> None:  # noqa: A002 - the flag's name is the user's word for it
    """Print the contract that everything here follows."""
    from covermock.openapi import ADMIN, GATEWAY, as_json, load

    file = ADMIN if admin else Path(spec) if spec else GATEWAY
    if purpose and admin:
        raise click.UsageError(
            "expected --for codegen or --admin, received both: clients are made of the gateway's API"
        )
    if purpose:
        click.echo(_generators(file, format), nl=False)
    elif path:
        click.echo(file)
    elif format == "json":
        click.echo(as_json(load(file)))
    else:
        load(file)
        click.echo(file.read_text(encoding="utf-8"), nl=False)


def _generators(file: Path, form: str) -> str:
    """Return the contract as `--for codegen` prints it."""
    from covermock.openapi import load
    from covermock.openapi.codegen import for_codegen

    document = for_codegen(load(file).root)
    if form == "json":
        import json

        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    import yaml

    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    return text
