"""Methods whose M has structure beyond that of a metric of states: each a line over the parts.

h-qng           M = J^T Diag(a^2) J / (2 |a|), J the derivatives of the words of H
gauss-newton    M = J^T J, J the derivatives of the outputs
kfac            M = S (x) A for every array of parameters
shampoo         M = L^(1/4) (x) R^(1/4), L and R from the gradients
muon            M = (V V^T)^(1/2), V the momentum as a matrix
trust-region    M = I, the step by its divergence
"""

from __future__ import annotations

from typing import Final

from qng.geometry import Direct, Floored, PseudoInverse, shapes
from qng.optimize.guarded import TRUST, guarded
from qng.optimize.matrices import Orthogonalised, Shampoo
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.divergence import DivergenceRegion
from qng.optimize.search.length import Constant
from qng.optimize.signal import Ahead, Momentum
from qng.plan.quantities import By

H_QNG: Final = By("observables", weight="coefficients")
"""What `h_qng` measures."""


def h_qng(lr: float = 0.1, damping: float = 0.1, every: int = 1, trust: float = 1.0) -> Optimizer:
    """H-QNG: M = sum_k a_k^2 d_i <P_k> d_j <P_k> / (2 |a|), of the words and coefficients of H.

    lr and damping are ours; the damping is in units of H.

    Hyperparameters:
        trust: Longest step, in Euclidean length, radians; inf: steps as published.
    """
    return guarded(
        lr, trust, True, precondition=MeasuredMetric(H_QNG, every), solve=Floored(damping)
    )


def gauss_newton(
    lr: float = 0.3, damping: float = 0.1, every: int = 1, trust: float = 1.0
) -> Optimizer:
    """Gauss-Newton: M = J^T J + damping, J the derivatives of the outputs.

    The outputs of a circuit are its words, J_ki = sqrt|c_k| d_i <P_k>.

    Hyperparameters:
        trust: Longest step, in Euclidean length, radians; inf: steps as published.
    """
    metric = MeasuredMetric("gauss-newton", every)
    return guarded(lr, trust, True, precondition=metric, solve=Floored(damping))


def kfac(
    lr: float = 0.1,
    damping: float = 1e-3,
    shape: tuple[int, ...] | str = shapes.AUTO,
    every: int = 1,
    trust: float = TRUST,
) -> Optimizer:
    """K-FAC: M a Kronecker product for every array of parameters, S (x) A for weights (out, in).

    On circuits it is the one nearest to g, for theta as layers x qubits.

    Hyperparameters:
        damping: lambda of (M + lambda) d = s, which the eigenvalues of the factors solve exactly.

    Reference: Martens and Grosse, arXiv:1503.05671.
    """
    by = By("kfac") if shapes.given(shape) is None else By("kfac", shape=shape)
    return guarded(lr, trust, precondition=MeasuredMetric(by, every), solve=Floored(damping))


def shampoo(
    lr: float = 0.3, eps: float = 1e-8, shape: tuple[int, ...] | str = shapes.AUTO
) -> Optimizer:
    """Shampoo: M = L^(1/4) (x) R^(1/4), L += G G^T, R += G^T G, G the gradient as a matrix.

    Hyperparameters:
        eps: L and R of no gradient, in units of the gradient squared.

    Reference: Gupta, Koren and Singer, arXiv:1802.09568.
    """
    return Optimizer(Constant(lr), Shampoo(eps, shapes.given(shape)), solve=Direct())


def muon(
    lr: float = 0.1,
    rho: float = 0.95,
    ahead: bool = True,
    iterations: int = 5,
    widened: bool = False,
    shape: tuple[int, ...] | str = shapes.AUTO,
) -> Optimizer:
    """Muon: M = (V V^T)^(1/2), V = rho V + G the momentum as a matrix, so that d is orthogonal.

    Hyperparameters:
        lr: Learning rate: the size of all singular values of a step.
        ahead: s = G + rho V instead of V.
        iterations: Of Newton-Schulz; 0: the exact root.
        widened: Whether d is longer by sqrt(rows/columns) where a matrix has more rows.

    Reference: Jordan et al., kellerjordan.github.io/posts/muon (2024).
    """
    metric = Orthogonalised(rho, ahead, iterations, widened, shapes.given(shape))
    signal = Ahead(rho) if ahead else Momentum(rho)
    return Optimizer(Constant(lr), metric, signal, PseudoInverse(1e-12))


def trust_region(
    delta: float = 0.01,
    damping: float = 4e-3,
    basis: str = "Z",
    every: int = 1,
    shrink: float = 0.5,
    trials: int = 10,
) -> Optimizer:
    """Natural gradient with steps of divergence delta: KL(p_theta || p_theta+dtheta) <= delta.

    M = I; the step of length sqrt(2 delta) in it is shortened until the measured divergence is at
    most delta and the loss falls. From shots the divergence is that of the quadratic model alone.

    Hyperparameters:
        delta: The largest divergence of a step, nats.
        shrink: Factor between the lengths that are tried, in (0, 1).
        trials: How many lengths are tried in a step.

    Reference: Schulman et al., arXiv:1502.05477 (TRPO).
    """
    by = By("fisher", basis=basis)
    search = DivergenceRegion(delta, shrink, trials, by)
    return Optimizer(search, MeasuredMetric(by, every), solve=Floored(damping))
