"""Methods that are not made of the parts of M dtheta = -eta s, to compare with."""

from __future__ import annotations

from typing import Final

from qng import checks
from qng.optimize.cmaes import CMAES
from qng.optimize.quiver import Quiver
from qng.optimize.rotosolve import Rotosolve
from qng.optimize.scipy import SciPy
from qng.plan.quantities import By


def rotosolve() -> Rotosolve:
    """Rotosolve: each parameter in turn to the minimum of the energy as a function of it."""
    return Rotosolve()


# SciPy counts what is not counted here: no limit of its own.
_ENDLESS: Final = 10**9


def l_bfgs_b(memory: int = 10, gradient: By | str = "auto") -> SciPy:
    """SciPy's L-BFGS-B: M from the last `memory` steps, with a line search."""
    checks.whole("memory", memory, 1)
    options = {"maxiter": _ENDLESS, "maxfun": _ENDLESS, "ftol": 0.0, "gtol": 1e-12}
    return SciPy("L-BFGS-B", (*options.items(), ("maxcor", memory)), gradient)


def bfgs(gtol: float = 1e-9, gradient: By | str = "auto") -> SciPy:
    """SciPy's BFGS: M from all steps so far; it ends where no slope is above `gtol`."""
    checks.not_negative("gtol", gtol)
    return SciPy("BFGS", (("maxiter", _ENDLESS), ("gtol", gtol)), gradient)


def slsqp(gradient: By | str = "auto") -> SciPy:
    """SciPy's SLSQP: sequential least squares, with a line search."""
    return SciPy("SLSQP", (("maxiter", _ENDLESS), ("ftol", 1e-15)), gradient)


def cobyla(radius: float = 1.0) -> SciPy:
    """SciPy's COBYLA: linear models of energies, without a gradient.

    Hyperparameters:
        radius: Of the first simplex, radians.
    """
    checks.positive("radius", radius)
    return SciPy("COBYLA", (("maxiter", _ENDLESS), ("rhobeg", radius), ("tol", 1e-10)))


def cma_es(sigma: float = 0.5, population: int | None = None) -> CMAES:
    """CMA-ES: a population around the mean, whose covariance is learnt from its ranks.

    Hyperparameters:
        sigma: Standard deviation of the first population, radians.
        population: How many energies a step; None: 4 + 3 ln P.

    Reference: Hansen, arXiv:1604.00772; by the package cma (the extra `cma`).
    """
    return CMAES(sigma, population)


def quiver(
    lr: float = 0.1,
    step: float = 0.1,
    draws: int = 4,
    smoothness: float | str | None = None,
    beta: float = 0.9,
    least: float = 0.1,
) -> Quiver:
    """QUIVER: SPSA with the number of shots whose gain a shot is largest, up to those given.

    Hyperparameters:
        beta: Memory of the means of |grad|^2 and of the noise, in [0, 1).

    Reference: Coyle, Raj, Umathe, Cherrat, Kashefi, arXiv:2606.09734; what stands there for the
    slope of a direction, and for L, is ours.
    """
    return Quiver(lr, step, draws, smoothness, beta, least)
