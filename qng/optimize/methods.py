"""Every method by name, each one line over the parts of M dtheta = -eta s.

A measured metric is damped, (M + damping) d = s, and where it has errors its eigenvalues are raised
to them (`Floored`).

Where a metric is measured, the defaults are safe: a step is no longer than `trust` in the metric,
its size follows the decreases that steps bring (`AdaptiveTrustRegion`, which begins at `lr`), and a
step up is undone (`Blocking`). An exact run cannot end above its start. trust=inf gives the method
as published: eta = lr in every step, and no step is judged.

Learning rates are on the Fubini-Study metric g. The classical Fisher matrix obeys I <= 4 g, with
I = 4 g where all amplitudes are real in the measured basis: there the rate and the damping of `ng`
that are comparable with those of `qng` are four times as large and its radius is twice as large,
which the defaults follow, and its steps equal `qng`'s. With complex amplitudes I is smaller and
`ng`'s steps are longer. Over Haar-random bases the mean of I is 2 g (arXiv:2509.08196): for `rng`,
and on average for circuits with complex amplitudes, the comparable factor is two.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from qng import checks
from qng.errors import InputError, UnknownNameError
from qng.geometry import AbsoluteEigenvalues, Direct, Floored, Proximal, PseudoInverse, Tikhonov
from qng.optimize.accept import Always, Blocking
from qng.optimize.average import Broyden, RunningMean
from qng.optimize.controls import bfgs, cma_es, cobyla, l_bfgs_b, quiver, rotosolve, slsqp
from qng.optimize.guarded import TRUST, guarded
from qng.optimize.hyperparameters import checked
from qng.optimize.matrix_methods import gauss_newton, h_qng, kfac, muon, shampoo, trust_region
from qng.optimize.method import Method
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import AveragedSquares, Belief, MeasuredMetric, SummedSquares
from qng.optimize.reconfiguration import minsr as minsr
from qng.optimize.reconfiguration import sr as sr
from qng.optimize.search.geodesic import Geodesic
from qng.optimize.search.length import Constant
from qng.optimize.search.plane import PlaneSearch
from qng.optimize.search.post import HeavyBall
from qng.optimize.signal import (
    AveragedGradient,
    Momentum,
    Nesterov,
    NormalisedMomentum,
)
from qng.optimize.tangent_methods import linear_method, projected_inverse
from qng.plan.quantities import By


def gd(lr: float = 0.1) -> Optimizer:
    """Gradient descent: M = 1, s = grad.

    Reference: textbooks, such as Nocedal and Wright, Numerical Optimization (2006), section 2.2.
    """
    return Optimizer(Constant(lr), solve=Direct())


def momentum(lr: float = 0.02, rho: float = 0.9) -> Optimizer:
    """Momentum: M = 1, s = m, m = rho m + grad."""
    return Optimizer(Constant(lr), signal=Momentum(rho), solve=Direct())


def nesterov(lr: float = 0.02, rho: float = 0.9) -> Optimizer:
    """Nesterov: momentum with the gradient at the look-ahead point."""
    return Optimizer(Constant(lr), signal=Nesterov(rho), solve=Direct())


def adagrad(lr: float = 0.2, eps: float = 1e-8) -> Optimizer:
    """AdaGrad: M = Diag(sum grad^2)^(1/2) + eps."""
    return Optimizer(Constant(lr), SummedSquares(eps), solve=Direct())


def rmsprop(lr: float = 0.02, beta: float = 0.9, eps: float = 1e-8) -> Optimizer:
    """RMSProp: M = Diag(v)^(1/2) + eps, v the average of grad^2."""
    metric = AveragedSquares(beta, eps, corrected=False)
    return Optimizer(Constant(lr), metric, solve=Direct())


def adam(lr: float = 0.1, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> Optimizer:
    """Adam: M = Diag(vhat)^(1/2) + eps, s = mhat."""
    checks.fraction("beta1", beta1)  # the parts have one beta each
    checks.fraction("beta2", beta2)
    metric = AveragedSquares(beta2, eps)
    return Optimizer(Constant(lr), metric, AveragedGradient(beta1), Direct())


def adabelief(
    lr: float = 0.1, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-16
) -> Optimizer:
    """AdaBelief: Adam with the average of (grad - m)^2."""
    metric = Belief(beta1, beta2, eps)
    return Optimizer(Constant(lr), metric, AveragedGradient(beta1), Direct())


def newton(lr: float = 1.0, damping: float = 1e-3, trust: float = 1.0) -> Optimizer:
    """Newton: M = |Hessian| + damping, absolute eigenvalues.

    Hyperparameters:
        trust: Longest step, in Euclidean length, radians; inf: steps as published.

    Reference: Dauphin et al., arXiv:1406.2572.
    """
    metric, solve = MeasuredMetric("hessian"), AbsoluteEigenvalues(damping)
    return guarded(lr, trust, True, precondition=metric, solve=solve)


def ng(
    lr: float = 0.4,
    damping: float = 4e-3,
    basis: str = "Z",
    every: int = 1,
    trust: float = 2 * TRUST,
) -> Optimizer:
    """Natural gradient: M = I, the classical Fisher matrix of a measurement basis.

    The defaults are comparable with those of `qng` where I = 4 g, with real amplitudes; where they
    are complex, the factor of lr and damping is about two on average.
    """
    metric = MeasuredMetric(By("fisher", basis=basis), every)
    return guarded(lr, trust, precondition=metric, damping=damping)


def diag_ng(
    lr: float = 0.4,
    damping: float = 4e-3,
    basis: str = "Z",
    every: int = 1,
    trust: float = 2 * TRUST,
) -> Optimizer:
    """Diagonal natural gradient: M = Diag(I)."""
    metric = MeasuredMetric(By("fisher-diagonal", basis=basis), every)
    return guarded(lr, trust, precondition=metric, damping=damping)


def qng(
    lr: float = 0.1,
    damping: float = 1e-3,
    metric: By | str = "auto",
    every: int = 1,
    trust: float = TRUST,
) -> Optimizer:
    """Quantum natural gradient: M = g, the Fubini-Study metric."""
    kept = MeasuredMetric(metric, every)
    return guarded(lr, trust, precondition=kept, damping=damping)


def qng_blocks(
    lr: float = 0.1,
    damping: float = 1e-3,
    rule: str = "commuting",
    every: int = 1,
    trust: float = TRUST,
) -> Optimizer:
    """QNG with the metric inside blocks."""
    metric = MeasuredMetric(By("blocks", rule=rule), every)
    return guarded(lr, trust, precondition=metric, damping=damping)


def qng_diagonal(
    lr: float = 0.1, damping: float = 1e-3, every: int = 1, trust: float = TRUST
) -> Optimizer:
    """QNG with the diagonal of the metric."""
    return qng(lr, damping, "diagonal", every, trust)


def momentum_qng(
    lr: float = 0.02,
    rho: float = 0.9,
    damping: float = 1e-3,
    metric: By | str = "auto",
    every: int = 1,
    trust: float = TRUST,
) -> Optimizer:
    """Momentum QNG: dtheta = -eta d + rho dtheta, a heavy ball after the solve."""
    kept = MeasuredMetric(metric, every)
    return guarded(lr, trust, precondition=kept, damping=damping, post=HeavyBall(rho))


def spring(
    lr: float = 0.1,
    damping: float = 1e-3,
    mu: float = 0.9,
    metric: By | str = "auto",
    every: int = 1,
    trust: float = TRUST,
) -> Optimizer:
    """SPRING: (g + damping) d = grad + damping mu d', d' the last direction.

    What g does not see is remembered. This is a step of the Kaczmarz method, and pays where g is
    made of samples, others in every step; with an exact g of full rank it is QNG.

    Reference: Goldshlager, Abrahamsen, Lin, arXiv:2401.10190.
    """
    made = guarded(lr, trust, precondition=MeasuredMetric(metric, every), damping=damping)
    return replace(made, solve=Proximal(made.solve, mu))


def spsa(lr: float = 0.1, step: float = 0.1, draws: int = 1) -> Optimizer:
    """SPSA: M = 1, s the slope along random signs h, two energies a draw.

    Hyperparameters:
        step: Of the differences, radians.
        draws: How many directions a step, averaged.

    Reference: Spall, IEEE Trans. Autom. Control 37, 332 (1992).
    """
    checks.positive("step", step)
    checks.whole("draws", draws, 1)
    return Optimizer(Constant(lr), solve=Direct(), gradient=By("spsa", step=step, draws=draws))


def qn_spsa(
    lr: float = 0.05, damping: float = 1e-3, step: float = 0.1, tolerance: float | str = "spread"
) -> Optimizer:
    """QN-SPSA: SPSA with M the regularised mean of random metrics so far, and blocking.

    Hyperparameters:
        step: Of the differences, radians; the published one is 0.01, with shots a longer one has
            less noise.

    Reference: Gacon, Zoufal, Carleo, Woerner, arXiv:2103.09232.
    """
    by = By("spsa", step=checks.positive("step", step))
    metric = MeasuredMetric(by, average=RunningMean(damping))
    return Optimizer(
        Constant(lr),
        metric,
        solve=Tikhonov(0.0),
        gradient=by,
        accept=Blocking(tolerance),
    )


def rng(
    lr: float = 0.2, rcond: float = 1e-4, kind: str = "circuit", trust: float = 1.4 * TRUST
) -> Optimizer:
    """Random natural gradient: M = I after a new random circuit each step; no step goes up.

    The pseudo-inverse with rcond is the published solve. The mean of I over random bases is about
    2 g, so that the rate comparable with one of `qng` is twice as large; with an infinite trust
    steps up are still undone, as published.

    Hyperparameters:
        kind: "circuit", a random circuit before all qubits are measured, or "pauli", a random
            letter on every qubit.

    Reference: Kolotouros and Wallden, arXiv:2311.04135.
    """
    metric = MeasuredMetric(By("fisher-random", kind=kind))
    solve = PseudoInverse(rcond)
    made = guarded(lr, trust, precondition=metric, solve=solve)
    return replace(made, accept=Blocking("noise", 1.0)) if trust == math.inf else made


def qbroyden(
    lr: float = 0.1,
    damping: float = 1e-3,
    weight: float = 0.2,
    metric: By | str = "auto",
    every: int | None = None,
    trust: float = TRUST,
) -> Optimizer:
    """qBroyden: M = g at first, then M + e (grad grad^T - M) with e = weight/t."""
    kept = MeasuredMetric(metric, every, average=Broyden(weight))
    return guarded(lr, trust, precondition=kept, damping=damping)


def qbang(
    lr: float = 0.01,
    damping: float = 1e-3,
    weight: float = 0.2,
    beta1: float = 0.9,
    beta2: float = 0.999,
    metric: By | str = "auto",
    every: int | None = None,
    trust: float = 3 * TRUST,
) -> Optimizer:
    """QBang: qBroyden with s = mhat / sqrt(vhat), Adam's averages.

    As s has about the length 1 everywhere, a longer radius does it good.

    Reference: Fitzek et al., arXiv:2304.13882, for both.
    """
    kept = MeasuredMetric(metric, every, average=Broyden(weight))
    signal = NormalisedMomentum(beta1, beta2)
    return guarded(lr, trust, precondition=kept, signal=signal, solve=Floored(damping))


def cqng(
    lr: float = 1.0,
    damping: float = 1e-3,
    trials: int = 5,
    metric: By | str = "auto",
    every: int = 1,
) -> Optimizer:
    """Conjugate QNG: dtheta = -alpha d + beta dtheta with the (alpha, beta) of lowest energy.

    Hyperparameters:
        lr: The largest alpha.
        trials: How many alphas are tried in a step, at least 3.

    Reference: Halla, arXiv:2501.05847.
    """
    search = PlaneSearch(lr, trials=trials)
    return Optimizer(search, MeasuredMetric(metric, every), solve=Floored(damping))


def qngg(
    lr: float = 0.1,
    damping: float = 1e-3,
    limit: float = 0.75,
    metric: By | str = "auto",
    trust: float = TRUST,
) -> Optimizer:
    """QNG along geodesics: dtheta^i = -eta v^i - eta^2 Gamma^i_jk v^j v^k / 2, g v = grad.

    Reference: Halla, arXiv:2409.03638.
    """
    straight = guarded(lr, trust, precondition=MeasuredMetric(metric), damping=damping)
    return replace(straight, search=Geodesic(straight.search, limit))


METHODS: Final[dict[str, Callable[..., Optimizer]]] = {
    "gd": gd,
    "momentum": momentum,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "adam": adam,
    "adabelief": adabelief,
    "newton": newton,
    "gauss-newton": gauss_newton,
    "linear-method": linear_method,
    "projected-inverse": projected_inverse,
    "ng": ng,
    "diag-ng": diag_ng,
    "trust-region": trust_region,
    "qng": qng,
    "qng-blocks": qng_blocks,
    "qng-diagonal": qng_diagonal,
    "h-qng": h_qng,
    "kfac": kfac,
    "shampoo": shampoo,
    "muon": muon,
    "momentum-qng": momentum_qng,
    "spring": spring,
    "spsa": spsa,
    "qn-spsa": qn_spsa,
    "rng": rng,
    "qbroyden": qbroyden,
    "qbang": qbang,
    "cqng": cqng,
    "qngg": qngg,
    "sr": sr,
    "minsr": minsr,
}


CONTROLS: Final[dict[str, Callable[..., Method]]] = {
    "rotosolve": rotosolve,
    "bfgs": bfgs,
    "l-bfgs-b": l_bfgs_b,
    "slsqp": slsqp,
    "cobyla": cobyla,
    "cma-es": cma_es,
    "quiver": quiver,
}
"""Methods that are not made of the parts of M dtheta = -eta s, to compare with."""


def takes(name: str, hyperparameter: str) -> bool:
    """Whether a method of the tables has a hyperparameter.

    Raises:
        UnknownNameError: No such method.
    """
    table = {**METHODS, **CONTROLS}
    if name not in table:
        raise UnknownNameError("method", name, table)
    return hyperparameter in inspect.signature(table[name]).parameters


def named(name: str, **hyperparameters: Any) -> Method:
    """A method of the tables by name.

    Raises:
        UnknownNameError: No such method, or a hyperparameter that it does not have.
        InputError: A hyperparameter of the wrong kind, or out of range.
    """
    table = {**METHODS, **CONTROLS}
    if name not in table:
        raise UnknownNameError("method", name, table)
    return table[name](**checked(name, table[name], hyperparameters))


def remedy(method: Method) -> str:
    """What to change where a run has ended above its start."""
    if not isinstance(method, Optimizer):
        rate = getattr(method, "lr", None)
        if rate is not None:
            return f"lower lr, which is {rate:g}"
        return "give another start, or, where it counts, more shots"
    rates = ((name, getattr(method.search, name, None)) for name in ("lr", "delta"))
    known = (f"lower {name}, which is {rate:g}" for name, rate in rates if rate is not None)
    shorter = next(known, "take shorter steps")
    if not isinstance(method.accept, Always):
        return f"give more shots, or {shorter}"
    if isinstance(method.precondition, MeasuredMetric):
        return f"{shorter}, or give trust={TRUST:g}, which undoes steps up"
    return shorter


def method(given: str | Method, hyperparameters: dict[str, Any]) -> Method:
    """A method from a name and its hyperparameters, or the one given.

    Raises:
        UnknownNameError: No such method or hyperparameter.
        InputError: What is no method, or hyperparameters for one that is complete.
    """
    if isinstance(given, str):
        return named(given, **hyperparameters)
    if isinstance(given, type) or not (hasattr(given, "init") and hasattr(given, "next")):
        raise InputError(
            f"a method is a name such as 'qng' or an Optimizer, not {type(given).__name__}"
        )
    if hyperparameters:
        raise InputError(
            f"{', '.join(hyperparameters)} can be given for a method by name; "
            "this one is complete, set them in its constructor"
        )
    return given
