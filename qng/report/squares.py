"""What Adam divides by, as a table and as data."""

from __future__ import annotations

from typing import Any, Final

from rich.console import RenderableType

from qng.report import cells
from qng.report.data import plain
from qng.report.grid import Grid, number, rich, row, spaced
from qng.run.relations import AdamReport

NOTE: Final = (
    "ratio: geometric mean over the parameters; x/÷: the factor by which it scatters, 1 where the "
    "relation is exact; slope: of the logarithms, 1 where both are proportional. I: Fisher matrix "
    "of the model, empirical: mean squares of the data's gradients, |H|: absolute Hessian"
)


def adam_table(report: AdamReport, title: str, rows: int = 12) -> RenderableType:
    """The relations along the run for a terminal; see `adam_grid`."""
    return rich(adam_grid(report, title, rows))


def adam_grid(report: AdamReport, title: str, rows: int = 12) -> Grid:
    """The relations along the run, a row a point.

    Args:
        report: Of `qng.adam_report`.
        title: Above it.
        rows: At most so many, evenly spread, the first and the last among them.
    """
    relations = report.relations
    last = len(report.steps) - 1
    found = []
    for k in sorted({round(k * last / max(rows - 1, 1)) for k in range(rows)}):
        values = [
            spaced(
                (cells.shown(float(column[k]), form))
                for column, form in ((r.ratio, "{:.3g}"), (r.spread, "{:.3g}"), (r.slope, "{:.2f}"))
            )
            for r in relations
        ]
        found.append(row(f"{int(report.steps[k])}", number(report.energies[k], "{:.6g}"), *values))
    return Grid(
        title=title,
        heads=("step", "energy", *(f"{r.name}\nratio  x/÷  slope" for r in relations)),
        rows=tuple(found),
        name=f"adam-{report.problem}",
        words=0,
    )


def adam_data(report: AdamReport) -> dict[str, Any]:
    """Everything: the diagonals of every parameter and the relations, by row.

    Args:
        report: Of `qng.adam_report`.
    """
    names = ("vhat", "fisher", "empirical", "hessian", "curvature")
    return plain(
        {
            "problem": report.problem,
            "parameters": report.parameters,
            "beta2": report.beta,
            "rows": report.rows(),
            **{name: getattr(report, name) for name in names},
        }
    )
