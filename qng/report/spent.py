"""What runs have spent, on the axes against which they are compared.

    steps         updates
    circuits      circuits with their measurement basis and angles
    shots         of all of them
    qpu           estimated seconds of a quantum computer: 2 a job, 0.35 ms a shot
    seconds       wall time here, of simulators mostly
    evaluations   values, gradients and metrics of a model, one each; sweeps of a simulator

Of exact runs circuits, shots and QPU seconds are those of the same steps on a device
(`qng.run.price`): an exact metric beside an exact energy is not one evaluation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal
from weakref import finalize

import numpy as np

from qng.arrays import Array
from qng.errors import UnknownNameError
from qng.run.comparison import Comparison
from qng.run.price import SHOTS_A_CIRCUIT, Price, UnpricedError, price
from qng.run.results import Run
from qng.run.target import is_of_models

Axis = Literal["steps", "circuits", "shots", "qpu", "seconds", "evaluations"]

AXES: Final[dict[Axis, str]] = {
    "steps": "steps",
    "circuits": "circuits",
    "shots": "shots",
    "qpu": "QPU time (s)",
    "seconds": "wall time (s)",
    "evaluations": "evaluations",
}
"""The axes, with what stands at them."""


@dataclass(frozen=True)
class Counting:
    """How what was spent is known.

    Args:
        axis: What is counted.
        exact: Methods whose runs are exact, so that their circuits are those of a device.
        whole: Whether these are all.
        counted_as: Estimators by which full metrics were counted.
        unknown: Why nobody knows it, by method; of these all is NaN.
    """

    axis: Axis
    exact: tuple[str, ...]
    whole: bool
    counted_as: tuple[str, ...]
    unknown: dict[str, str]


def axis_of(name: str) -> Axis:
    """An axis by name.

    Raises:
        UnknownNameError: There is none.
    """
    if name not in AXES:
        raise UnknownNameError("axis", name, AXES)
    return name


def default_axis(of: Run | Comparison) -> Axis:
    """What runs are compared by where nobody says it.

    Shots where there are, else circuits; evaluations of models, which have none.
    """
    if of_models(of):
        return "evaluations"
    return "shots" if any(run.shots for run in _runs(of)) else "circuits"


def label_of(axis: Axis, of: Run | Comparison) -> str:
    """What stands at an axis, such as "circuits on a device".

    Args:
        axis: The axis.
        of: What is drawn: of exact runs it says that nothing was run there.
    """
    estimated = {"circuits": "circuits on a device", "shots": "shots on a device"}
    words = AXES[axis]
    if axis == "qpu":
        return "estimated QPU time (s)"
    return estimated.get(axis, words) if is_exact(of) else words


def spent(run: Run, axis: Axis) -> Array:
    """What a run had spent when it got to each of its points.

    Args:
        run: The run.
        axis: Of what.

    Returns:
        Shape (nit + 1,), 0 at the start: the energy of a point is known a batch later. NaN from the
        first step on where nobody knows it (`counting`).

    Cost: see `qng.run.price.price`; nothing for steps and seconds.
    """
    return _known(run, axis)[:-1]


def total(run: Run, axis: Axis) -> float:
    """What a run has spent in all, its energy at the end included; NaN where nobody knows it."""
    return float(_known(run, axis)[-1])


def counting(of: Run | Comparison, axis: Axis) -> Counting:
    """How what was spent is known, and of which methods it is not."""
    counted: list[str] = []
    unknown: dict[str, str] = {}
    if axis in ("circuits", "shots", "qpu"):
        for run in _runs(of):
            if run.shots and axis != "qpu":
                continue
            found = _price(run)
            if isinstance(found, str):
                unknown.setdefault(run.method, found)
            elif found.counted_as and found.counted_as not in counted:
                counted.append(found.counted_as)
    exact = dict.fromkeys(run.method for run in _runs(of) if not run.shots)
    return Counting(axis, tuple(exact), is_exact(of), tuple(counted), unknown)


def in_words(counting: Counting) -> list[str]:
    """What a reader of costs has to know, one line each."""
    lines = []
    if counting.exact and counting.axis in ("circuits", "shots", "qpu"):
        full = " or ".join(counting.counted_as)
        metric = f", the full metric by {full}" if full else ""
        at = f", {SHOTS_A_CIRCUIT} shots each" if counting.axis != "circuits" else ""
        which = "the runs" if counting.whole else f"those of {', '.join(counting.exact)}"
        lines.append(
            f"cost: {which} are exact; their circuits are those of the same steps on a device, "
            f"where shots add noise: exact gradients by parameter shift{metric}{at}"
        )
    if counting.axis == "qpu":
        lines.append("QPU time: by IBM's public formula, 2 s a job (a batch) and 0.35 ms a shot")
    if counting.axis == "seconds":
        lines.append("wall time: of this machine; runs beside each other slow each other down")
    lines += [f"cost of {name}: unknown: {why}" for name, why in counting.unknown.items()]
    return lines


def axes_of(of: Run | Comparison) -> list[Axis]:
    """The axes that say something: of models no circuits, of circuits their own counts."""
    if of_models(of):
        return ["steps", "evaluations", "seconds"]
    return [axis for axis in AXES if axis != "evaluations"]


def of_models(of: Run | Comparison) -> bool:
    """Whether all runs are known to be of models, of which nothing is executed."""
    made = [run.made for run in _runs(of)]
    known = [recipe for recipe in made if recipe is not None]
    return bool(known) and all(is_of_models(recipe.problem) for recipe in known)


def is_exact(of: Run | Comparison) -> bool:
    """Whether no run has shots."""
    return not any(run.shots for run in _runs(of))


def _runs(of: Run | Comparison) -> Sequence[Run]:
    return [of] if isinstance(of, Run) else [run for runs in of.runs.values() for run in runs]


# By the identity of runs, for as long as these are there.
_KNOWN: Final[dict[int, dict[Axis, Array]]] = {}


def _known(run: Run, axis: Axis) -> Array:
    """What was spent before each row, and in all; shape (nit + 2,), not to be written to."""
    if id(run) not in _KNOWN:
        _KNOWN[id(run)] = {}
        finalize(run, _KNOWN.pop, id(run), None)
    known = _KNOWN[id(run)]
    if axis not in known:
        known[axis] = np.concatenate([[0.0], _upto(run, axis)])
        known[axis].setflags(write=False)
    return known[axis]


def _upto(run: Run, axis: Axis) -> Array:
    """What was spent up to and with each row."""
    if axis == "steps":
        # The last row is no step any more.
        return np.asarray(np.arange(1, len(run.trace) + 1).clip(max=run.nit), dtype=float)
    if axis == "seconds":
        return np.asarray(run.trace["seconds"], dtype=float)
    if axis == "shots" and run.shots:
        return np.asarray(run.trace["shots"], dtype=float)
    if axis == "evaluations" or (axis == "circuits" and run.shots):
        return np.asarray(run.trace["evaluations"], dtype=float)
    found = _price(run)
    if isinstance(found, str):
        return np.full(len(run.trace), math.nan)
    of_axis = {"circuits": found.circuits, "shots": found.shots, "qpu": found.seconds}
    return np.asarray(of_axis[axis], dtype=float)


def _price(run: Run) -> Price | str:
    """The price, or why there is none."""
    try:
        return price(run)
    except UnpricedError as error:
        return str(error)
