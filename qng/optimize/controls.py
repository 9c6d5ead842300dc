"""Controls: methods that are not of the form M dtheta = -eta s, to compare with.

A control pulls: it asks for energies where it likes and reports every step. It carries no state
that could be stored, so it cannot be resumed.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final, NamedTuple, Protocol

import numpy as np

from qng import checks
from qng.arrays import Amplitudes, Array
from qng.circuit.circuit import Circuit
from qng.errors import InputError, UnknownNameError
from qng.optimize.optimizer import Step
from qng.plan.quantities import Energy, Measured

# Frequencies of one parameter beyond which Rotosolve is no method.
_MOST_FREQUENCIES: Final = 128


@dataclass(frozen=True)
class Ask:
    """What a control may ask for; each call is one batch.

    Args:
        energy: Energies at points of shape (points, P).
        measured: Energy and gradient at one point, shape (P,).
    """

    energy: Callable[[Array], Energy[Array]]
    measured: Callable[[Array], Measured]


Report = Callable[[Step, Array], bool]
"""Told of a step and the point to which it leads; True ends the run."""


class Finish(NamedTuple):
    """Why a control ended, whether it failed, and whether its own stop rule was met."""

    message: str
    failed: bool = False
    met: bool = False


class Control(Protocol):
    """A method that pulls."""

    @property
    def gradient(self) -> str | None:
        """The gradient estimator by name; None where the method has no gradient."""

    def check(self, circuits: Sequence[Circuit]) -> None:
        """Refuse circuits that the method cannot serve, before anything is measured.

        Raises:
            InputError: Naming the parameter.
        """

    def run(
        self, circuits: Sequence[Circuit], ask: Ask, theta: Array, steps: int, report: Report
    ) -> Finish | None:
        """Minimise from theta, shape (P,), in at most so many steps.

        Args:
            circuits: Those of the problem, with the same parameters.
            ask: What may be asked for.
            theta: The start.
            steps: The limit.
            report: Told of every step.

        Returns:
            Why it ended; None where `report` ended it.
        """


@dataclass(frozen=True)
class Rotosolve:
    """Every parameter in turn to the minimum of the energy as a function of it: a step is a sweep.

    With all other parameters fixed, a parameter of rotations by c_r theta_i gives a trigonometric
    polynomial in x = c theta_i, with c the largest number of which all c_r are multiples. Its
    degree is N = sum |c_r|/c; 2N + 1 equidistant points fix it, and its minimum is found among
    the roots of its derivative. One rotation has N = 1.

    Cost: sum_i (2 N_i + 1) energies a step, one batch a parameter.

    Reference: Ostaszewski, Grant, Benedetti, Quantum 5, 391 (2021), arXiv:1905.09692; several
    frequencies: Wierichs et al., arXiv:2107.12390.
    """

    @property
    def gradient(self) -> None:
        """None."""
        return None

    def check(self, circuits: Sequence[Circuit]) -> None:
        """Refuse angles that are not affine, and too many frequencies."""
        _frequencies(circuits)

    def run(
        self, circuits: Sequence[Circuit], ask: Ask, theta: Array, steps: int, report: Report
    ) -> Finish | None:
        """Sweep."""
        frequencies = _frequencies(circuits)
        for k in range(steps):
            x, first = theta.copy(), None
            for i, (unit, degree) in enumerate(frequencies):
                if degree == 0:
                    continue
                count = 2 * degree + 1
                points = np.tile(x, (count, 1))
                points[:, i] += 2 * np.pi / count / unit * np.arange(count)
                energies = ask.energy(points)
                first = energies if first is None else first
                if not np.all(np.isfinite(energies.value)):
                    return _not_finite(k)
                x[i] += lowest(energies.value) / unit
            first = ask.energy(theta[None]) if first is None else first
            if report(_row(k, theta, first), x):
                return None
            theta = x
        return _done(steps)


@dataclass(frozen=True)
class SciPy:
    """A method of scipy.optimize.minimize; a step is one of its iterations that moves theta.

    The energy of a step is the one that the method has seen there. The criteria of the method for
    stopping are set to rounding, so that runs end by the limit of steps or by the rule of the run.

    Args:
        name: "L-BFGS-B", "SLSQP" or "COBYLA".
        options: Of scipy.optimize.minimize, as pairs.
        gradient: The gradient estimator by name; None: the method has no gradient.
    """

    name: str
    options: tuple[tuple[str, Any], ...] = ()
    gradient: str | None = None

    def check(self, circuits: Sequence[Circuit]) -> None:
        """Every circuit will do."""

    def run(
        self, circuits: Sequence[Circuit], ask: Ask, theta: Array, steps: int, report: Report
    ) -> Finish | None:
        """Call SciPy."""
        if steps == 0:
            return _done(steps)
        path = _Path(ask, theta, steps, report)
        functions: dict[str, Any] = {"fun": path.energy, "callback": path.moved}
        if self.name == "L-BFGS-B":
            functions |= {"fun": path.both, "jac": True}
        elif self.name == "SLSQP":
            # It calls back at the first trial of a line search; the gradient is taken where that
            # has ended.
            functions = {"fun": path.energy, "jac": path.slope}
        try:
            found = _minimized(theta, self.name, dict(self.options), functions)
            path.moved(found.x)
        except _Ended as ended:
            return ended.finish
        message = str(found.message).strip(" :")
        return Finish(f"SciPy's {self.name} ended: {message}", met=bool(found.success))


class _Ended(Exception):
    """Out of SciPy's loop."""

    def __init__(self, finish: Finish | None) -> None:
        super().__init__()
        self.finish = finish


class _Path:
    """The points that SciPy has asked for, and those that are its iterations."""

    def __init__(self, ask: Ask, theta: Array, steps: int, report: Report) -> None:
        self.ask = ask
        self.theta = theta
        self.steps = steps
        self.report = report
        self.done = 0
        self.seen: dict[bytes, Energy[Array]] = {}
        self.slopes: dict[bytes, Array] = {}

    def energy(self, x: Array) -> float:
        """E(x)."""
        return self._noted(x, self.ask.energy(x[None]))

    def both(self, x: Array) -> tuple[float, Array]:
        """E(x) and its gradient."""
        measured = self.ask.measured(x)
        assert measured.gradient is not None
        self.slopes[x.tobytes()] = slope = measured.gradient.value
        if not np.all(np.isfinite(slope)):
            raise _Ended(_not_finite(self.done))
        return self._noted(x, measured.energy), slope

    def slope(self, x: Array) -> Array:
        """The gradient, where an iteration has ended."""
        self.moved(x)
        return self.both(x)[1]

    def moved(self, x: Array) -> None:
        """An iteration has ended at x."""
        if np.array_equal(x, self.theta):
            return
        before, x = self.theta, np.array(x, dtype=float)
        row = _row(self.done, before, self._at(before))
        slope = self.slopes.get(before.tobytes())
        if slope is not None:
            row = replace(row, gradient_norm=float(np.linalg.norm(slope)))
        self.theta, self.done = x, self.done + 1
        if self.report(row, x):
            raise _Ended(None)
        if self.done == self.steps:
            raise _Ended(_done(self.steps))

    def _at(self, x: Array) -> Energy[Array]:
        if x.tobytes() not in self.seen:
            self.energy(x)
        return self.seen[x.tobytes()]

    def _noted(self, x: Array, energy: Energy[Array]) -> float:
        value = float(energy.value[0])
        if not math.isfinite(value):
            raise _Ended(_not_finite(self.done))
        self.seen.setdefault(np.asarray(x, dtype=float).tobytes(), energy)
        return value


def lowest(values: Array) -> float:
    """Where a trigonometric polynomial of degree N has its minimum, in (-pi, pi].

    Args:
        values: At 2 pi k / (2N + 1) for k = 0, ..., 2N.

    Returns:
        The place; of several equal ones the nearest to 0, which is 0 where all values are equal.
    """
    degree = len(values) // 2
    c = np.fft.rfft(values) / len(values)
    order = np.arange(1, degree + 1)
    slopes = 1j * order * c[1:]
    # z^N f'(x) for z = exp(ix), highest power first.
    roots = np.roots(np.concatenate([slopes[::-1], [0], slopes.conj()]))
    places = np.append(np.angle(roots), 0.0)

    def series(x: Array, terms: Amplitudes) -> Array:
        return np.asarray(2 * (np.exp(1j * np.multiply.outer(x, order)) @ terms).real)

    for _ in range(3):  # the roots have lost digits where there are many
        slope, curvature = series(places, slopes), series(places, 1j * order * slopes)
        convex = curvature > 1e-9 * np.abs(curvature).max(initial=0.0)
        places = places - np.where(convex, slope / np.where(convex, curvature, 1.0), 0.0)
    places = np.append(np.pi - (np.pi - places) % (2 * np.pi), 0.0)
    found = series(places, c[1:])
    good = found <= found.min() + 1e-12 * float(np.abs(values).max())
    return float(places[good][np.argmin(np.abs(places[good]))])


def _frequencies(circuits: Sequence[Circuit]) -> list[tuple[float, int]]:
    """(c, N) of every parameter; N = 0 where it moves nothing.

    Raises:
        InputError: An angle that is not affine, or coefficients without a common measure.
    """
    found = [_coefficients(circuit) for circuit in circuits]
    return [_frequency(name, [each[name] for each in found]) for name in found[0]]


def _coefficients(circuit: Circuit) -> dict[str, list[float]]:
    """By parameter the absolute coefficients with which it enters rotations."""
    coefficients: dict[str, list[float]] = {name: [] for name in circuit.parameters}
    for rotation in circuit.rotations:
        form = rotation.angle.affine()
        if form is None:
            names = ", ".join(rotation.angle.parameters())
            raise InputError(
                f"Rotosolve needs angles that are affine in the parameters, and {names} turn(s) a "
                f"rotation by {rotation.angle}: choose another method"
            )
        for name, coefficient in form[0].items():
            if coefficient:
                coefficients[name].append(abs(coefficient))
    return coefficients


def _frequency(name: str, by_circuit: Sequence[list[float]]) -> tuple[float, int]:
    coefficients = [c for found in by_circuit for c in found]
    if not coefficients:
        return 1.0, 0
    least = min(coefficients)
    ratios = [Fraction(c / least).limit_denominator(_MOST_FREQUENCIES) for c in coefficients]
    unit = least / math.lcm(*(ratio.denominator for ratio in ratios))
    degree = max(sum(round(c / unit) for c in found) for found in by_circuit)
    off = max(abs(c - round(c / unit) * unit) / c for c in coefficients)
    if off > 1e-9 or degree > _MOST_FREQUENCIES:
        shown = ", ".join(f"{c:g}" for c in sorted(set(coefficients)))
        raise InputError(
            f"Rotosolve needs at most {_MOST_FREQUENCIES} equidistant frequencies a parameter; "
            f"{name} enters its rotations by {shown}: choose another method"
        )
    return unit, degree


def _row(step: int, theta: Array, energy: Energy[Array]) -> Step:
    return Step(
        step=step,
        theta=theta,
        energy=float(energy.value[0]),
        std_error=None if energy.std_error is None else float(energy.std_error[0]),
        energy_variance=math.nan if energy.variance is None else float(energy.variance[0]),
    )


def _done(steps: int) -> Finish:
    return Finish(f"all {steps} steps done")


def _not_finite(step: int) -> Finish:
    return Finish(f"stopped at step {step}: a measured value is not finite", failed=True)


def _minimized(theta: Array, name: str, options: dict[str, Any], functions: dict[str, Any]) -> Any:
    from scipy import optimize

    minimize: Any = optimize.minimize
    return minimize(x0=theta, method=name, options=options, **functions)


# SciPy counts what is not counted here: no limit of its own.
_ENDLESS: Final = 10**9


def rotosolve() -> Control:
    """Rotosolve: each parameter in turn to the minimum of the energy as a function of it."""
    return Rotosolve()


def l_bfgs_b(memory: int = 10, gradient: str = "auto") -> Control:
    """SciPy's L-BFGS-B; `memory` steps make its Hessian."""
    checks.whole("memory", memory, 1)
    options = {"maxiter": _ENDLESS, "maxfun": _ENDLESS, "ftol": 0.0, "gtol": 1e-12}
    return SciPy("L-BFGS-B", (*options.items(), ("maxcor", memory)), gradient)


def slsqp(gradient: str = "auto") -> Control:
    """SciPy's SLSQP: sequential least squares."""
    return SciPy("SLSQP", (("maxiter", _ENDLESS), ("ftol", 1e-15)), gradient)


def cobyla(radius: float = 1.0) -> Control:
    """SciPy's COBYLA: linear models of energies, without a gradient; `radius` is the first one."""
    checks.positive("radius", radius)
    return SciPy("COBYLA", (("maxiter", _ENDLESS), ("rhobeg", radius), ("tol", 1e-10)))


CONTROLS: Final[dict[str, Callable[..., Control]]] = {
    "rotosolve": rotosolve,
    "l-bfgs-b": l_bfgs_b,
    "slsqp": slsqp,
    "cobyla": cobyla,
}


def named(name: str, **hyperparameters: Any) -> Control:
    """A control of the table by name.

    Raises:
        UnknownNameError: No such control, or a hyperparameter that it does not have.
    """
    if name not in CONTROLS:
        raise UnknownNameError("control", name, CONTROLS)
    known = inspect.signature(CONTROLS[name]).parameters
    for key in hyperparameters:
        if key not in known:
            raise UnknownNameError(f"hyperparameter of {name}", key, known or ("none",))
    return CONTROLS[name](**hyperparameters)
