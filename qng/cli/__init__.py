"""The command line: words in, tables, JSON and pictures out.

    options   arguments that several commands share
    parse     from words to points, problems, methods, executors
    elsewhere ledgers and devices: their words, and how a run there is begun
    follow    a run while one waits for it      shown   a run at its end
    complete  what a shell completes
    chemistry  arguments of molecules, which two commands share
    output    tables and JSON on stdout, all else on stderr, exit codes

All else is one file a command: it parses, calls `qng.run` once and shows what comes back in a form
of `qng.report`. Each imports what it needs when it runs, so that help costs nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import typer

COMMANDS: Final = (
    "circuits",
    "molecule",
    "scan",
    "excited",
    "methods",
    "estimators",
    "run",
    "compare",
    "plot",
    "repeat",
    "reproduce",
    "steps",
    "metric",
    "evolve",
    "adam",
    "geometry",
    "diagnose",
    "estimate",
    "submit",
    "collect",
    "resume",
    "cancel",
    "runs",
    "status",
    "export",
    "verify",
    "report",
    "cite",
    "versions",
)
"""The modules of this room that are commands, in the order in which help lists them."""

_EPILOG: Final = (
    "Exit codes: 0 done; 1 a run failed; 2 bad input; 3 it waits still (collect); 130 interrupted."
)


def main() -> None:
    """The console script; a reader that closes the pipe early has what it wanted."""
    from qng.cli import complete
    from qng.cli.output import FAILED, complain, discard, is_closed, unwritten

    try:
        if complete.is_asked():
            complete.answered(application())
        else:
            application(sys.argv[1:])()
    except SystemExit:
        if not is_closed():
            raise
        sys.exit(0)
    except OSError as error:
        discard()
        complain(unwritten(error))
        sys.exit(FAILED)


def application(words: Sequence[str] = ()) -> typer.Typer:
    """All commands as one Typer application.

    A command is the function `command` of the module of its name; its errors are `reported`.

    Args:
        words: That it is made for; where a command is the first, that alone is read and made.
    """
    import typer

    from qng.cli import verbose
    from qng.cli.output import reported

    app = typer.Typer(
        name="qng",
        epilog=_EPILOG,
        no_args_is_help=True,
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
        verbosity: int = typer.Option(
            0,
            "-v",
            "--verbose",
            count=True,
            metavar="",
            show_default=False,
            help="Say what is done; -vv: every batch, too.",
        ),
    ) -> None:
        verbose.before(verbosity)

    for name in _asked(words):
        module = import_module(f"qng.cli.{name}")
        app.command(name, epilog=_EPILOG)(reported(module.command))
    return app


def _asked(words: Sequence[str]) -> Sequence[str]:
    """The command that words begin with, or all commands."""
    return words[:1] if words and words[0] in COMMANDS else COMMANDS
