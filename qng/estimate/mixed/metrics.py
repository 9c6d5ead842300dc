"""SLD, Petz and Hilbert-Schmidt metrics of the state that an executor prepares, noise included.

Each is a quarter of the Fisher information of `qng.geometry.mixed`, and g where the state is pure:
a learning rate means the same. None of them is a surrogate. They need the density matrix, which
simulators know, whether bits are counted or not; the metric is exact then, and spends no shots.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from qng.circuit.circuit import Circuit
from qng.estimate.mixed.states import Neighbourhood, neighbourhood
from qng.geometry import Dense, Metric, mixed
from qng.geometry.monotone import Function, checked
from qng.plan.plan import Plan


def sld(circuit: Circuit, theta: ArrayLike, around: bool = False) -> Plan[Metric]:
    """The metric of the symmetric logarithmic derivative, a quarter of its Fisher information.

    That is the Bures metric: what a step of the density matrix costs in fidelity. Every classical
    Fisher matrix of a measurement is at most four times it.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        around: Whether the value is wanted that the metric has around the point, where the rank of
            the state is larger than at it, as at zero angles in front of pure dephasing; the
            formula jumps there.

    Returns:
        A plan for SLD/4, shape (P, P), positive semidefinite; g where the state is pure.

    Cost: the density matrix at 2R + 1 points, with `around` at about 2 R^2 more; then an
    eigendecomposition of (2^n, 2^n) and P products of such matrices.

    Reference: Koczor and Benjamin, arXiv:1912.08660 (natural gradient of noisy states).
    """

    def reduce(at: Neighbourhood) -> Metric:
        return Dense(mixed.sld(at.rho, at.derivatives, at.growth) / 4)

    return neighbourhood(circuit, theta, growth=around).map(reduce)


def petz(
    circuit: Circuit, theta: ArrayLike, function: Function | str = "wigner-yanase"
) -> Plan[Metric]:
    """A monotone metric by its function, a quarter of its Fisher information.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        function: "sld", "wigner-yanase", "bkm", "rld", or f itself: of arrays t > 0, operator
            monotone, f(1) = 1, f(t) = t f(1/t). Where f(0) = 0, as of the last two, the state must
            have full rank.

    Returns:
        A plan for F/4, shape (P, P): at least SLD/4, and g / (2 f(0)) where the state is pure,
        twice g of "wigner-yanase".

    Raises:
        UnknownNameError: No such function.
        InputError: A function that is none; where it is reduced, a metric that is infinite.

    Cost: as `sld`.

    Reference: Petz, Linear Algebra Appl. 244, 81 (1996).
    """
    known = checked(function)

    def reduce(at: Neighbourhood) -> Metric:
        return Dense(mixed.petz(at.rho, at.derivatives, known) / 4)

    return neighbourhood(circuit, theta).map(reduce)


def hilbert_schmidt(circuit: Circuit, theta: ArrayLike) -> Plan[Metric]:
    """The Hilbert-Schmidt metric tr(d_i rho d_j rho) / (2 tr rho^2).

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.

    Returns:
        A plan for HS/4, shape (P, P), positive semidefinite; g where the state is pure.

    Cost: the density matrix at 2R + 1 points.

    Reference: Koczor and Benjamin, arXiv:1912.08660.
    """

    def reduce(at: Neighbourhood) -> Metric:
        return Dense(mixed.hilbert_schmidt(at.rho, at.derivatives) / 4)

    return neighbourhood(circuit, theta).map(reduce)
