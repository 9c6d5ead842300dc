"""Arguments and options that several commands share: one meaning, one help text.

Use them as annotations of a command's parameters; defaults stand with the command.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def count(text: str) -> int:
    """A number of shots; 1e4 is one, too."""
    try:
        number = float(text)
        if number.is_integer() and 1 <= number < 1e15:
            return int(number)
    except (ValueError, OverflowError):
        pass
    raise typer.BadParameter(f"{text!r} is no whole number of at least 1")


ProblemName = Annotated[
    str, typer.Argument(metavar="PROBLEM", help="A name that `qng circuits` lists, or a folder.")
]
Method = Annotated[str, typer.Option(metavar="NAME", help="The method.")]
Methods = Annotated[str, typer.Option(metavar="NAMES", help="Separated by commas.")]
Rates = Annotated[
    str, typer.Option("--lr", metavar="RATES", help="Learning rates, as qng=0.1,adam=0.05.")
]
Trust = Annotated[
    float | None,
    typer.Option(
        min=0,
        metavar="RADIUS",
        help="Longest step in the metric; inf: as published, up or down.  [default: the method's]",
    ),
]
Every = Annotated[int | None, typer.Option(metavar="K", help="Measure the metric every K steps.")]
Tol = Annotated[
    float | None,
    typer.Option(metavar="ENERGY", help="Stop when it changes by no more than this."),
]
Point = Annotated[
    str | None,
    typer.Option(
        "--start",
        "--theta",
        metavar="POINT",
        help="Numbers as 0.1,0.2, random, or a file.  [default: the problem's start]",
    ),
]
Damping = Annotated[
    float | None,
    typer.Option(
        metavar="LAMBDA", help="Of the solve, where a method has one.  [default: the method's]"
    ),
]
Freeze = Annotated[
    str, typer.Option(metavar="NAMES", help="Parameters that are held at the start.")
]
Train = Annotated[
    str, typer.Option(metavar="NAMES", help="Parameters that are trained, and no others.")
]
Seed = Annotated[int, typer.Option(min=0, metavar="N", help="Of everything that is drawn.")]
Executor = Annotated[str, typer.Option(metavar="NAME", help="What answers the requests.")]
Shots = Annotated[
    int | None,
    typer.Option(
        parser=count,
        metavar="N",
        help="For all circuits of one step together, as 10000 or 1e4.  [default: exact]",
    ),
]
Mitigate = Annotated[
    int,
    typer.Option(
        min=0,
        metavar="N",
        help="Correct readout errors, with N shots for each calibration circuit.  [default: 0]",
        show_default=False,
    ),
]
Dask = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS", help="Of a dask.distributed scheduler, whose workers do the work."
    ),
]
Plot = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Save a picture (.png, .svg or .pdf).")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
