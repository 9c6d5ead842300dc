"""`qng compare`: several methods from the same starts, on one problem or on several."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qng.cli import complete, options, output, parse
from qng.errors import InputError

if TYPE_CHECKING:
    from qng.optimize.method import Method
    from qng.report.spent import Axis
    from qng.run.comparison import Comparison
    from qng.run.several import Comparisons


def command(
    ctx: typer.Context,
    problem: options.ProblemsOrFile = None,
    methods: options.Methods = "gd,adam,ng,qng",
    start: Annotated[
        str | None,
        typer.Option(
            metavar="POINT",
            help="The first start: numbers as 0.1,0.2, random, or a file; or a file with all "
            "starts.  [default: the problem's]",
        ),
    ] = None,
    starts: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="The first start and random ones.  [default: 10, or as given]"
        ),
    ] = None,
    steps: Annotated[
        str,
        typer.Option(metavar="N", help="Most updates of a run, or by method as gd=400,qng=100."),
    ] = "200",
    seed: options.Seed = 0,
    spread: Annotated[
        float | None,
        typer.Option(
            metavar="RADIANS",
            help="Draw the starts within this distance of the first.  [default: the whole range]",
        ),
    ] = None,
    lr: options.Rates = "",
    damping: options.Damping = None,
    trust: options.Trust = None,
    metric: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help="As of `qng metric`; with several, as sld,blocks, each method that takes one is "
            "compared with each.  [default: the method's]",
            show_default=False,
            autocompletion=complete.metrics,
        ),
    ] = "",
    tol: Annotated[
        str | None,
        typer.Option(
            metavar="ENERGY",
            help="Stop when it changes by no more than this; also by method, as gd=1e-6.",
        ),
    ] = None,
    freeze: options.Freeze = "",
    train: options.Train = "",
    executor: options.Executor = "statevector",
    shots: Annotated[
        str | None,
        typer.Option(
            metavar="N",
            help="For all circuits of one step together, as 10000 or 1e4, or by method as "
            "gd=1e4,qng=2e4.  [default: exact]",
        ),
    ] = None,
    shots_per_circuit: Annotated[
        str | None,
        typer.Option(
            metavar="N", help="For every circuit, however many a step has; instead of --shots."
        ),
    ] = None,
    mitigate: options.Mitigate = 0,
    workers: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Processes.  [default: all cores]")
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Of one run.  [default: cores / workers; 1 with --dask]"
        ),
    ] = None,
    dask: options.Dask = None,
    against: options.Against = None,
    tune: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Tune every method before with N trials of its own, from starts that are not "
            "compared.",
        ),
    ] = None,
    tuner: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="optuna or grid.  [default: optuna if installed]"),
    ] = None,
    tune_starts: Annotated[
        int, typer.Option(min=1, metavar="N", help="From how many starts a trial runs.")
    ] = 3,
    ledger: options.FinishedLedger = None,
    into: Annotated[
        Path | None,
        typer.Option(
            "--into",
            metavar="FILE",
            help="Add methods and starts to a saved comparison, on the terms that are there: only "
            "what is missing is run.",
            show_default=False,
        ),
    ] = None,
    save: options.Save = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The picture (.png, .svg or .pdf).  [default: compare-PROBLEM.png; none with "
            "--json]",
        ),
    ] = None,
    no_plot: Annotated[bool, typer.Option("--no-plot", help="Save no picture.")] = False,
    as_json: options.Json = False,
) -> None:
    """Compare methods from the same starts: a table and a picture."""
    output.check_picture(plot)
    output.check_saved(save)
    output.check_saved(into)
    from qng.cli.into import Kept
    from qng.report.spent import axis_of

    axis = None if against is None else axis_of(against)
    given, kept = output.given(ctx), Kept.of(into)
    if problem is None and kept is None:
        ctx.fail("Missing argument 'PROBLEM', such as h2 (qng circuits lists them).")
    if problem is None and given & {"freeze", "train"}:
        raise InputError("--freeze and --train are for a problem that is given")
    chosen = (
        kept.problems if problem is None and kept else parse.problems(problem or "", freeze, train)
    )
    names = "-".join(one.name for one in chosen)
    if plot is None and not (no_plot or as_json):
        plot = output.usual_picture(Path(f"compare-{names}.png"))
    if plot is not None and save == plot.with_suffix(".json"):
        raise InputError(f"{save} is where the numbers of the picture are: save to another file")
    points = None if start is None else parse.points(chosen[0], start, seed)
    n = len(points) if points is not None and points.ndim == 2 else starts or 10
    table: Any
    rates: Mapping[str, float]
    if kept is not None and "methods" not in given:
        if other := given & {"lr", "damping", "trust", "metric"}:
            raise InputError(
                f"{output.option(min(other))} is for methods that are added: give --methods, too"
            )
        table, rates = kept.methods, {}
    else:
        table, rates = parse.methods(
            parse.names(methods),
            parse.rates(lr),
            parse.names(metric),
            damping=damping,
            trust=trust,
        )
    if kept is not None and starts is None and points is None:
        n = kept.starts
    total = n * len(table) * len(chosen)
    with output.progress(f"{names}, {n} starts", total) as tell:
        settings: dict[str, Any] = {
            "start": points,
            "starts": starts,
            "steps": parse.by_method("steps", steps, parse.count),
            "seed": seed,
            "spread": spread,
            "tol": parse.by_method("tol", tol, float),
            "executor": parse.executor(executor, mitigate),
            "shots": parse.shots(
                parse.by_method("shots", shots, parse.count),
                parse.by_method("shots-per-circuit", shots_per_circuit, parse.count),
            ),
            "workers": workers,
            "threads": threads,
            "dask": dask,
            "ledger": ledger,
            "tune": parse.tune(tune, tuner, tune_starts),
            "into": into,
        }
        if kept is not None:
            settings |= kept.settings(table, given)
        result, failure = output.kept(
            _compared, chosen if len(chosen) > 1 else chosen[0], table, rates, tell, **settings
        )
    members = list(getattr(result, "problems", {"": result}).values())
    _show(result, axis, as_json)
    if plot is not None and not no_plot and any(one.runs for one in members):
        _draw(result, axis, plot, as_json)
    output.save_result(result, save, quiet=as_json)
    if into is not None and failure is None and not as_json:
        output.show(f"saved {into}")
    if failure is not None:
        raise failure
    if result.interrupted:
        output.interrupt(result.interrupted)
    failed = sum(run.failed for one in members for runs in one.runs.values() for run in runs)
    if failed:
        runs = sum(len(found) for one in members for found in one.runs.values())
        output.fail(f"{failed} of {runs} runs")


def _compared(
    problem: Any,
    methods: Sequence[str] | Mapping[str, Method],
    rates: Mapping[str, float],
    tell: Callable[[int, str, int], None],
    **settings: Any,
) -> Comparison | Comparisons:
    """The comparison; `tell` hears how many runs are done, and how many there are."""
    from qng.run.compare import compare

    found: Comparison | Comparisons = compare(
        problem, methods, lr=rates, progress=lambda done, of: tell(done, "runs", of), **settings
    )
    return found


def _show(result: Comparison | Comparisons, axis: Axis | None, as_json: bool) -> None:
    """The tables of a comparison, or of several and over all of them; or one JSON object."""
    from qng.run.several import Comparisons

    if as_json:
        from qng.report.compared_data import comparison_data, comparisons_data

        output.show_json(
            comparisons_data(result, axis)
            if isinstance(result, Comparisons)
            else comparison_data(result, axis)
        )
        return
    from qng.report.compared import comparison_notes, comparison_table

    if not isinstance(result, Comparisons):
        output.show(comparison_table(result, axis), *comparison_notes(result, axis))
        return
    from qng.report.several import by_problem, several_notes, several_table

    for one in result.problems.values():
        output.show(comparison_table(one, axis), *comparison_notes(one, axis))
    output.show(several_table(result, axis), by_problem(result, axis))
    output.show(*several_notes(result, axis))


def _draw(result: Comparison | Comparisons, axis: Axis | None, plot: Path, as_json: bool) -> None:
    """The picture of a comparison, or of several."""
    from qng.report import plots
    from qng.run.several import Comparisons

    if isinstance(result, Comparisons):
        picture = plots.several(result, axis)
    else:
        picture = plots.compared(result, axis)
    output.save_picture(picture, plot, quiet=as_json)
