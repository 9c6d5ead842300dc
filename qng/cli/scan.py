"""`qng scan`: a molecule along a coordinate, each point from its neighbour's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qng.cli import chemistry, complete, options, output, parse


@chemistry.of_molecule
def command(
    *,
    atoms: Annotated[
        str,
        typer.Argument(
            metavar="ATOMS",
            help="Elements and coordinates with {r} in the place of one, as 'N 0 0 0; N 0 0 {r}', "
            "or of an angle in a Z-matrix, as 'O; H 1 0.96; H 1 0.96 2 {r}'.",
        ),
    ],
    values: Annotated[
        str,
        typer.Option(
            "--range",
            metavar="A:B:N",
            help="N values of r from A to B, as 0.9:2.0:12; or a list, as 0.9,1.1,1.5.",
        ),
    ],
    molecule: chemistry.Wanted,
    method: Annotated[
        str,
        typer.Option(
            "--method",
            "--optimizer",
            metavar="NAME",
            help="The method; `qng methods` lists them.",
            autocompletion=complete.methods,
        ),
    ] = "qng",
    levels: Annotated[
        int,
        typer.Option(
            "--levels",
            "-k",
            min=1,
            metavar="K",
            help="How many levels, by a weighted sum over states.",
        ),
    ] = 1,
    within: options.Within = None,
    both: Annotated[
        bool, typer.Option("--both", help="Go back as well, and keep the lower energy.")
    ] = False,
    own: Annotated[
        bool,
        typer.Option(
            "--own", help="Start at every point from --start as well, and keep the lower energy."
        ),
    ] = False,
    steps: options.Steps = 100,
    lr: options.Rate = None,
    damping: options.Damping = None,
    trust: options.Trust = None,
    tol: options.Tol = 1e-6,
    metric: options.Metric = None,
    seed: options.Seed = 0,
    executor: options.Executor = "statevector",
    shots: options.Shots = None,
    shots_per_circuit: options.ShotsPerCircuit = None,
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where the scan is kept, after every point; one that is there is gone on with.",
            show_default=False,
        ),
    ] = None,
    plot: options.Plot = None,
    as_json: options.Json = False,
) -> None:
    """Minimise a molecule along a coordinate, such as a bond curve.

    Each point starts from the best one of its neighbour. With --save nothing that is done is
    computed again: the same command goes on after Ctrl-C or a crash.
    """
    output.check_picture(plot)
    output.check_saved(save)
    from qng.run.scan import scan, spread

    points = spread(values)
    with chemistry.in_words_of_options(), output.progress("scan", len(points)) as moved:
        found, failure = output.kept(
            scan,
            atoms,
            points,
            method,
            levels=levels,
            within=parse.sector(within),
            molecule=molecule.options(),
            both=both,
            own=own,
            steps=steps,
            tol=tol,
            seed=seed,
            executor=executor,
            shots=parse.shots(shots, shots_per_circuit),
            save=save,
            told=lambda done, total, note: moved(done, note, total),
            lr=lr,
            damping=damping,
            trust=trust,
            metric=metric,
        )
    from qng.report.cells import pairs
    from qng.report.grid import rich
    from qng.report.scan import NOTE, scan_data, scan_grid, scan_lines

    if as_json:
        output.show_json(scan_data(found))
    else:
        output.show(rich(scan_grid(found)), pairs(scan_lines(found)), NOTE)
    if plot is not None:
        from qng.report.plots import scan as picture

        output.save_picture(picture(found), plot, quiet=as_json)
    if save is not None and not as_json:
        more = "; the same command goes on with it" if found.interrupted or found.missing else ""
        output.show(f"saved {save}{more}")
    if failure is not None:
        output.fail(f"{found.interrupted}: {failure}")
    if found.interrupted:
        output.interrupt(found.interrupted)
    if found.missing:
        value, why = next(iter(found.missing.items()))
        output.fail(f"{len(found.missing)} point(s) missing: {value}: {why}")
    failed = sum(point.run.failed for point in found)
    if failed:
        output.fail(f"{failed} point(s): {next(p.run.message for p in found if p.run.failed)}")
