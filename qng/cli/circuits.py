"""`qng circuits`: the library of problems."""

from __future__ import annotations

from typing import Annotated

import typer

from qng.cli import complete, options, output


def command(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="Show this one in detail.",
            autocompletion=complete.problems,
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """List the problems that come with the package, circuits and models, or show one."""
    from qng.models.library import names as models
    from qng.problem.library import library
    from qng.report import data
    from qng.run.library import load

    if name is not None:
        problem = load(name)
        if as_json:
            output.show_json(data.problem_data(problem, details=True))
            return
        from qng.report.tables import problem_summary

        output.show(problem_summary(problem))
        return
    problems = [load(known) for known in library()]
    if as_json:
        shown = [data.problem_data(problem) for problem in problems]
        output.show_json({"circuits": shown, "models": models()})
        return
    from qng.report.tables import problems_table

    output.show(
        problems_table(problems),
        f"models, without circuits: {', '.join(models())}",
        "qng circuits NAME shows one in detail.",
    )
