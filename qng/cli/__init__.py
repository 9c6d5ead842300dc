"""The command line: one file a command, each of which imports what it needs when it runs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import typer

COMMANDS: Final = ("circuits", "run", "compare", "steps", "metric", "estimate")

_EPILOG: Final = "Exit codes: 0 done; 1 a run failed; 2 bad input; 130 interrupted."


def main() -> None:
    """The console script."""
    application()()


def application() -> typer.Typer:
    """All commands as one Typer application."""
    import typer

    from qng.cli.common import reported

    app = typer.Typer(
        name="qng",
        epilog=_EPILOG,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    def version(wanted: bool) -> None:
        if wanted:
            from qng import __version__

            typer.echo(f"qng {__version__}")
            raise typer.Exit

    @app.callback(help="Quantum natural gradient and metric-aware variational optimisation.")
    def root(
        _: bool = typer.Option(
            False, "--version", callback=version, is_eager=True, help="Print the version."
        ),
    ) -> None:
        return None

    for name in COMMANDS:
        module = import_module(f"qng.cli.{name}")
        app.command(name, epilog=_EPILOG)(reported(module.command))
    return app
