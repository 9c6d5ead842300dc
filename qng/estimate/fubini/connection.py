r"""The connection of the Fubini-Study metric, contracted twice: Gamma_{i,jk} v^j v^k.

Gamma_{i,jk} = (d_j g_ik + d_k g_ij - d_i g_jk) / 2 are the Christoffel symbols of the first kind.
With Q = 1 - |psi><psi| and <psi|d_v psi> = i b they need no derivative of the metric,

    Gamma_{i,vv} = Re <d_i psi| Q (d_v d_v psi - 2 i b d_v psi)>,

and F(x, y) = |<psi(x)|psi(y)>|^2 has them as its mixed third derivative,

    Gamma_{i,vv} = (1/2) d/dy_i d^2/dt^2 F(theta + t v, y)    at t = 0, y = theta.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.structure import structure
from qng.estimate.parts.shares import shares
from qng.plan.plan import Plan
from qng.plan.quantities import GradientEstimate
from qng.plan.request import Overlap, Request, Result, State, Tangent

# Rounding divided by the square of the step, and its sixth power, balance about here. The second
# difference of sixth order is [sum_k _WEIGHTS_k f(_PLACES_k h) + _CENTRE f(0)] / h^2.
_STEP: Final = 0.05
_PLACES: Final = np.array([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0])
_WEIGHTS: Final = np.array([2.0, -27.0, 270.0, 270.0, -27.0, 2.0]) / 180
_CENTRE: Final = -490 / 180


def exact(circuit: Circuit, theta: ArrayLike, v: ArrayLike) -> Plan[GradientEstimate]:
    """Gamma_{i,vv} from the state and its derivatives.

    The second derivative of the state along v is a difference of sixth order; its relative error
    is about 1e-9, or below 1e-6 where angles are not affine.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        v: Shape (P,).

    Returns:
        A plan for a covector of shape (P,).

    Cost: six states, one sweep of derivative states along v and one reverse sweep.

    Reference: Halla, arXiv:2409.03638, for the use of it.
    """
    point, direction = circuit.check_point(theta), circuit.check_point(v)
    jacobian = circuit.jacobian(point)
    # The sum of all angles moved bounds how fast the state turns.
    speed = _speed(circuit, direction, float(np.abs(jacobian @ direction).sum()))
    if speed == 0:
        return _zero(circuit)
    h = _STEP / speed
    points = circuit.angles(point + h * np.multiply.outer(_PLACES, direction))
    requests = (
        Request(circuit, circuit.angles(point)[None], Tangent(jacobian)),
        Request(circuit, points, State()),
    )

    def reduce(results: Sequence[Result]) -> GradientEstimate:
        tangent, states = results
        psi = tangent.state
        first = tangent.jvp(direction)
        second = (_WEIGHTS @ states + _CENTRE * psi) / h**2
        # Q (d_v d_v psi - 2 i b d_v psi), with i b = <psi|d_v psi>.
        bent = second - 2 * np.vdot(psi, first) * first
        bent -= np.vdot(psi, bent) * psi
        return GradientEstimate(tangent.vjp(bent))

    return Plan(requests, reduce)


def overlaps(
    circuit: Circuit, theta: ArrayLike, v: ArrayLike, step: float = 0.5
) -> Plan[GradientEstimate]:
    """Gamma_{i,vv} from overlaps; biased by order step^2.

    With h = step/|A v| (less where angles are not affine), Gamma = A^T Gamma_phi and

        Gamma_r = sum_{s, t = +-1} t F(theta + s h v, phi + t pi/2 e_r) / (4 h^2):

    in the rotations' own angles the derivative is exact, along v it is a second difference, whose
    middle term (s = 0, times -2) vanishes, but with noise.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        v: Shape (P,).
        step: Length of the change of all angles, radians. From N shots an overlap the noise of an
            entry is |A v|^2 / (2 step^2 sqrt(N)) at most.

    Returns:
        A plan for a covector of shape (P,); its covariance is that of the shots.

    Raises:
        InputError: A step that is not positive.

    Cost: 4R overlaps of one request; 6R with noise.
    """
    checks.positive("step", step)
    point, direction = circuit.check_point(theta), circuit.check_point(v)
    jacobian = circuit.jacobian(point)
    moved = np.flatnonzero(np.any(jacobian != 0, axis=1))
    speed = _speed(circuit, direction, float(np.linalg.norm(jacobian @ direction)))
    if speed == 0:
        return _zero(circuit)
    h, known = step / speed, structure(circuit).returns
    places, factors = ([h, -h], [1.0, 1.0]) if known else ([h, 0.0, -h], [1.0, -2.0, 1.0])
    along = circuit.angles(point + np.multiply.outer(places, direction))
    shift = 0.5 * np.pi * np.eye(circuit.n_rotations)[moved]
    phi = circuit.angles(point)
    turned = np.concatenate([phi + shift, phi - shift])
    rows = np.concatenate([jacobian[moved], -jacobian[moved]]) / (4 * h**2)
    weights = np.kron(np.array(factors)[:, None], rows)
    others = np.tile(turned, (len(places), 1))
    kept = None if known else (others != phi) | np.any(along != phi, axis=0)
    request = Request(
        circuit,
        np.repeat(along, len(turned), axis=0),
        Overlap(others, kept),
        weights=shares(np.linalg.norm(weights, axis=1)),
    )

    def reduce(results: Sequence[Result]) -> GradientEstimate:
        errors = results[0].std_error
        covariance = None if errors is None else (weights.T * errors**2) @ weights
        return GradientEstimate(weights.T @ results[0].value, covariance)

    return Plan((request,), reduce)


def _speed(circuit: Circuit, direction: Array, turned: float) -> float:
    """What a step is measured by: the angles turned, and the parameters where angles are curved."""
    if all(rotation.angle.affine() is not None for rotation in circuit.rotations):
        return turned
    return max(turned, float(np.abs(direction).max()))


def _zero(circuit: Circuit) -> Plan[GradientEstimate]:
    """No angle moves: Gamma_{i,vv} = 0."""
    return Plan((), lambda _: GradientEstimate(np.zeros(circuit.n_parameters)))
