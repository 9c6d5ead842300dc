r"""What geodesics need of a circuit or a model: its metric, its connection, and states.

A path is a straight line and polynomials that vanish at its ends. Its energy, whose least value at
given ends is the square of the length, is that of chords between states where there are states,

    E = K sum_k d(psi_k, psi_{k+1})^2,

and an integral where there is a metric only, whose derivative the geodesic equation gives,

    E = int v^T g v dt,    dE = -2 int (g a + Gamma_{.,vv}) . dtheta dt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np

from qng.arrays import Amplitudes, Array, Integers
from qng.circuit.circuit import Circuit
from qng.errors import InputError
from qng.estimate.fubini.connection import exact as connection
from qng.execute.names import executor as executor_of
from qng.geometry.rays import distance
from qng.plan.plan import Plan
from qng.plan.request import Request, Tangent
from qng.problem.anyproblem import AnyProblem
from qng.run.ansatz.states import circuit_and_point, metrics, model_metrics, model_of, states
from qng.run.bench import answer
from qng.run.objective import objective_of
from qng.run.target import device_for, problem_and_point

# Chords of a path between two points; every second point is one of half as many.
_CHORDS: Final = 24

# Nodes of Gauss-Legendre quadrature.
_NODES: Final = 24


class Manifold(Protocol):
    """States or distributions with P coordinates."""

    @property
    def size(self) -> int:
        """P."""

    def metrics(self, thetas: Array, /) -> Array:
        """g at points, shape (points, P, P)."""

    def connection(self, theta: Array, v: Array, /) -> Array:
        """Gamma_{.,vv}, shape (P,)."""

    def states(self, thetas: Array, /) -> Amplitudes:
        """At points, shape (points, 2^n); (points, 0) where there are none."""

    def nearest(self, change: Array, /) -> Array:
        """A change of the coordinates to the same state that is the least one."""

    def energy(self, path: Bent, a: Array, /) -> tuple[float, Array]:
        """E of a path and its derivative by its polynomials, shape (degrees, P)."""

    def length(self, path: Bent, a: Array, /) -> tuple[float, float]:
        """The length of a path, and its error."""


@dataclass(frozen=True, eq=False)
class Bent:
    """theta(t) = start + t (end - start) + sum_m a_m b_m(t), t from 0 to 1.

    Args:
        start: Shape (P,).
        end: Shape (P,).
        degrees: How many polynomials b.
    """

    start: Array
    end: Array
    degrees: int

    def points(self, a: Array, t: Array) -> Array:
        """theta at times, shape (times, P)."""
        line = self.start + np.multiply.outer(t, self.end - self.start)
        return np.asarray(line + self.polynomials(t) @ a)

    def velocities(self, a: Array, t: Array) -> Array:
        """theta' at times, shape (times, P)."""
        return np.asarray(self.end - self.start + self._slopes(t) @ a)

    def accelerations(self, a: Array, t: Array) -> Array:
        """theta'' at times, shape (times, P)."""
        x, m = 2 * t - 1, self._orders
        derivatives = [np.polynomial.legendre.Legendre.basis(k).deriv()(x) for k in m.tolist()]
        return np.asarray((2 * np.sqrt(2 * m + 1) * np.stack(derivatives, axis=1)) @ a)

    def polynomials(self, t: Array) -> Array:
        """b(t), which vanish at 0 and 1 and have orthonormal slopes; shape (times, degrees)."""
        legendre = np.polynomial.legendre.legvander(2 * t - 1, self.degrees + 1)
        return np.asarray(
            (legendre[:, 2:] - legendre[:, :-2]) / (2 * np.sqrt(2 * self._orders + 1))
        )

    def _slopes(self, t: Array) -> Array:
        legendre = np.polynomial.legendre.legvander(2 * t - 1, self.degrees)
        return np.asarray(legendre[:, 1:] * np.sqrt(2 * self._orders + 1))

    @property
    def _orders(self) -> Integers:
        return np.arange(1, self.degrees + 1)


@dataclass(frozen=True, eq=False)
class OfCircuit:
    """The states of a circuit."""

    circuit: Circuit

    @property
    def size(self) -> int:
        """P."""
        return self.circuit.n_parameters

    def metrics(self, thetas: Array) -> Array:
        """g at points."""
        return metrics(self.circuit, thetas)

    def connection(self, theta: Array, v: Array) -> Array:
        """Gamma_{.,vv}."""
        found = answer(executor_of("statevector"), connection(self.circuit, theta, v))
        return np.asarray(found.value)

    def states(self, thetas: Array) -> Amplitudes:
        """The statevectors."""
        return states(self.circuit, thetas)

    def nearest(self, change: Array) -> Array:
        """Less whole turns: 2 pi of parameters whose angles are whole multiples of them."""
        whole = np.ones(self.size, dtype=bool)
        for rotation in self.circuit.rotations:
            form = rotation.angle.affine()
            named = rotation.angle.parameters() if form is None else form[0]
            for name in named:
                if form is None or form[0][name] != round(form[0][name]):
                    whole[self.circuit.parameters.index(name)] = False
        turns = np.round(change / (2 * np.pi))
        return np.asarray(np.where(whole, change - 2 * np.pi * turns, change))

    def energy(self, path: Bent, a: Array) -> tuple[float, Array]:
        """Of chords."""
        t = np.linspace(0.0, 1.0, _CHORDS + 1)
        value, slopes = _of_chords(self.circuit, path.points(a, t))
        return value, np.asarray(path.polynomials(t).T @ slopes)

    def length(self, path: Bent, a: Array) -> tuple[float, float]:
        """Extrapolated: chords are shorter than the curve by O(1 / chords^2)."""
        visited = self.states(path.points(a, np.linspace(0.0, 1.0, _CHORDS + 1)))
        whole, half = (float(np.sum(distance(s[:-1], s[1:]))) for s in (visited, visited[::2]))
        return whole + (whole - half) / 3, abs(whole - half) / 3


@dataclass(frozen=True, eq=False)
class OfModel:
    """The distributions or states of a model, which are known by their metric alone."""

    problem: AnyProblem

    @property
    def size(self) -> int:
        """P."""
        return len(self.problem.parameters)

    def metrics(self, thetas: Array) -> Array:
        """g at points."""
        found = [metric.dense() for metric in model_metrics(self.problem, thetas, "auto")]
        return np.array(found).reshape(len(thetas), self.size, self.size)

    def connection(self, theta: Array, v: Array) -> Array:
        """Gamma_{.,vv}."""
        device = device_for(self.problem, "statevector")
        plan = objective_of(self.problem, device, False).connection(theta, v)
        return np.asarray(answer(device, plan).value)

    def states(self, thetas: Array) -> Amplitudes:
        """There are none at hand."""
        return np.zeros((len(thetas), 0), dtype=complex)

    def nearest(self, change: Array) -> Array:
        """The change itself."""
        return change

    def energy(self, path: Bent, a: Array) -> tuple[float, Array]:
        """The integral, by Gauss-Legendre quadrature."""
        t, weights = _nodes(_NODES)
        points, v = path.points(a, t), path.velocities(a, t)
        g = self.metrics(points)
        value = float(weights @ np.einsum("ti,tij,tj->t", v, g, v))
        gamma = np.array([self.connection(x, u) for x, u in zip(points, v)])
        forces = np.einsum("tij,tj->ti", g, path.accelerations(a, t)) + gamma
        return value, np.asarray(-2 * path.polynomials(t).T @ (weights[:, None] * forces))

    def length(self, path: Bent, a: Array) -> tuple[float, float]:
        """The integral of the speed, and what half as many nodes change."""
        found = [speed_integral(self, path, a, nodes) for nodes in (_NODES, _NODES // 2)]
        return found[0], abs(found[0] - found[1])


def manifold_and_point(target: Any, theta: Any) -> tuple[Manifold, Array]:
    """What geodesics need of whatever is given, and a point of it, shape (P,).

    Args:
        target: A circuit, a problem, or a problem's name, as in `qng.metric`; or a model.
        theta: The point.

    Raises:
        InputError: None of these, or no coordinates.
    """
    if model_of(target) is not None:
        whole, point = problem_and_point(target, theta)
        problem = model_of(whole, point)
        assert problem is not None
        found: Manifold = OfModel(problem)
        point = point[whole.free]
    else:
        circuit, at = circuit_and_point(target, theta)
        if at is None:
            raise InputError(f"a point is needed: {circuit.n_parameters} numbers for the circuit")
        found, point = OfCircuit(circuit), at
    if not found.size:
        raise InputError("there is no path without parameters")
    return found, point


def speed_integral(manifold: Manifold, path: Bent, a: Array, nodes: int = _NODES) -> float:
    """The length of a path, int sqrt(v^T g v) dt."""
    t, weights = _nodes(nodes)
    v = path.velocities(a, t)
    squares = np.einsum("ti,tij,tj->t", v, manifold.metrics(path.points(a, t)), v)
    return float(weights @ np.sqrt(np.maximum(squares, 0.0)))


def _nodes(count: int) -> tuple[Array, Array]:
    """Nodes and weights of quadrature on [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return np.asarray((nodes + 1) / 2), np.asarray(weights / 2)


def _of_chords(circuit: Circuit, thetas: Array) -> tuple[float, Array]:
    """K sum_k d_k^2 of K chords, and its derivative by every point, shape (K + 1, P)."""
    rows = circuit.angles(thetas)
    requests = [
        Request(circuit, phi[None], Tangent(circuit.slopes(theta)))
        for phi, theta in zip(rows, thetas)
    ]
    maps: Callable[[Any], list[Any]] = list
    tangents = answer(executor_of("statevector"), Plan(tuple(requests), maps))
    psi = np.array([tangent.state for tangent in tangents])
    overlaps = np.sum(psi[:-1].conj() * psi[1:], axis=1)
    d = np.asarray(distance(psi[:-1], psi[1:]))
    count = len(d)
    # d(d^2) = -2 d / sin d Re(e^{-i alpha} d<psi_k|psi_{k+1}>) with alpha the phase of the overlap.
    factors = -2 * count / np.sinc(d / np.pi) * np.exp(-1j * np.angle(overlaps))
    slopes = np.zeros_like(thetas)
    for k in range(count):
        slopes[k] += tangents[k].vjp(np.asarray(psi[k + 1] * factors[k]))
        slopes[k + 1] += tangents[k + 1].vjp(np.asarray(psi[k] * np.conj(factors[k])))
    return float(count * np.sum(d**2)), slopes
