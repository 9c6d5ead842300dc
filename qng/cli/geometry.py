"""`qng geometry`: what states a problem's circuit reaches, and how they are bent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from qng.cli import options, output, parse
from qng.errors import InputError


def command(
    problem: options.ProblemName,
    point: options.Point = None,
    samples: Annotated[
        int, typer.Option(min=1, metavar="N", help="Random points, of the spectra.")
    ] = 10,
    pairs: Annotated[
        int, typer.Option(min=1, metavar="N", help="Pairs of random states, of expressibility.")
    ] = 5000,
    depths: Annotated[
        str,
        typer.Option(
            metavar="LIST", help="Ranks of a family of circuits at these depths, as 1,2,4 or 1-12."
        ),
    ] = "",
    family: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help="Of --depths, on the qubits of the problem: random-cx, random-cz, "
            "random-sqrt-iswap, real-amplitudes, efficient-su2, ry-cz or barren.",
        ),
    ] = "random-cx",
    over: Annotated[
        str,
        typer.Option(
            metavar="A,B",
            help="A map of the Berry curvature over two parameters, 0 to 2 pi, with its Chern "
            "number.",
        ),
    ] = "",
    to: Annotated[
        str | None,
        typer.Option(metavar="POINT", help="The geodesic from the point to this one."),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The length of the path of a run that --save has kept."),
    ] = None,
    seed: options.Seed = 0,
    freeze: options.Freeze = "",
    train: options.Train = "",
    save: options.Save = None,
    plot: options.Plot = None,
    as_json: options.Json = False,
) -> None:
    """Show the geometry of a problem's ansatz: ranks, spectra, curvature, expressibility."""
    output.check_picture(plot)
    output.check_saved(save)
    from qng.report.ansatz import report_tables
    from qng.report.ansatz_data import report_data
    from qng.run.ansatz.report import geometry_report

    chosen: Any = parse.problem(problem, freeze, train)
    at = parse.point(chosen, point, seed)
    if chosen.frozen:
        chosen = chosen.reduced(at)
        at = chosen.initial
    listed, several = _depths(depths), parse.names(family)
    pair = tuple(parse.names(over))
    if over and len(pair) != 2:
        raise InputError(f"--over is two parameters, as t0,t1, not {over!r}")
    for option, given in {"--depths": depths, "--over": over}.items():
        if given and not hasattr(chosen, "circuit"):
            raise InputError(f"{option} is of circuits, and {problem} is a model, which has none")
    end = None if to is None else parse.point(chosen, to, seed)
    saved = None if run is None else _run(run)
    found = geometry_report(
        chosen,
        at,
        samples=samples,
        pairs=pairs,
        families=several if listed else (),
        depths=listed,
        over=(pair[0], pair[1]) if over else None,
        to=end,
        run=saved,
        seed=seed,
    )
    if as_json:
        output.show_json(report_data(found))
    else:
        output.show(*report_tables(found))
    if plot is not None:
        from qng.report.plots.kinds import drawn

        output.save_picture(drawn(found), plot, quiet=as_json)
    output.save_result(found, save, quiet=as_json)


def _depths(text: str) -> list[int]:
    """Depths as 1,2,4 or 1-12.

    Raises:
        InputError: Neither.

    Example:
        >>> _depths("1,2,4-6")
        [1, 2, 4, 5, 6]
    """
    found: list[int] = []
    for item in parse.names(text):
        first, dash, last = item.partition("-")
        try:
            ends = int(first), int(last) if dash else int(first)
        except ValueError as error:
            raise InputError(f"--depths is a list as 1,2,4 or 1-12, not {text!r}") from error
        if not 0 <= ends[0] <= ends[1] < 10_000:
            raise InputError(f"--depths is a list as 1,2,4 or 1-12, not {text!r}")
        found += range(ends[0], ends[1] + 1)
    if sorted(set(found)) != found:
        raise InputError(f"--depths are ascending, each once, not {text!r}")
    return found


def _run(file: Path) -> Any:
    """One run of a file.

    Raises:
        InputError: There is none in it.
    """
    from qng.run.results import Run
    from qng.run.saved import load_run

    found = load_run(file)
    if not isinstance(found, Run):
        raise InputError(f"{file} holds a {type(found).__name__}, and --run is one run")
    return found
