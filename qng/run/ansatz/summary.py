"""The geometry of the ansatz of one problem: all that `qng geometry` shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qng.arrays import Array
from qng.errors import InputError
from qng.geometry.capacity import EffectiveDimension
from qng.geometry.haar import Expressibility
from qng.run.ansatz.depth import Along, along
from qng.run.ansatz.effective import effective_dimension
from qng.run.ansatz.spectra import Spectra, spectra
from qng.run.ansatz.spread import PAIRS, expressibility
from qng.run.ansatz.states import circuit_and_point
from qng.run.point import berry_curvature
from qng.seeds import number_of


@dataclass(frozen=True, eq=False)
class Geometry:
    """What an ansatz is like.

    Args:
        n_qubits: n.
        parameters: Names of the P parameters that are free.
        theta: The point at which it was looked at, shape (P,), radians.
        here: The spectrum of the metric at that point.
        anywhere: The same at random points.
        along: The rank along the circuit, at a random point.
        curvature: The Berry curvature F at the point, shape (P, P).
        effective: The effective dimension of measuring every qubit in Z; None without parameters.
        expressibility: Of random parameters.
    """

    n_qubits: int
    parameters: tuple[str, ...]
    theta: Array
    here: Spectra
    anywhere: Spectra
    along: Along
    curvature: Array
    effective: EffectiveDimension
    expressibility: Expressibility


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

    Args:
        target: A circuit, a problem, or a problem's name, as in `qng.metric`.
        theta: Shape (P,), radians; the start of a problem by default, and a random point of a
            circuit.
        samples: Random points, of the spectra.
        pairs: Of random states, of the expressibility.
        points: Random points, of the effective dimension.
        seed: Of everything that is drawn.

    Raises:
        InputError: As `qng.metric`; an ensemble; too many qubits for exact states; a circuit
            without parameters.
    """
    circuit, point = circuit_and_point(target, theta)
    key = number_of(seed)
    if not circuit.n_parameters:
        raise InputError("the circuit has no parameters, and so no geometry")
    if point is None:
        point = np.random.default_rng([key, 1]).uniform(-np.pi, np.pi, circuit.n_parameters)
    return Geometry(
        n_qubits=circuit.n_qubits,
        parameters=circuit.parameters,
        theta=point,
        here=spectra(circuit, point),
        anywhere=spectra(circuit, samples=samples, seed=key),
        along=along(circuit, seed=key),
        curvature=berry_curvature(circuit, point),
        effective=effective_dimension(circuit, points=points, seed=key),
        expressibility=expressibility(circuit, pairs=pairs, seed=key),
    )
