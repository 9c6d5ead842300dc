r"""Geodesics of the Fubini-Study metric in the parameters of a circuit.

    g a = -Gamma_{.,vv},    v = theta', a = v'    from a point with a velocity (`shoot`)

and the shortest path nearby between two points (`connect`). Where parameters are redundant g is
singular: a is then the least change that does it, and the path of states is a geodesic all the
same, of the states that the circuit reaches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import minimize

from qng import checks
from qng.arrays import Amplitudes, Array
from qng.circuit.circuit import Circuit
from qng.errors import InputError, QngError
from qng.estimate.fubini.connection import exact as connection
from qng.execute.names import executor as executor_of
from qng.geometry.rays import distance
from qng.plan.plan import Plan
from qng.plan.request import Request, Tangent
from qng.run.ansatz.states import circuit_and_point, metrics, states
from qng.run.bench import answer
from qng.run.point import metric

# Eigenvalues of g below this fraction of the largest are directions that do not move the state.
_CUTOFF: Final = 1e-10

_MOST_CALLS: Final = 20_000

# Polynomials by which a path leaves the straight line.
_TERMS: Final = 8

# Of its length, an error that says that a path has a kink.
_ROUGH: Final = 1e-4

# Chords of a path between two points; every second point is one of half as many.
_CHORDS: Final = 24


@dataclass(frozen=True, eq=False)
class Path:
    """A geodesic, at times from 0 to its end.

    Args:
        times: Shape (times,).
        points: theta there, shape (times, P), radians.
        states: psi there, shape (times, 2^n).
        length: Fubini-Study length of all of it, radians.
        error: Of the length of this path: what the solver left of its speed, or what half as many
            chords change. A still shorter one may take more terms.
        straight: The length of the straight line between the same ends in the parameters.
        message: How it was found.
    """

    times: Array
    points: Array
    states: Amplitudes
    length: float
    error: float
    straight: float
    message: str

    @property
    def distance(self) -> float:
        """The distance of its ends among all states, at most pi/2; no path is shorter."""
        return float(distance(self.states[0], self.states[-1]))


def shoot(
    target: Any,
    theta: Any,
    velocity: Any,
    time: float = 1.0,
    *,
    points: int = 21,
    rtol: float = 1e-8,
    atol: float = 1e-10,
) -> Path:
    """The geodesic from a point with a velocity; its speed sqrt(v^T g v) stays what it is.

    Args:
        target: A circuit, a problem, or a problem's name, as in `qng.metric`.
        theta: Where it begins, shape (P,), radians.
        velocity: v, shape (P,); the length of the path is its speed times the time.
        time: How long.
        points: How many points are returned.
        rtol: Relative tolerance of SciPy's DOP853.
        atol: Absolute one.

    Raises:
        InputError: Arguments that are none.
        QngError: The solver failed, as where the rank of the metric changes.

    Cost: a metric and a connection an evaluation, 12 evaluations a step.

    Example:
        >>> path = shoot("one-qubit", [0.3, 0.4], [1.0, 0.0])
        >>> bool(abs(path.length - path.distance) < 1e-7)
        True
    """
    circuit, start = circuit_and_point(target, theta)
    v = circuit.check_point(velocity)
    assert start is not None
    checks.positive("time", time), checks.positive("rtol", rtol), checks.positive("atol", atol)
    times = np.linspace(0.0, time, checks.whole("points", points, 2))
    size, calls = circuit.n_parameters, 0

    def slope(t: float, y: Array) -> Array:
        nonlocal calls
        calls += 1
        if calls > _MOST_CALLS:
            raise QngError(
                f"the geodesic was given up at time {t:.6g} of {time:g}, after {_MOST_CALLS} "
                "evaluations: the rank of the metric changes there; take a shorter time, or larger "
                "rtol and atol"
            )
        return np.concatenate([y[size:], _acceleration(circuit, y[:size], y[size:])])

    found = solve_ivp(
        slope, (0.0, time), np.concatenate([start, v]), method="DOP853", t_eval=times, rtol=rtol,
        atol=atol,
    )  # fmt: skip
    if not found.success:
        raise QngError(f"the geodesic was given up: {found.message}")
    thetas, speeds = found.y[:size].T, []
    for x, u in zip(thetas, found.y[size:].T):
        speeds.append(metric(circuit, x, "exact").length(u))
    length = float(np.mean(speeds)) * time
    return Path(
        times, thetas, states(circuit, thetas), length, float(np.ptp(speeds)) * time,
        _straight(circuit, thetas[0], thetas[-1]), f"{calls} evaluations",
    )  # fmt: skip


def connect(
    target: Any,
    start: Any,
    end: Any,
    *,
    points: int = 25,
    tol: float = 1e-8,
    terms: int = _TERMS,
    nearest: bool = True,
) -> Path:
    """The shortest path near the straight line between two points of a circuit.

    It minimises the energy of a path, whose least value has constant speed, by L-BFGS over
    polynomials added to the straight line. The path is locally shortest: another way round may be
    shorter. Where the metric loses rank, as at the poles of a sphere, it may have a kink.

    Args:
        target: A circuit, a problem, or a problem's name, as in `qng.metric`.
        start: Shape (P,), radians.
        end: Likewise.
        points: How many points are returned.
        tol: Relative change of the energy at which the search ends.
        terms: Polynomials of every parameter.
        nearest: Move the end by whole turns of parameters that have the same state there, to where
            it is nearest to the start.

    Returns:
        A path whose length is extrapolated from chords, between `distance`, which no path is
        shorter than, and `straight`.

    Raises:
        InputError: Arguments that are none.

    Cost: 25 states and 48 reverse sweeps an evaluation of the energy.

    Example:
        >>> path = connect("one-qubit", [0.3, 0.4], [1.3, 1.4])
        >>> bool(abs(path.length - path.distance) < 1e-6 < path.straight - path.distance)
        True
    """
    circuit, first = circuit_and_point(target, start)
    _, last = circuit_and_point(target, end)
    assert first is not None
    assert last is not None
    if not circuit.n_parameters:
        raise InputError("there is no path of a circuit without parameters")
    if nearest:
        last = first + _turned(circuit, last - first)
    count = checks.whole("points", points, 2)
    degrees = checks.whole("terms", terms, 1)
    checks.positive("tol", tol)

    def path(a: Array, t: Array) -> Array:
        line = first + np.multiply.outer(t, last - first)
        return np.asarray(line + _bubbles(t, degrees) @ a)

    inner = np.linspace(0.0, 1.0, _CHORDS + 1)
    bent = _bubbles(inner, degrees)
    shape = (degrees, circuit.n_parameters)

    def energy(flat: Array) -> tuple[float, Array]:
        value, slopes = _energy(circuit, path(flat.reshape(shape), inner))
        return value, (bent.T @ slopes).ravel()

    found = minimize(
        energy, np.zeros(np.prod(shape)), jac=True, method="L-BFGS-B",
        options={"ftol": tol, "gtol": 1e-9, "maxiter": 500},
    )  # fmt: skip
    a = found.x.reshape(shape)
    visited = states(circuit, path(a, inner))
    whole, half = (float(np.sum(distance(s[:-1], s[1:]))) for s in (visited, visited[::2]))
    times = np.linspace(0.0, 1.0, count)
    thetas = path(a, times)
    said = f"{found.nit} steps of L-BFGS" + ("" if found.success else f": {found.message}")
    # Chords are shorter than the curve by O(1 / chords^2).
    length, error = whole + (whole - half) / 3, abs(whole - half) / 3
    if error > _ROUGH * length:
        said += "; it bends sharply, as where the metric loses rank"
    return Path(
        times, thetas, states(circuit, thetas), length, error,
        _straight(circuit, first, last), said,
    )  # fmt: skip


def _turned(circuit: Circuit, change: Array) -> Array:
    """A change less whole turns: 2 pi of a parameter whose angles are whole multiples of it."""
    whole = np.ones(circuit.n_parameters, dtype=bool)
    for rotation in circuit.rotations:
        form = rotation.angle.affine()
        named = rotation.angle.parameters() if form is None else form[0]
        for name in named:
            if form is None or form[0][name] != round(form[0][name]):
                whole[circuit.parameters.index(name)] = False
    return np.where(whole, change - 2 * np.pi * np.round(change / (2 * np.pi)), change)


def _bubbles(t: Array, degrees: int) -> Array:
    """Polynomials that vanish at 0 and 1, whose slopes are orthonormal; shape (times, degrees)."""
    legendre = np.polynomial.legendre.legvander(2 * t - 1, degrees + 1)
    m = np.arange(1, degrees + 1)
    return np.asarray((legendre[:, 2:] - legendre[:, :-2]) / (2 * np.sqrt(2 * m + 1)))


def _acceleration(circuit: Circuit, theta: Array, v: Array) -> Array:
    """-g^+ Gamma_{.,vv}."""
    gamma = answer(executor_of("statevector"), connection(circuit, theta, v)).value
    w, vectors = np.linalg.eigh(metric(circuit, theta, "exact").dense())
    kept = w > _CUTOFF * max(float(w[-1]) if len(w) else 0.0, 1e-300)
    part = vectors[:, kept]
    return np.asarray(-part @ ((part.T @ gamma) / w[kept]))


def _energy(circuit: Circuit, thetas: Array) -> tuple[float, Array]:
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


def _straight(circuit: Circuit, start: Array, end: Array) -> float:
    """The length of the straight line in the parameters, by Gauss-Legendre quadrature."""
    nodes, weights = np.polynomial.legendre.leggauss(24)
    places = start + np.multiply.outer((nodes + 1) / 2, end - start)
    squares = np.einsum("i,kij,j->k", end - start, metrics(circuit, places), end - start)
    return float(weights @ np.sqrt(np.maximum(squares, 0.0)) / 2)
