"""Arguments and options that several commands share: one meaning, one help text.

Use them as annotations of a command's parameters; defaults stand with the command.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
Theta = Annotated[
    str | None,
    typer.Option(
        metavar="POINT", help="Numbers as 0.1,0.2, random, or a file.  [default: its start]"
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
        min=1, metavar="N", help="For all circuits of one step together.  [default: exact]"
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
