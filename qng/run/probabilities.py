"""The probability of bit strings along a run: exact, from the statevector at its points.

A string stands as everywhere here: the last letter is qubit 0. PennyLane writes wire 0 first; its
strings are meant by `zero="left"`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.errors import InputError, UnknownNameError, shown
from qng.execute.names import executor as executor_of
from qng.plan.plan import Plan
from qng.plan.request import Probabilities, Request
from qng.problem.given import ensemble_and_point
from qng.problem.problem import Problem
from qng.run.bench import answer
from qng.run.results import Run
from qng.run.target import circuits_of

Zero = Literal["right", "left"]

# Amplitudes held at once.
_MANY: Final = 2**22


def of_bits(run: Run, bits: str | Sequence[str], zero: Zero = "right") -> Array:
    """The probability that a measurement of all qubits gives one of the strings, along a run.

    Args:
        run: With all its points, those whose step was undone included.
        bits: A string of n zeros and ones, or several different ones, whose probabilities are
            added.
        zero: Where qubit 0 stands: "right", or "left" as in PennyLane.

    Returns:
        Shape (nit + 1,).

    Raises:
        InputError: Strings that are not like that, or a run that does not say what it minimised.
        UnknownNameError: `zero` is neither side.

    Cost: one state a point.

    Example:
        >>> import qng
        >>> run = qng.minimize("textbook-2", "qng", steps=30)
        >>> of_bits(run, ["01", "10"])[[0, -1]].round(2).tolist()
        [0.06, 1.0]
    """
    return at(problem_of(run), run.trace["theta"], bits, zero)


def problem_of(run: Run) -> Problem:
    """What a run minimised.

    Raises:
        InputError: No run, one that does not say, or one of a model.
    """
    if not isinstance(run, Run):
        raise InputError(f"a run is expected, as qng.minimize returns it, not {shown(run)}")
    if run.made is None:
        raise InputError("the run does not say how it was made: its circuit is not known")
    return circuits_of(run.made.problem, "the probability of bit strings")


def at(target: Any, theta: ArrayLike, bits: str | Sequence[str], zero: Zero = "right") -> Array:
    """The same at points of one's own.

    Args:
        target: A circuit, a problem, or a problem's name.
        theta: Shape (points, P) or (P,), radians.
        bits: As in `of_bits`.
        zero: As in `of_bits`.

    Returns:
        Shape (points,), one point for a single one.

    Raises:
        InputError: As in `of_bits`; theta of the wrong length; several weighted circuits.
    """
    ensemble, given = ensemble_and_point(target, theta, many=True)
    if len(ensemble) > 1:
        raise InputError("bits are those of one circuit, and this problem has several")
    circuit, points = ensemble[0][0], np.atleast_2d(given)
    outcomes = _outcomes(circuit, bits, zero)
    device, rows = executor_of("statevector"), max(1, _MANY >> circuit.n_qubits)
    found = []
    for start in range(0, len(points), rows):
        angles = circuit.angles(points[start : start + rows])
        request = Request(circuit, angles, Probabilities())
        plan: Plan[Array] = Plan((request,), lambda results: results[0])
        found.append(answer(device, plan)[:, outcomes].sum(axis=1))
    return np.concatenate(found)


def _outcomes(circuit: Circuit, bits: str | Sequence[str], zero: str) -> list[int]:
    """The indices of the strings."""
    if zero not in ("right", "left"):
        raise UnknownNameError("side of qubit 0", str(zero), ("right", "left"))
    strings = [bits] if isinstance(bits, str) else list(bits)
    n = circuit.n_qubits
    for text in strings:
        if not isinstance(text, str) or len(text) != n or set(text) - set("01"):
            raise InputError(f"bits are strings of {n} zeros and ones, not {shown(text)}")
    if not strings or len(set(strings)) < len(strings):
        raise InputError(f"bits are different strings, one at least, not {shown(bits)}")
    return [int(text if zero == "right" else text[::-1], 2) for text in strings]
