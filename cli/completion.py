"""`covermock completion SHELL`: click's own completion, as a script to source."""

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a script for completion in a shell.

    bash: eval "$(covermock completion bash)"; zsh: the same with zsh; fish: covermock completion fish | source.
    """
    from click.shell_completion import get_completion_class

    from .command_line import cli

    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(cli, {}, "covermock", "_COVERMOCK_COMPLETE")
    click.echo(script.source_template % script.source_vars())
