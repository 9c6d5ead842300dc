"""Eigenvalues and ranks of the Fubini-Study metric at points of a circuit or a model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from qng import checks
from qng.arrays import Amplitudes, Array, Integers
from qng.errors import InputError
from qng.geometry.capacity import Counted, counted, singular
from qng.geometry.eigen import ROUNDING
from qng.problem.anyproblem import AnyProblem
from qng.run.ansatz.states import (
    circuit_and_point,
    model_metrics,
    model_of,
    random_points,
    tangents,
)
from qng.run.starts import draw_starts
from qng.seeds import number_of


@dataclass(frozen=True, eq=False)
class Spectra:
    """The eigenvalues of g = QFI / 4 at points.

    Args:
        n_qubits: n; None of a model without circuits.
        parameters: Names of the P parameters.
        thetas: Shape (points, P), radians.
        values: Descending, shape (points, P).
        floor: At or below this fraction of the largest one is rounding.
        real: Whether all states seen are real up to a phase, as those of RY and CX are.
    """

    n_qubits: int | None
    parameters: tuple[str, ...]
    thetas: Array
    values: Array
    floor: float
    real: bool

    @cached_property
    def counted(self) -> tuple[Counted, ...]:
        """The rank at every point, and how clear it is."""
        return tuple(counted(row, self.floor) for row in self.values)

    @property
    def ranks(self) -> Integers:
        """The effective quantum dimension G_C at every point, shape (points,)."""
        return np.array([found.rank for found in self.counted], dtype=np.int64)

    @property
    def dimension(self) -> int:
        """The largest rank: at random points the parameter dimension D_C of the circuit."""
        return max((found.rank for found in self.counted), default=0)

    @property
    def redundancy(self) -> float:
        """The share of parameters beyond that dimension, 0 to 1; 0 without parameters."""
        return 1 - self.dimension / len(self.parameters) if self.parameters else 0.0

    @property
    def most(self) -> int | None:
        """What no circuit on n qubits exceeds: 2^(n+1) - 2, or 2^n - 1 of real states."""
        return None if self.n_qubits is None else most(self.n_qubits, self.real)

    @property
    def is_clear(self) -> bool:
        """Whether no rank hangs on where the line between information and rounding is drawn."""
        return all(found.is_clear for found in self.counted)


def most(n_qubits: int, real: bool = False) -> int:
    """Directions of all states of n qubits.

    Example:
        >>> most(3), most(3, real=True)
        (14, 7)
    """
    size = 1 << n_qubits
    return size - 1 if real else 2 * size - 2


def is_real(states: Amplitudes) -> bool:
    """Whether every state is real up to a phase: |sum_x psi_x^2| = 1."""
    return bool(np.all(np.abs(np.abs(np.sum(states**2, axis=-1)) - 1) < 1e-9))


def spectra(
    target: Any,
    thetas: Any = None,
    samples: int = 10,
    seed: int = 0,
    floor: float = ROUNDING,
) -> Spectra:
    """The spectrum of the metric at points of a circuit.

    Its rank is the effective quantum dimension G_C(theta); at random points it is the parameter
    dimension D_C, the number of independent directions of the states of the circuit.

    Args:
        target: A circuit, a problem, or a problem's name, as in `qng.metric`; a pair of a QNode and
            its arguments; or a model.
        thetas: Shape (P,) or (points, P), radians; None: random points, uniform on [-pi, pi), of a
            model as `qng.compare` draws starts.
        samples: How many of these.
        seed: Of these.
        floor: At or below this fraction of the largest eigenvalue one is rounding.

    Raises:
        InputError: As `qng.metric`; an ensemble; too many qubits for exact states.

    Cost: derivative states and their singular values at every point. The eigenvalues are their
    squares, and so are known far below 1e-16 of the largest.

    Reference: Haug, Bharti, Kim, PRX Quantum 2, 040309 (2021), arXiv:2102.01659.

    Example:
        >>> from qng.circuit.ansatz import hardware_efficient
        >>> spectra(hardware_efficient(2, 4, ("ry",), "cz")).dimension
        3
    """
    checks.inside("floor", floor, 0, 1)
    rows = None if thetas is None or isinstance(thetas, tuple) else np.asarray(thetas)
    first = thetas if rows is None or rows.ndim < 2 else rows[0]
    model = model_of(target)
    if model is not None:
        return _of_model(model, thetas, checks.whole("samples", samples, 1), seed, floor)
    circuit, point = circuit_and_point(target, first)
    if thetas is None:
        count = checks.whole("samples", samples, 1)
        points = random_points(circuit, count, number_of(seed))
    elif rows is not None and rows.ndim == 2:
        points = circuit.check(rows)
    else:
        assert point is not None
        points = point[None]
    found, real = [], True
    for theta in points:
        rows_of, psi = tangents(circuit, theta)
        found.append(singular(rows_of))
        real = real and is_real(psi)
    values = np.array(found).reshape(len(points), circuit.n_parameters)
    return Spectra(circuit.n_qubits, circuit.parameters, points, values, float(floor), real)


def effective_quantum_dimension(target: Any, theta: Any = None) -> int:
    """G_C(theta): the rank of the quantum Fisher information matrix at a point.

    Args:
        target: As in `spectra`.
        theta: Shape (P,), radians; None: the start of a problem.

    Raises:
        InputError: As `spectra`, or no point.

    Reference: Haug, Bharti, Kim, PRX Quantum 2, 040309 (2021), arXiv:2102.01659.

    Example:
        >>> effective_quantum_dimension("one-qubit", [0.0, 0.0])
        2
    """
    model = model_of(target)
    point = model.initial if model is not None and theta is None else theta
    if model is None:
        circuit, point = circuit_and_point(target, theta)
        if point is None:
            raise InputError(f"theta is needed: {circuit.n_parameters} numbers for the circuit")
        target = circuit
    return spectra(target, point).dimension


def _of_model(model: AnyProblem, thetas: Any, samples: int, seed: int, floor: float) -> Spectra:
    """The same of a model, by its own metric."""
    if thetas is None:
        points = draw_starts(model, samples + 1, seed)[1:]
    else:
        points = np.atleast_2d(checks.reals("thetas", thetas))
    size = len(model.parameters)
    if points.ndim != 2 or points.shape[1] != size or not np.all(np.isfinite(points)):
        raise InputError(f"points are rows of {size} finite numbers, not of shape {points.shape}")
    found = [metric.spectrum()[::-1] for metric in model_metrics(model, points, "auto")]
    values = np.array(found).reshape(len(points), size)
    return Spectra(None, model.parameters, points, values, float(floor), False)
