"""What a run on a device costs, as a table and as data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import RenderableType

from qng.plan.cloud import Load
from qng.plan.shots import PerCircuit
from qng.report import cells
from qng.report.data import plain
from qng.run.durable.forecast import EXECUTIONS, PAYLOAD, Forecast


def forecast_data(forecast: Forecast, price: float | None = None) -> dict[str, Any]:
    """What a run is for a device: everything.

    Args:
        forecast: Of `qng.run.durable.forecast`.
        price: Of a second of QPU time; None: nothing is said of money.

    Returns:
        Jobs, executions and QPU seconds of the run, `step` and `closing` (of one job each), what
        the account has left, what is against it, and the price of the run.
    """
    shots = forecast.shots
    return plain(
        {
            "problem": forecast.problem,
            "method": forecast.method,
            "backend": forecast.backend,
            "shots_per_step": None if isinstance(shots, PerCircuit) else shots,
            "shots_per_circuit": shots.shots if isinstance(shots, PerCircuit) else None,
            "steps": forecast.steps,
            "jobs": forecast.jobs,
            "at_most": forecast.at_most,
            "step": asdict(forecast.step),
            "closing": asdict(forecast.closing),
            "executions": forecast.executions,
            "seconds": forecast.seconds,
            "seconds_left": forecast.left,
            "refused": forecast.refused,
            "price": None if price is None else price * forecast.seconds,
        }
    )


def with_forecast(
    preview: dict[str, Any], forecast: Forecast, price: float | None = None
) -> dict[str, Any]:
    """What a step costs, with what the run is for a device: everything.

    Args:
        preview: Of `qng.report.data`; the depth is that of the transpiled circuits then.
        forecast: Of the run.
        price: As above.
    """
    found = preview | forecast_data(forecast, price)
    return found | {name: preview[name] | found[name] for name in ("step", "closing")}


def forecast_table(forecast: Forecast) -> RenderableType:
    """What a run is for a device: a row a kind of job, and one for the run."""
    table = cells.frame()
    table.add_column("")
    for head in ("jobs", "PUBs", "rows", "executions", "two-qubit\ndepth", "payload\n(kB)"):
        table.add_column(head, justify="right")
    table.add_column("QPU time\n(s)", justify="right")
    if forecast.steps:
        cells.add(table, ["one step", *_load(forecast.step)])
    cells.add(table, ["closing energy", *_load(forecast.closing)])
    of_run = [f"{forecast.jobs}", "", "", grouped(forecast.executions), "", ""]
    cells.add(table, [f"{forecast.steps} steps", *of_run, f"{forecast.seconds:.1f}"])
    return cells.titled(f"{forecast.problem}: {forecast.method} on {forecast.backend}", table)


def forecast_notes(forecast: Forecast, price: float | None = None) -> list[str]:
    """What a reader of `forecast_table` has to know, one line each."""
    notes = [
        "a batch is one job; a row is a circuit with its angles, repetitions counted; QPU time by "
        "IBM's public formula, 2 s a job and 0.35 ms an execution",
        f"limits of a job: {grouped(EXECUTIONS)} executions, {PAYLOAD // 10**6} MB",
    ]
    if forecast.at_most:
        notes.append("at most: steps may leave jobs out, or take fewer shots")
    if forecast.left is not None:
        notes.append(f"the account has {forecast.left:.0f} s left")
    if price is not None:
        notes.append(f"price: {price * forecast.seconds:.2f}, at {price:g} a second")
    if forecast.refused:
        notes.append(f"it will be refused: {forecast.refused}")
    return notes


def grouped(number: int) -> str:
    """A number with its digits in groups of three.

    Example:
        >>> grouped(1234567)
        '1 234 567'
    """
    return f"{number:_}".replace("_", " ")


def _load(load: Load) -> list[str]:
    return [
        "1",
        f"{load.pubs}",
        f"{load.rows}",
        grouped(load.executions),
        f"{load.depth}",
        f"{load.payload / 1000:.1f}",
        f"{load.seconds:.1f}",
    ]
