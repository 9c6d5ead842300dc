"""Steps of the linear method and of projected inverse iteration.

Damping is that of g, as of natural gradient: with g + lambda in the place of g where it is shifted,

    [M + 2 shift lambda] x = s,    M = 2 [K - (E - shift) g],

so that lambda is in 1/rad^2, whatever the Hamiltonian, and with shift -> infinity the direction is
that of natural gradient with this damping.

psi + sum_i x_i d_i, normalised, is the angle arctan q from psi, q^2 = x g x. A step of parameters
moves the state by about the angle sqrt(dtheta g dtheta), and so it has to be

    dtheta = -x arctan(q) / q.

For derivatives orthogonal to psi Toulouse and Umrigar's choices of the norm of a state function
give 1, 1/sqrt(1 + q^2) and 1/(1 + q^2) in its place (xi = 1, 1/2, 0): steps of the length of the
tangent, of the sine, and of sine times cosine of that angle. For rotations it is the angle itself:
in a circuit of one rotation, with <P> = 0, the step ends where the energy is lowest.

With f = arctan(q)/q and q dq = x g dx, an error dx moves d = f x along itself, u = x/|x|, by

    u . dd = f u . dx + (|x| f'/q) x g dx,    f' = [1/(1 + q^2) - f] / q.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.errors import InputError, SingularMetricError
from qng.geometry.krylov import conjugate_gradients
from qng.geometry.metric import Metric, root
from qng.geometry.noisy import Floored
from qng.geometry.ritz.dense import RANGE, Ritz
from qng.geometry.ritz.products import RitzProducts
from qng.geometry.solve import NOTHING, Before, Inner, Solution, checked, filtered

# Relative residual of a solve by products, and how often the shift is doubled until it is enough.
_TOLERANCE: Final = 1e-2
_DOUBLED: Final = 10

# Of the size of K and E g, in whose difference all directions may be flat: its rounding.
_ROUNDED: Final = 64 * float(np.finfo(float).eps)


@dataclass(frozen=True)
class RitzStep:
    """d = x arctan(q) / q with (M + 2 shift lambda) x = s and q^2 = x g x, for `Ritz` metrics.

    Where the shift is less than E - w it is raised to it, so that M is positive semidefinite.

    Args:
        damping: lambda >= 0, of g, in 1/rad^2.
        reach: As in `Floored`, which solves where M or s has errors.

    Raises:
        InputError: A metric that is no `Ritz`.

    Reference: ours, for the angle; Toulouse and Umrigar, J. Chem. Phys. 126, 084102 (2007), for
    what it replaces.

    Example:
        >>> import qng
        >>> M = qng.metric("one-qubit", [0.3, 0.8], "linear-method")
        >>> gradient = qng.gradient("one-qubit", [0.3, 0.8]).value
        >>> bool(RitzStep()(M, gradient).direction @ gradient > 0)
        True
    """

    needs_matrix: ClassVar[bool] = False

    damping: float = 0.03
    reach: float = 0.0

    def __post_init__(self) -> None:
        checks.not_negative("damping", self.damping)
        checks.not_negative("reach", self.reach)

    def __call__(self, metric: Metric, signal: ArrayLike, before: Before = NOTHING) -> Solution:
        """Solve for the direction."""
        return _step(_ritz(metric), 0.0, signal, before, self.damping, self.reach)


@dataclass(frozen=True)
class AdaptiveShift:
    """`RitzStep` whose eps follows the gain ratio of the last step: inverse iteration with trust.

    gain = [E(theta) - E(theta + dtheta)] / (-dtheta . grad), as in `AdaptiveTikhonov`: 1/2 in the
    minimum of a quadratic energy along dtheta, and near 1 where the step is short against the
    curvature. 1/eps is never below E - w, where the step is that of the linear method.

    Args:
        damping: lambda of `RitzStep`.
        eps: The largest, in 1/E; infinity: that of the linear method.
        low: Below this gain eps is divided by `factor` squared.
        high: Above this gain eps is multiplied by `factor`.
        factor: Above 1.
        reach: As in `RitzStep`.

    Raises:
        InputError: A metric that is no `Ritz`.

    Example:
        >>> import qng
        >>> from qng.geometry import Before
        >>> M = qng.metric("one-qubit", [0.3, 0.8], "linear-method")
        >>> poor = Before(gain=0.1, memory={"eps": np.array(1.0)})
        >>> float(AdaptiveShift()(M, [0.1, 0.2], poor).memory["eps"])
        0.25
    """

    needs_matrix: ClassVar[bool] = False

    damping: float = 0.03
    eps: float = math.inf
    low: float = 0.25
    high: float = 0.6
    factor: float = 2.0
    reach: float = field(default=0.0, metadata={"later": True})

    def __post_init__(self) -> None:
        checks.not_negative("damping", self.damping)
        checks.not_negative("reach", self.reach)
        if self.eps != math.inf:
            checks.positive("eps", self.eps)
        if not (self.factor > 1 and self.low < self.high):
            raise InputError("an adaptive shift needs factor > 1 and low < high")

    def __call__(self, metric: Metric, signal: ArrayLike, before: Before = NOTHING) -> Solution:
        """Solve with the shift that the last step asks for."""
        ritz = _ritz(metric)
        eps = float(before.memory.get("eps", self.eps))
        if before.gain is not None:
            eps = self.adjusted(eps, before.gain)
        least = max(ritz.mean - ritz.lowest, 0.0)
        eps = min(eps, self.eps, 1 / least if least else math.inf)
        shift = 1 / eps if eps else 0.0
        solution = _step(ritz, shift, signal, before, self.damping, self.reach)
        return replace(solution, memory={"eps": np.array(eps)})

    def adjusted(self, eps: float, gain: float) -> float:
        """eps after a step with this gain ratio."""
        if gain < self.low or not np.isfinite(gain):
            return eps / self.factor**2
        return eps * self.factor if gain > self.high else eps


def _ritz(metric: Metric) -> Ritz | RitzProducts:
    if not isinstance(metric, (Ritz, RitzProducts)):
        raise InputError(
            "this solver needs the energies of the linear method, which are in the metrics "
            f"'linear-method' and 'projected-inverse', not in a {type(metric).__name__}"
        )
    return metric


def _step(
    metric: Ritz | RitzProducts,
    shift: float,
    signal: ArrayLike,
    before: Before,
    damping: float,
    reach: float,
) -> Solution:
    """The step with this shift, or that of the metric where it is larger; at least E - w."""
    least = max(metric.mean - metric.lowest, 0.0)
    shift = max(shift, least) if metric.eps is None else max(shift, least, metric.shift)
    if shift <= least and isinstance(metric, Ritz) and metric.source is not None:
        metric = replace(metric, eps=None)  # the shift has the errors of w
    elif metric.eps is not None or shift > least:
        metric = metric.shifted(shift)
    ridge = 2 * shift * damping
    if isinstance(metric, RitzProducts):
        found = _iterated(metric, shift, signal, before, damping)
    elif metric.std_error is None and before.covariance is None:
        least = _ROUNDED * metric.scale
        found = filtered(metric, signal, lambda w: _inverse(w, ridge, least))
    else:
        rounding = RANGE * float(np.abs(metric.diagonal()).max(initial=0.0))
        least_ridge = rounding or float(np.finfo(float).tiny)
        found = Floored(max(ridge, least_ridge), reach=reach)(metric, signal, before)
    found = replace(found, damping=damping)
    return found if before.other else _turned(metric, found)


def _turned(metric: Ritz | RitzProducts, found: Solution) -> Solution:
    """The step of the angle arctan q, q^2 = x g x, and what its errors follow from."""
    x = found.direction
    if isinstance(metric, Ritz):
        moved = metric.states @ x
        q = root(float(x @ moved))
    else:
        moved, q = np.zeros_like(x), metric.length(x)
    if not q:
        return found
    size, f = float(np.linalg.norm(x)), math.atan(q) / q
    slope = f * x / size + size * (1 / (1 + q**2) - f) / q**2 * moved
    return replace(found, direction=f * x, inner=Inner(metric, x, slope))


def _inverse(w: Array, ridge: float, least: float) -> Array:
    """1/(w + ridge), and 0 where that is rounding: of the largest, or of what M is made of."""
    raised = np.maximum(w, 0.0) + ridge
    seen = raised > max(RANGE * raised.max(initial=0.0), least)
    return np.asarray(np.where(seen, 1.0, 0.0) / np.where(seen, raised, 1.0))


def _iterated(
    metric: RitzProducts, shift: float, signal: ArrayLike, before: Before, damping: float
) -> Solution:
    """By conjugate gradients; w is known from above, so that the shift may be too little."""
    s = checked(metric, signal)
    size = max(abs(metric.energy), 1.0)
    if shift <= _ROUNDED * size:  # where all directions may be flat, but for rounding
        shift = RANGE * size
        metric = metric.shifted(shift)
    for _ in range(_DOUBLED):
        ridge = 2 * shift * damping

        def product(v: Array, metric: RitzProducts = metric, ridge: float = ridge) -> Array:
            return metric.matvec(v) + ridge * v

        try:
            found = conjugate_gradients(
                product,
                s,
                tolerance=_TOLERANCE,
                most=2 * metric.size + 100,
                start=before.change,
            )
        except SingularMetricError:
            shift *= 2
            metric = metric.shifted(shift)
            continue
        return Solution(found.x, None, found.condition, damping, found.products)
    raise SingularMetricError(
        "conjugate gradients find no direction for this linear method; raise the damping, or take "
        "By('linear-method', form='dense')"
    )
