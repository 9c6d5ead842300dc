"""Estimators: how quantities of a circuit are obtained, as plans.

    (circuit, [H,] theta, **options) -> Plan(requests, reduce)

In comes a circuit psi(theta), with an observable H where the quantity is of one; out comes what
has to be executed and the pure function that makes of the results, with Q = 1 - |psi><psi|,

    energy      <H>                                         energy
    gradient    d_i <H>                                     gradient
    hessian     d_i d_j <H>                                 hessian
    J^T W J     J_ri = d_i <P_r>, W of the covariance of P_r    observables/, <= g
    J^T J       sum_k |c_k| d_i <P_k> d_j <P_k>             gaussnewton
    K - w g     K_ij = Re <d_i psi| Q H Q |d_j psi>         ritz
    fubini      g_ij = Re <d_i psi| Q |d_j psi>             fubini/, QFI = 4 g
    curvature   F_ij = 2 Im <d_i psi|d_j psi>               fubini/
    B (x) C     nearest to g inside arrays of parameters    kronecker
    fisher      I_ij = sum_x d_i p(x) d_j p(x) / p(x)       fisher/, I <= 4 g
    divergence  KL(p_theta || p_theta')                     divergence, d^T I d / 2
    sld, ...    metrics of the density matrix, noise included    mixed/, on the scale of g

with standard errors where bits are counted. Nothing is run here. Everything is derived in the
angles phi(theta) of the Pauli rotations, grad_theta = A^T grad_phi and g_theta = A^T g_phi A with
the Jacobian A = d phi / d theta, so that sharing, scaling and expressions need nothing else.

`table` has every estimator by name, as a value that says what it is of (`Estimator`), and
`chosen` makes of a `By` something that can be asked. `recommended_words` says which words see most
of g. `ensemble` sums over several circuits,
`evolution` has what drives a state in time, `parts/` holds what estimators share.
"""

from qng.estimate.observables.cones import recommended as recommended_words
from qng.estimate.table import (
    BERRY,
    GRADIENTS,
    HESSIANS,
    METRICS,
    Chosen,
    chosen,
    gradient_by,
    metric_by,
)
from qng.plan.estimator import Estimator

__all__ = [
    "BERRY",
    "GRADIENTS",
    "HESSIANS",
    "METRICS",
    "Chosen",
    "Estimator",
    "chosen",
    "gradient_by",
    "metric_by",
    "recommended_words",
]
