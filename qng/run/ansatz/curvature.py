"""The Berry curvature of a two-parameter family of states, and its Chern number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from qng import checks
from qng.arrays import Amplitudes, Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import InputError, QngError, UnknownNameError, shown
from qng.geometry.holonomy import Fluxes, fluxes
from qng.problem.foreign import origin
from qng.problem.problem import Problem
from qng.run.ansatz.states import circuit_and_point, states
from qng.run.partial import error_in_words

# Qubits, up to which a Hamiltonian is diagonalised at every point of a lattice.
_DENSE: Final = 8

SIGN: Final = (
    "F = dA with A = Im <psi|d psi> (as Fukui, Hatsugai and Suzuki); A = i <psi|d psi> has the "
    "opposite sign"
)
"""Which sign a Chern number has; it changes also where the two parameters change places."""


@dataclass(frozen=True, eq=False)
class CurvatureMap:
    """Berry curvature over two parameters, on a lattice.

    Args:
        names: Of the two parameters.
        a: Places of the first one, shape (A + 1,).
        b: Of the second one, shape (B + 1,).
        fluxes: Through the plaquettes, shape (A, B).
    """

    names: tuple[str, str]
    a: Array
    b: Array
    fluxes: Fluxes

    @property
    def curvature(self) -> Array:
        """The mean of F_ab over every plaquette, shape (A, B)."""
        areas = np.multiply.outer(np.diff(self.a), np.diff(self.b))
        return np.asarray(self.fluxes.flux / areas)

    @property
    def total(self) -> float:
        """The flux through all of it, radians."""
        return self.fluxes.total

    @property
    def chern(self) -> int:
        """The Chern number, in the sign of `SIGN` and the order (a, b).

        Raises:
            InputError: The surface is not closed, or the lattice is too coarse to tell.
        """
        return self.fluxes.chern


def curvature_map(
    surface: Any,
    a: Sequence[float] = (0.0, 2 * np.pi),
    b: Sequence[float] = (0.0, 2 * np.pi),
    *,
    points: int | tuple[int, int] = 24,
    over: Sequence[str] | None = None,
    theta: Any = None,
    level: int = 0,
) -> CurvatureMap:
    """The Berry curvature of a family of states over a rectangle, plaquette by plaquette.

    It is the phase around every plaquette, divided by its area: no derivative is taken, and the
    phases of the states do not matter. Where the rectangle is a closed surface (opposite edges have
    the same states, or an edge is one state, as at the poles of a sphere) `chern` is its Chern
    number.

    Args:
        surface: A function of two numbers that returns
            the amplitudes of a state, shape (N,);
            a circuit without parameters (ours or Qiskit's);
            a Hamiltonian, whose eigenstate `level` is meant, as a matrix (N, N) or whatever
            `PauliSum` reads;
            or rows of states that span one space, shape (k, N) with k < N, such as filled bands.
            Or a circuit or problem with parameters, two of which are meant by `over`.
        a: Both ends of the first parameter.
        b: Of the second one.
        points: Plaquettes along both, or along each.
        over: The names of two parameters of a circuit; by default it has two.
        theta: The other parameters of a circuit: a point; the start of a problem by default.
        level: Of a Hamiltonian, from the lowest one.

    Raises:
        InputError: A surface that is none of these; levels that meet.

    Reference: Fukui, Hatsugai, Suzuki, J. Phys. Soc. Jpn. 74, 1674 (2005),
    arXiv:cond-mat/0503172.

    Example:
        >>> from qng.circuit.pauli import PauliSum
        >>> field = lambda u, v: PauliSum(
        ...     {"X0": np.sin(u) * np.cos(v), "Y0": np.sin(u) * np.sin(v), "Z0": np.cos(u)}
        ... )
        >>> [curvature_map(field, a=(0, np.pi), level=k).chern for k in (0, 1)]
        [-1, 1]
    """
    sizes = points if isinstance(points, Sequence) else (points, points)
    if len(sizes) != 2 or isinstance(sizes, str):
        raise InputError(f"points are one number of plaquettes or two, not {shown(points)}")
    counts = [checks.whole("points", size, 1) for size in sizes]
    along = [_places(name, ends, n) for name, ends, n in zip("ab", (a, b), counts)]
    checks.whole("level", level)
    if isinstance(surface, (Circuit, Problem, str)) or origin(surface) == "qiskit":
        names, lattice = _of_circuit(surface, along, over, theta)
    elif callable(surface):
        if over is not None or theta is not None:
            raise InputError("over= and theta= are those of a circuit, and a function is given")
        names, lattice = ("a", "b"), _of_function(surface, along, level)
    else:
        raise InputError(
            f"a surface is a function of two numbers, or a circuit, not {shown(surface)}"
        )
    return CurvatureMap(names, along[0], along[1], fluxes(lattice))


def _places(name: str, ends: Any, count: int) -> Array:
    found = checks.reals(name, ends)
    if found.shape != (2,) or not np.all(np.isfinite(found)) or not found[0] < found[1]:
        raise InputError(f"{name} must be two finite numbers, the lesser one first, not {ends!r}")
    return np.linspace(found[0], found[1], count + 1)


def _of_circuit(
    target: Any, along: Sequence[Array], over: Sequence[str] | None, theta: Any
) -> tuple[tuple[str, str], Amplitudes]:
    circuit, point = circuit_and_point(target, theta)
    if over is not None and not isinstance(over, (list, tuple)):
        raise InputError(f"over= is two names of parameters, not {shown(over)}")
    names = circuit.parameters if over is None else tuple(map(str, over))
    if len(names) != 2 or names[0] == names[1]:
        raise InputError(
            f"two parameters are needed, and {len(names)} are given: name them with over=, out of "
            f"{', '.join(circuit.parameters[:8]) or 'none'}"
        )
    for name in names:
        if name not in circuit.parameters:
            raise UnknownNameError("parameter", name, circuit.parameters)
    if point is None:
        if circuit.n_parameters > 2:
            raise InputError("theta is needed: a point for the other parameters of the circuit")
        point = np.zeros(circuit.n_parameters)
    grid = np.stack(np.meshgrid(*along, indexing="ij"), axis=-1)
    thetas = np.tile(point, (*grid.shape[:2], 1))
    thetas[..., [circuit.parameters.index(name) for name in names]] = grid
    found = states(circuit, thetas.reshape(-1, circuit.n_parameters))
    return (names[0], names[1]), found.reshape(*grid.shape[:2], -1)


def _of_function(
    surface: Callable[[float, float], Any], along: Sequence[Array], level: int
) -> Amplitudes:
    rows = [[_state(surface, x, y, level) for y in along[1].tolist()] for x in along[0].tolist()]
    shapes = {state.shape for row in rows for state in row}
    if len(shapes) > 1:
        raise InputError(f"all states of a surface have one shape, not {sorted(shapes)}")
    return np.array(rows)


def _state(surface: Callable[[float, float], Any], x: float, y: float, level: int) -> Amplitudes:
    """The state, or the states, of the function at a point."""
    try:
        found = surface(x, y)
    except QngError:
        raise
    except Exception as error:
        raise InputError(
            f"the function of the surface failed at ({x:g}, {y:g}): {error_in_words(error)}"
        ) from error
    package = origin(found)
    if isinstance(found, (Circuit, Problem)) or hasattr(found, "num_clbits"):
        circuit, point = circuit_and_point(found, None)
        if point is None and circuit.n_parameters:
            raise InputError(
                f"the circuit at ({x:g}, {y:g}) has parameters that are not bound: "
                f"{', '.join(circuit.parameters[:8])}"
            )
        given = np.zeros(0) if point is None else point
        return np.asarray(states(circuit, given[None])[0])
    operator = package == "pennylane" and hasattr(found, "wires")
    if isinstance(found, (PauliSum, Mapping)) or hasattr(found, "paulis") or operator:
        words = found if isinstance(found, PauliSum) else PauliSum(found)
        if words.n_qubits > _DENSE:
            raise InputError(
                f"Hamiltonians are diagonalised up to {_DENSE} qubits, not {words.n_qubits}: "
                "return a state"
            )
        return _eigenstate(words.hermitian().dense(max(words.n_qubits, 1)), level, (x, y))
    try:
        array = np.asarray(found.toarray() if hasattr(found, "toarray") else found, dtype=complex)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"the function of the surface must return a state, a circuit or a Hamiltonian, not "
            f"{shown(found)}"
        ) from error
    if array.ndim == 2 and array.shape[0] == array.shape[1]:
        if not np.allclose(array, array.conj().T, rtol=0, atol=1e-10 * np.abs(array).max()):
            raise InputError(f"the matrix at ({x:g}, {y:g}) is not Hermitian")
        return _eigenstate(array, level, (x, y))
    if array.ndim not in (1, 2):
        raise InputError(f"a state has the shape (N,), or (k, N) for a space, not {array.shape}")
    return array


def _eigenstate(matrix: Amplitudes, level: int, at: tuple[float, float]) -> Amplitudes:
    """One eigenvector, which must be the only one of its eigenvalue."""
    if level >= len(matrix):
        raise InputError(f"there is no level {level} of a matrix of {len(matrix)} rows")
    values, vectors = np.linalg.eigh(matrix)
    gaps = np.abs(np.delete(values, level) - values[level])
    if gaps.min(initial=np.inf) <= 1e-10 * max(float(np.ptp(values)), 1e-300):
        raise InputError(
            f"level {level} meets another one at ({at[0]:g}, {at[1]:g}): there its state is not "
            "defined, and no curvature is"
        )
    return np.asarray(vectors[:, level])
