"""The geometry of the ansatz of one problem: all that `qng geometry` shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import InputError, UnknownNameError
from qng.geometry.capacity import EffectiveDimension
from qng.geometry.haar import Expressibility
from qng.geometry.tangent import TangentKernel
from qng.problem.anyproblem import AnyProblem
from qng.problem.problem import Problem
from qng.run.ansatz.depth import Along, along
from qng.run.ansatz.effective import NoInformationError, effective_dimension
from qng.run.ansatz.kernel import tangent_kernel
from qng.run.ansatz.spectra import Spectra, spectra
from qng.run.ansatz.spread import PAIRS, expressibility
from qng.run.ansatz.states import circuit_and_point, model_of
from qng.run.library import load
from qng.run.point import berry_curvature
from qng.seeds import number_of

_WORDS: Final = 1000
"""Of an observable whose tangent kernel is looked at."""


@dataclass(frozen=True, eq=False)
class Geometry:
    """What an ansatz is like.

    Args:
        n_qubits: n; None of a model, which has no circuit.
        parameters: Names of the P parameters that are free.
        theta: The point at which it was looked at, shape (P,), radians.
        here: The spectrum of the metric at that point.
        anywhere: The same at random points.
        along: The rank along the circuit, at a random point; None of a model.
        curvature: The Berry curvature F at the point, shape (P, P); None of a model.
        effective: The effective dimension, of a circuit that of measuring every qubit in Z; None
            where a model has no Fisher matrix.
        expressibility: Of random parameters; None of a model.
        kernel: The tangent kernel of the words of the observable at the point; None of a model,
            and where there is no observable.
        seed: Of everything that was drawn.
    """

    n_qubits: int | None
    parameters: tuple[str, ...]
    theta: Array
    here: Spectra
    anywhere: Spectra
    along: Along | None
    curvature: Array | None
    effective: EffectiveDimension | None
    expressibility: Expressibility | None
    kernel: TangentKernel | None = None
    seed: int = 0


def geometry(
    target: Any,
    theta: Any = None,
    *,
    samples: int = 10,
    pairs: int = PAIRS,
    points: int = 30,
    seed: int = 0,
) -> Geometry:
    """Ranks, spectra, curvature, effective dimension and expressibility of a problem's circuit.

    Of a model (`qng.models`) there are spectra, and the effective dimension of its Fisher matrix.

    Args:
        target: A circuit, a problem, or a problem's name, as in `qng.metric`; or a model.
        theta: Shape (P,), radians; the start of a problem by default, and a random point of a
            circuit.
        samples: Random points, of the spectra.
        pairs: Of random states, of the expressibility.
        points: Random points, of the effective dimension.
        seed: Of everything that is drawn.

    Raises:
        InputError: As `qng.metric`; an ensemble; too many qubits for exact states; a circuit
            without parameters.

    Example:
        >>> import qng
        >>> found = qng.ansatz.geometry("one-qubit", samples=2, pairs=800)
        >>> found.n_qubits, len(found.parameters)
        (1, 2)
    """
    key = number_of(seed)
    model = model_of(target)
    if model is not None:
        return _of_model(model, theta, samples, points, key)
    circuit, point = circuit_and_point(target, theta)
    if not circuit.n_parameters:
        raise InputError("the circuit has no parameters, and so no geometry")
    if point is None:
        point = np.random.default_rng([key, 1]).uniform(-np.pi, np.pi, circuit.n_parameters)
    try:
        effective = effective_dimension(circuit, points=points, seed=key)
    except NoInformationError:
        effective = None
    return Geometry(
        n_qubits=circuit.n_qubits,
        parameters=circuit.parameters,
        theta=point,
        here=spectra(circuit, point),
        anywhere=spectra(circuit, samples=samples, seed=key),
        along=along(circuit, seed=key),
        curvature=berry_curvature(circuit, point),
        effective=effective,
        expressibility=expressibility(circuit, pairs=pairs, seed=key),
        kernel=_kernel(target, circuit, point),
        seed=key,
    )


def _kernel(target: Any, circuit: Circuit, point: Array) -> TangentKernel | None:
    """Of the words of a problem's observable."""
    if isinstance(target, (str, Path)):
        target = load(target)
    if not isinstance(target, Problem):
        return None
    words = [PauliSum({str(word): c.real}) for word, c in target.observable if word.support]
    if not 0 < len(words) <= _WORDS:
        return None
    return tangent_kernel(circuit, point, words)


def _of_model(model: AnyProblem, theta: Any, samples: int, points: int, seed: int) -> Geometry:
    point = model.initial if theta is None else theta
    here = spectra(model, point)
    try:
        effective = effective_dimension(model, points=points, seed=seed)
    except UnknownNameError:
        effective = None
    return Geometry(
        n_qubits=None,
        parameters=model.parameters,
        theta=here.thetas[0],
        here=here,
        anywhere=spectra(model, samples=samples, seed=seed),
        along=None,
        curvature=None,
        effective=effective,
        expressibility=None,
        seed=seed,
    )
