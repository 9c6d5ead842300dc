r"""Geodesics of the Fubini-Study metric in the parameters of a circuit or a model.

    g a = -Gamma_{.,vv},    v = theta', a = v'    from a point with a velocity (`shoot`)

and the shortest path nearby between two points (`connect`). Where parameters are redundant g is
singular: a is then the least change that does it, and the path of states is a geodesic all the
same, of the states that the circuit reaches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import minimize

from qng import checks
from qng.arrays import Amplitudes, Array
from qng.errors import InputError, QngError
from qng.geometry.rays import distance
from qng.run.ansatz.manifold import Bent, Manifold, manifold_and_point, speed_integral

# Eigenvalues of g below this fraction of the largest are directions that do not move the state.
_CUTOFF: Final = 1e-10

_MOST_CALLS: Final = 20_000

# Polynomials by which a path leaves the straight line.
_TERMS: Final = 8

# Of its length, an error that says that a path has a kink.
_ROUGH: Final = 1e-4


@dataclass(frozen=True, eq=False)
class Path:
    """A geodesic, at times from 0 to its end.

    Args:
        times: Shape (times,).
        points: theta there, shape (times, P), radians.
        states: psi there, shape (times, 2^n); (times, 0) of a model, of which none are at hand.
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
        """The distance of its ends among all states, at most pi/2; no path is shorter.

        NaN of a model.
        """
        if not self.states.shape[1]:
            return float("nan")
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
        target: A circuit, a problem, or a problem's name, as in `qng.metric`; or a model.
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
    manifold, start = manifold_and_point(target, theta)
    v = checks.reals("velocity", velocity)
    if v.shape != start.shape or not np.all(np.isfinite(v)):
        raise InputError(f"velocity must be {len(start)} finite numbers, not of shape {v.shape}")
    checks.positive("time", time), checks.positive("rtol", rtol), checks.positive("atol", atol)
    times = np.linspace(0.0, time, checks.whole("points", points, 2))
    size, calls = manifold.size, 0

    def slope(t: float, y: Array) -> Array:
        nonlocal calls
        calls += 1
        if calls > _MOST_CALLS:
            raise QngError(
                f"the geodesic was given up at time {t:.6g} of {time:g}, after {_MOST_CALLS} "
                "evaluations: the rank of the metric changes there; take a shorter time, or larger "
                "rtol and atol"
            )
        return np.concatenate([y[size:], _acceleration(manifold, y[:size], y[size:])])

    found = solve_ivp(
        slope, (0.0, time), np.concatenate([start, v]), method="DOP853", t_eval=times, rtol=rtol,
        atol=atol,
    )  # fmt: skip
    if not found.success:
        raise QngError(f"the geodesic was given up: {found.message}")
    thetas, velocities = found.y[:size].T, found.y[size:].T
    squares = np.einsum("ti,tij,tj->t", velocities, manifold.metrics(thetas), velocities)
    speeds = np.sqrt(np.maximum(squares, 0.0))
    line = Bent(thetas[0], thetas[-1], 1)
    return Path(
        times, thetas, manifold.states(thetas), float(np.mean(speeds)) * time,
        float(np.ptp(speeds)) * time, speed_integral(manifold, line, np.zeros((1, size))),
        f"{calls} evaluations",
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
    """The shortest path near the straight line between two points.

    It minimises the energy of a path, whose least value has constant speed, by L-BFGS over
    polynomials added to the straight line. The path is locally shortest: another way round may be
    shorter. Where the metric loses rank, as at the poles of a sphere, it may have a kink.

    Args:
        target: A circuit, a problem, or a problem's name, as in `qng.metric`; or a model.
        start: Shape (P,), radians.
        end: Likewise.
        points: How many points are returned.
        tol: Relative change of the energy at which the search ends.
        terms: Polynomials of every parameter.
        nearest: Move the end by whole turns of parameters that have the same state there, to where
            it is nearest to the start.

    Returns:
        A path whose length is between `distance`, which no path is shorter than, and `straight`.

    Raises:
        InputError: Arguments that are none.

    Cost: of a circuit 25 states and 48 reverse sweeps an evaluation of the energy; of a model 24
    metrics and connections.

    Example:
        >>> path = connect("one-qubit", [0.3, 0.4], [1.3, 1.4])
        >>> bool(abs(path.length - path.distance) < 1e-6 < path.straight - path.distance)
        True
    """
    manifold, first = manifold_and_point(target, start)
    _, last = manifold_and_point(target, end)
    if nearest:
        last = first + manifold.nearest(last - first)
    count = checks.whole("points", points, 2)
    path = Bent(first, last, checks.whole("terms", terms, 1))
    checks.positive("tol", tol)
    shape = (path.degrees, manifold.size)

    def energy(flat: Array) -> tuple[float, Array]:
        value, slopes = manifold.energy(path, flat.reshape(shape))
        return value, slopes.ravel()

    found = minimize(
        energy, np.zeros(np.prod(shape)), jac=True, method="L-BFGS-B",
        options={"ftol": tol, "gtol": 1e-9, "maxiter": 500},
    )  # fmt: skip
    a = found.x.reshape(shape)
    times = np.linspace(0.0, 1.0, count)
    thetas = path.points(a, times)
    said = f"{found.nit} steps of L-BFGS" + ("" if found.success else f": {found.message}")
    length, error = manifold.length(path, a)
    if error > _ROUGH * length:
        said += "; it bends sharply, as where the metric loses rank"
    straight = speed_integral(manifold, path, np.zeros(shape))
    return Path(times, thetas, manifold.states(thetas), length, error, straight, said)


def _acceleration(manifold: Manifold, theta: Array, v: Array) -> Array:
    """-g^+ Gamma_{.,vv}."""
    gamma = manifold.connection(theta, v)
    w, vectors = np.linalg.eigh(manifold.metrics(theta[None])[0])
    part = vectors[:, kept := w > _CUTOFF * max(float(w[-1]), 1e-300)]
    return np.asarray(-part @ ((part.T @ gamma) / w[kept]))
