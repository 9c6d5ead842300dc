"""Arguments and options that several commands share: one meaning, one help text.

Use them as annotations of a command's parameters; defaults stand with the command.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from qng.cli import complete


def count(text: str) -> int:
    """A number of shots; 1e4 is one, too."""
    try:
        number = float(text)
        if number.is_integer() and 1 <= number < 1e15:
            return int(number)
    except (ValueError, OverflowError):
        pass
    raise typer.BadParameter(f"{text!r} is no whole number of at least 1")


def seconds(text: str) -> float:
    """A positive number, such as one of seconds."""
    try:
        number = float(text)
        if 0 < number < math.inf:
            return number
    except ValueError:
        pass
    raise typer.BadParameter(f"{text!r} is no positive number")


ProblemName = Annotated[
    str,
    typer.Argument(
        metavar="PROBLEM",
        help="A name that `qng circuits` lists, or a folder.",
        autocompletion=complete.problems,
    ),
]
ProblemNames = Annotated[
    str,
    typer.Argument(
        metavar="PROBLEM",
        help="A name that `qng circuits` lists, or a folder; several separated by commas.",
        autocompletion=complete.problems,
    ),
]
Method = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="The method; `qng methods` lists them.",
        autocompletion=complete.methods,
    ),
]
ProblemOrFile = Annotated[
    str | None,
    typer.Argument(
        metavar="PROBLEM",
        help="A name that `qng circuits` lists, or a folder; left out with --resume.",
        show_default=False,
        autocompletion=complete.problems,
    ),
]
ProblemsOrFile = Annotated[
    str | None,
    typer.Argument(
        metavar="PROBLEM",
        help="A name that `qng circuits` lists, or a folder; several separated by commas; with "
        "--into by default those that are there.",
        show_default=False,
        autocompletion=complete.problems,
    ),
]
Methods = Annotated[
    str,
    typer.Option(
        metavar="NAMES",
        help="Separated by commas; with learning rates as qng@0.05,qng@0.1.",
        autocompletion=complete.methods,
    ),
]
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
Steps = Annotated[int, typer.Option(min=0, metavar="N", help="Most updates.")]
Rate = Annotated[
    float | None,
    typer.Option("--lr", metavar="RATE", help="Learning rate.  [default: the method's]"),
]
Metric = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="As of `qng metric`.", autocompletion=complete.metrics),
]
Words = Annotated[
    str | None,
    typer.Option(
        metavar="WORDS",
        help="Of the metric observables: hamiltonian, local-1, local-2, ..., light-cone, or words "
        "as 'Z0 Z1, X0'.  [default: hamiltonian]",
        show_default=False,
    ),
]
Weight = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Of the metric observables: projection, coefficients or terms.  [default: projection]",
        show_default=False,
    ),
]
Floor = Annotated[
    float | None,
    typer.Option(
        metavar="F",
        help="Of the projection of the metric observables: variances of words that hardly count.  "
        "[default: 0, with shots 0.1]",
        show_default=False,
    ),
]
Gradient = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="exact, parameter-shift, finite-difference or spsa.",
        autocompletion=complete.gradients,
    ),
]
Trace = Annotated[int, typer.Option(min=0, metavar="ROWS", help="Rows to show.")]
Every = Annotated[int | None, typer.Option(metavar="K", help="Measure the metric every K steps.")]
Trials = Annotated[
    int | None,
    typer.Option(
        min=0,
        metavar="K",
        help="Of the linear method: energies of K steps of different shifts, the lowest of which "
        "is taken.  [default: 0]",
        show_default=False,
    ),
]
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
Within = Annotated[
    str | None,
    typer.Option(
        metavar="NAME=VALUE,...",
        help="The sector: symmetries of the problem, such as N=2,Sz=0,S2=0 of molecules.",
    ),
]
Freeze = Annotated[
    str, typer.Option(metavar="NAMES", help="Parameters that are held at the start.")
]
Train = Annotated[
    str, typer.Option(metavar="NAMES", help="Parameters that are trained, and no others.")
]
Seed = Annotated[int, typer.Option(min=0, metavar="N", help="Of everything that is drawn.")]
Executor = Annotated[
    str,
    typer.Option(
        "--executor",
        "--backend",
        metavar="NAME",
        help="What answers the requests.",
        autocompletion=complete.executors,
    ),
]
Shots = Annotated[
    int | None,
    typer.Option(
        parser=count,
        metavar="N",
        help="For all circuits of one step together, as 10000 or 1e4.  [default: exact]",
    ),
]
ShotsPerCircuit = Annotated[
    int | None,
    typer.Option(
        parser=count,
        metavar="N",
        help="For every circuit, however many a step has; instead of --shots.",
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
Save = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Keep the result, for `qng.load_run`, plots, tables and reports."
    ),
]
Plot = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Save a picture (.png, .svg or .pdf).")
]
TensorBoard = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Show every step in TensorBoard: a folder of events for each run, in DIR.",
    ),
]
MLflow = Annotated[
    str | None,
    typer.Option(
        metavar="URI",
        help="Show every step in MLflow: http://host:5000, or sqlite:///mlflow.db.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Device = Annotated[
    str,
    typer.Option(
        "--executor",
        "--backend",
        metavar="NAME",
        help="A device: ibm_NAME, or ibm for the least busy; fake_manila, generic:5 or aer to "
        "rehearse.",
        show_default=False,
        autocompletion=complete.executors,
    ),
]


# --- runs in a ledger, and devices elsewhere -----------------------------------------------------

Run = Annotated[
    str | None,
    typer.Argument(
        metavar="[RUN]",
        help="The first digits of its name.  [default: the newest that is not over]",
        show_default=False,
    ),
]
NewLedger = Annotated[
    Path | None,
    typer.Option(
        "--ledger",
        metavar="FILE",
        help="Where the run is kept, so that it can be resumed.  [default: qng-runs.db for a "
        "device elsewhere, none for a simulator]",
        show_default=False,
    ),
]
FinishedLedger = Annotated[
    Path | None,
    typer.Option(
        "--ledger",
        metavar="FILE",
        help="Where finished runs are kept: none of them is done again when the command is "
        "repeated.",
    ),
]
Ledger = Annotated[Path, typer.Option("--ledger", metavar="FILE", help="Where the runs are kept.")]
MaxSeconds = Annotated[
    float | None,
    typer.Option(
        parser=seconds,
        metavar="SECONDS",
        help="QPU time for the whole run; it parks before a job that does not fit.",
    ),
]
Poll = Annotated[
    float | None,
    typer.Option(
        parser=seconds, metavar="SECONDS", help="Between two looks at a job.  [default: 10]"
    ),
]
Grace = Annotated[
    float | None,
    typer.Option(
        parser=seconds,
        metavar="SECONDS",
        help="How long a job is looked for whose reply was lost.  [default: 120]",
    ),
]
Timeout = Annotated[
    float | None,
    typer.Option(
        parser=seconds, metavar="SECONDS", help="For an answer of the service.  [default: 60]"
    ),
]
PostsPerMinute = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="N", help="Jobs sent in a minute by all runs of the ledger.  [default: 5]"
    ),
]
Session = Annotated[
    str | None,
    typer.Option(
        metavar="SECONDS",
        help="Hold the device in a session of at most so long; longest: as long as the service "
        "gives.",
    ),
]
Instance = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Of the service.  [default: that of the saved account]"),
]
SamplerOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--sampler-option",
        metavar="NAME=VALUE",
        help="Of the service's sampler, such as twirling.enable_measure=true or "
        "dynamical_decoupling.enable=true; may be given more than once.",
    ),
]
OptimizationLevel = Annotated[
    int | None,
    typer.Option(min=0, max=3, metavar="LEVEL", help="Of the transpilation.  [default: 2]"),
]
Against = Annotated[
    str | None,
    typer.Option(
        metavar="AXIS",
        help="What cost is counted in, in table and picture: steps, circuits, shots, qpu, "
        "seconds or evaluations.  [default: shots; circuits where exact; evaluations of models]",
    ),
]
Price = Annotated[
    float | None,
    typer.Option(parser=seconds, metavar="MONEY", help="Of a second of QPU time, to show costs."),
]
