"""`qng geometry`: what states a problem's circuit reaches, and how they are bent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qng.cli import options, output, parse
from qng.errors import InputError

if TYPE_CHECKING:
    from qng.report.plots import Picture


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
    plot: options.Plot = None,
    as_json: options.Json = False,
) -> None:
    """Show the geometry of a problem's ansatz: ranks, spectra, curvature, expressibility."""
    output.check_picture(plot)
    from qng import ansatz
    from qng.report import ansatz as report
    from qng.report import ansatz_data as plain

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
    title = f"{chosen.title or chosen.name}: geometry of the ansatz"
    found = ansatz.geometry(chosen, at, samples=samples, pairs=pairs, seed=seed)
    data = {"problem": chosen.name} | plain.geometry_data(found)
    shown: list[Any] = [report.geometry_table(found, title)]
    drawn: list[Picture] = []
    if listed:
        qubits = chosen.circuit.n_qubits
        by_name = {
            name: ansatz.by_depth(name, listed, n_qubits=qubits, seed=seed) for name in several
        }
        data["depths"] = plain.depths_data(by_name)
        shown.append(report.depths_table(by_name))
    if over:
        surface = ansatz.curvature_map(chosen, over=pair, theta=at)
        data["map"] = plain.curvature_data(surface)
        shown.append(report.curvature_table(surface))
    if end is not None:
        path = ansatz.connect(chosen, at, end)
        data["geodesic"] = plain.path_data(path)
        shown.append(report.path_table(path))
    if saved is not None:
        length = ansatz.path_length(saved)
        data["path"] = plain.length_data(length)
        shown.append(report.length_table(length, f"{saved.problem}: path of {saved.method}"))
    if as_json:
        output.show_json(data)
    else:
        output.show(*shown)
    if plot is None:
        return
    from qng.report import plots
    from qng.report.plots import ansatz as pictures

    drawn.append(pictures.geometry(found, title))
    if listed:
        drawn.append(pictures.ranks(by_name).headed("rank against depth"))
    if over:
        drawn.append(pictures.curvature_map(surface).headed("Berry curvature"))
    if end is not None:
        drawn.append(pictures.path(path, tuple(chosen.parameters)).headed("geodesic"))
    if saved is not None:
        drawn.append(pictures.length(length).headed(f"path of {saved.method}"))
    whole = plots.together(*drawn, title=title) if len(drawn) > 1 else drawn[0]
    output.save_picture(whole, plot, quiet=as_json)


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
