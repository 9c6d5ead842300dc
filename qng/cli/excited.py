"""`qng excited`: the lowest levels of a problem, not only the ground state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qng.cli import elsewhere, options, output, parse
from qng.errors import InputError

if TYPE_CHECKING:
    from qng.optimize.method import Step
    from qng.run.excited.results import ExcitedStates
    from qng.run.preview import Preview


class Way(StrEnum):
    """How levels are found."""

    SSVQE = "ssvqe"
    VQD = "vqd"


def command(
    problem: options.ProblemName,
    levels: Annotated[
        int, typer.Option("--levels", "-k", min=1, metavar="K", help="How many, the lowest first.")
    ] = 2,
    way: Annotated[
        Way,
        typer.Option(
            "--method",
            help="ssvqe: all at once, a weighted sum over orthogonal states; vqd: one after the "
            "other, with penalties for overlaps.",
        ),
    ] = Way.VQD,
    within: options.Within = None,
    beta: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBERS",
            help="Of vqd: the penalty, or one for each state below the last, separated by commas.  "
            "[default: from bounds of the levels]",
            show_default=False,
        ),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBERS",
            help="Of ssvqe: descending, separated by commas.  [default: K, ..., 2, 1]",
            show_default=False,
        ),
    ] = None,
    references: Annotated[
        str | None,
        typer.Option(
            metavar="BITS",
            help="Of ssvqe: computational states, qubit 0 on the right, separated by commas.  "
            "[default: the determinants of lowest energy]",
            show_default=False,
        ),
    ] = None,
    optimizer: options.Method = "qng",
    starts: Annotated[
        int, typer.Option(min=1, metavar="N", help="Of every state; the lowest end is kept.")
    ] = 1,
    steps: options.Steps = 100,
    lr: options.Rate = None,
    damping: options.Damping = None,
    trust: options.Trust = None,
    tol: options.Tol = None,
    metric: options.Metric = None,
    gradient: options.Gradient = None,
    seed: options.Seed = 0,
    point: options.Point = None,
    freeze: options.Freeze = "",
    train: options.Train = "",
    executor: options.Executor = "statevector",
    shots: options.Shots = None,
    shots_per_circuit: options.ShotsPerCircuit = None,
    mitigate: options.Mitigate = 0,
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where the levels are kept, after every state; one that is there is gone on with, "
            "also with more levels.",
            show_default=False,
        ),
    ] = None,
    plot: options.Plot = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Show what it would cost; nothing is run.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Find the lowest levels: ground and excited states, with errors, beside the exact levels.

    With --save nothing that is done is computed again: the same command goes on after Ctrl-C or a
    crash.
    """
    output.check_picture(plot)
    output.check_saved(save)
    from qng.run.excited import ssvqe, vqd
    from qng.run.excited.cost import search_cost

    chosen = parse.problem(problem, freeze, train)
    own = _own(way, beta, weights, references)
    if estimate:
        previews = search_cost(
            way.value,
            chosen,
            levels,
            references=own.get("references"),
            within=parse.sector(within),
            method=optimizer,
            start=parse.point(chosen, point, seed),
            executor=parse.executor(executor, mitigate),
            shots=parse.shots(shots, shots_per_circuit),
            **elsewhere.given(
                lr=lr, damping=damping, trust=trust, metric=metric, gradient=gradient
            ),
        )
        _show_cost(previews, steps, starts, as_json)
        return
    search: Callable[..., ExcitedStates] = ssvqe if way is Way.SSVQE else vqd
    label = f"{getattr(chosen, 'name', problem)} {way.value}"
    with output.progress(label, starts * (levels if way is Way.VQD else 1)) as moved:
        place = [0, 1, ""]

        def told(done: int, total: int, note: str) -> None:
            place[:] = done, total, note
            moved(done, note, total)

        def watch(step: Step) -> None:
            moved(place[0], f"{place[2]}, step {step.step}: {step.energy:.6f}", place[1])

        found, failure = output.kept(
            search,
            chosen,
            levels,
            **own,
            within=parse.sector(within),
            method=optimizer,
            start=parse.point(chosen, point, seed),
            starts=starts,
            seed=seed,
            executor=parse.executor(executor, mitigate),
            shots=parse.shots(shots, shots_per_circuit),
            save=save,
            told=told,
            watch=watch,
            steps=steps,
            tol=tol,
            lr=lr,
            damping=damping,
            trust=trust,
            metric=metric,
            gradient=gradient,
        )
    _show(found, plot, save, as_json)
    if failure is not None:
        output.fail(f"{found.interrupted}: {failure}")
    if found.interrupted:
        output.interrupt(f"interrupted after {found.interrupted}")
    if failed := [run for run in found.runs if run.failed]:
        output.fail(failed[0].message)


def _show(found: ExcitedStates, plot: Path | None, save: Path | None, as_json: bool) -> None:
    from qng.report.cells import pairs
    from qng.report.excited import excited_data, excited_grid, excited_lines
    from qng.report.grid import rich

    if as_json:
        output.show_json(excited_data(found))
    else:
        output.show(rich(excited_grid(found)), pairs(excited_lines(found)))
    if plot is not None:
        from qng.report.plots import levels as picture

        output.save_picture(picture(found), plot, quiet=as_json)
    if save is not None and not as_json:
        output.show(f"saved {save}")


def _show_cost(previews: Sequence[Preview], steps: int, starts: int, as_json: bool) -> None:
    from qng.report.excited import cost_data, cost_grid
    from qng.report.grid import rich

    if as_json:
        output.show_json(cost_data(previews, steps, starts))
    else:
        output.show(rich(cost_grid(previews, steps, starts)))


def _own(way: Way, beta: str | None, weights: str | None, references: str | None) -> dict[str, Any]:
    """What only one of the methods takes.

    Raises:
        InputError: It is given for the other one.
    """
    of_ssvqe = {"weights": weights, "references": references}
    other = {"beta": beta} if way is Way.SSVQE else of_ssvqe
    for name, value in other.items():
        if value is not None:
            right = "vqd" if name == "beta" else "ssvqe"
            raise InputError(f"--{name} is of {right}: give --method {right}, or leave it out")
    if way is Way.VQD:
        return {"beta": None if beta is None else _numbers("beta", beta)}
    return {
        "weights": None if weights is None else _numbers("weights", weights),
        "references": None if references is None else parse.names(references),
    }


def _numbers(option: str, text: str) -> Any:
    """A number, or several separated by commas.

    Raises:
        InputError: Something else.
    """
    try:
        found = [float(word) for word in text.split(",")]
    except ValueError as error:
        raise InputError(
            f"--{option} is a number, or numbers separated by commas, not {text!r}"
        ) from error
    return found if "," in text else found[0]
