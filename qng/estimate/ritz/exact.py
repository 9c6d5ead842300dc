"""The Hamiltonian on a state and its tangent space: linear method, projected inverse iteration.

With the derivative states as the rows of D, |d_j psi>, and <psi|d_j psi> = i b_j,

    D <- D - i b psi,    s = Re D^* H psi,    K = Re D^* (H D^T),    g = Re D^* D^T

give E, s, K and g of `geometry.ritz`, where the equations are. Derivatives of D do not enter, so
that of phi(theta) only the Jacobian does: K_theta = A^T K_phi A whatever the angles are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Amplitudes
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import UnknownNameError
from qng.estimate.fubini.form import cheapest
from qng.geometry import Metric, Ritz, RitzProducts
from qng.plan.plan import Plan
from qng.plan.request import Request, Result, Tangent, TangentMap

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FORMS = ("auto", "dense", "products")
"""As matrices, by products with them, or as what takes less work."""

# Amplitudes of H D^T that are held at once.
_AT_ONCE = 2**24


def linear_method(
    circuit: Circuit, observable: PauliSum, theta: ArrayLike, form: str = "auto"
) -> Plan[Metric]:
    """The matrix of the linear method, M = 2 (K - w g), w the lowest energy on the tangent space.

    M dtheta = -grad leads to that energy for a state that were linear in theta.

    Args:
        circuit: The circuit.
        observable: H, Hermitian.
        theta: Shape (P,), radians.
        form: "dense", "products" with it, for many parameters, or "auto".

    Returns:
        A plan for M, shape (P, P), positive semidefinite, in units of the observable, with E, s, K
        and g in it (`Ritz`).

    Raises:
        UnknownNameError: Another form.

    Cost: one sweep of P derivative states, P products with H and two products of (P, 2^(n+1))
        real matrices; by products, those of the metric and two sweeps more for each.

    Reference: Toulouse and Umrigar, J. Chem. Phys. 126, 084102 (2007); for circuits Motta, Sung,
    Shee, arXiv:2408.01833.
    """
    return _plan(circuit, observable, theta, None, form)


def projected_inverse(
    circuit: Circuit,
    observable: PauliSum,
    theta: ArrayLike,
    eps: float = 1.0,
    form: str = "auto",
) -> Plan[Metric]:
    """The matrix of projected inverse iteration, M = 2 (K - E g + g/eps).

    Args:
        circuit: The circuit.
        observable: H, Hermitian.
        theta: Shape (P,), radians.
        eps: In units of 1/H, positive, infinity for no shift.
        form: "dense", "products" with it, for many parameters, or "auto".

    Returns:
        A plan for M, shape (P, P), in units of the observable, with E, s, K and g in it (`Ritz`).
        It is positive semidefinite for eps <= 1/(E - w), w the lowest energy on the tangent space.

    Raises:
        InputError: eps is not positive.
        UnknownNameError: Another form.

    Cost: that of the linear method.

    Reference: Zhang et al., arXiv:2606.07825.
    """
    return _plan(circuit, observable, theta, checked(eps), form)


def checked(eps: float) -> float:
    """eps, a positive number or infinity.

    Raises:
        InputError: It is not.
    """
    if eps == math.inf:
        return eps
    return checks.positive("eps", eps)


def ritz(
    state: Amplitudes, rows: Amplitudes, hamiltonian: csr_array, eps: float | None = None
) -> Ritz:
    """E, s, K and g of any normalised state and its derivatives.

    Args:
        state: psi, shape (2^n,).
        rows: |d_i psi>, shape (P, 2^n); their parts along psi are taken out.
        hamiltonian: H, Hermitian, shape (2^n, 2^n).
        eps: As in `Ritz`.
    """
    image = np.asarray(hamiltonian @ state, dtype=complex)
    rows = rows - np.outer(rows @ state.conj(), state)
    real = rows.view(float)
    curvature = np.empty((len(rows),) * 2)
    at_once = max(_AT_ONCE // rows.shape[1], 1)
    for start in range(0, len(rows), at_once):
        images = np.ascontiguousarray((hamiltonian @ rows[start : start + at_once].T).T)
        curvature[:, start : start + at_once] = real @ images.view(float).T
    return Ritz(
        energy=float((state.conj() @ image).real),
        slopes=real @ image.view(float),
        curvature=(curvature + curvature.T) / 2,
        states=real @ real.T,
        eps=eps,
    )


def _plan(
    circuit: Circuit, observable: PauliSum, theta: ArrayLike, eps: float | None, form: str
) -> Plan[Metric]:
    if form not in FORMS:
        raise UnknownNameError("form", form, FORMS)
    by_products = form == "products" or (form == "auto" and cheapest(circuit) == "implicit")
    phi, slopes = circuit.at(theta)

    def reduce(results: Sequence[Result]) -> Metric:
        tangent: TangentMap = results[0]
        hamiltonian = _matrix(observable, circuit.n_qubits)
        if by_products:
            return RitzProducts.of(tangent, hamiltonian, eps)
        return ritz(tangent.state, tangent.dense(), hamiltonian, eps)

    request = Request(circuit, phi[None], Tangent(slopes))
    return Plan((request,), reduce, rigid=circuit.is_affine)


@lru_cache(maxsize=2)
def _matrix(observable: PauliSum, n_qubits: int) -> csr_array:
    return observable.matrix(n_qubits)
