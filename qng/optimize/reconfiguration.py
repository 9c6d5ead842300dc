"""Stochastic reconfiguration, as it is published: QNG whose steps nobody judges.

What is called the force there is half the gradient, F = grad E / 2 in real parameters, so that the
rate of a published recipe is twice the `lr` here.
"""

from __future__ import annotations

from qng.geometry import LinearDamping
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.length import Constant


def sr(lr: float = 0.05, damping: float = 0.1, last: float = 0.01, over: int = 200) -> Optimizer:
    """Stochastic reconfiguration: M = g, damped by `damping` at first and by `last` after `over`.

    The defaults are those of NetKet's Ising example, whose rate is 0.1 on the force.

    Hyperparameters:
        damping: Of the first step.
        last: The damping after `over` steps.
        over: How many steps the damping takes to fall.

    Reference: Sorella, Phys. Rev. Lett. 80, 4558 (1998).
    """
    solve = LinearDamping(damping, last, over)
    return Optimizer(Constant(lr), MeasuredMetric("auto"), solve=solve)


def minsr(lr: float = 0.05, damping: float = 0.1, last: float = 0.01, over: int = 200) -> Optimizer:
    """minSR: the same step in the smaller space, without directions that no sample has seen.

    Where g = X^T X has fewer samples in X than parameters, what is solved is as large as these;
    damping may be 0.

    Hyperparameters:
        damping: Of the first step.
        last: The damping after `over` steps.
        over: How many steps the damping takes to fall.

    Reference: Chen, Heyl, arXiv:2302.01941.
    """
    solve = LinearDamping(damping, last, over, shortest=True)
    return Optimizer(Constant(lr), MeasuredMetric("auto"), solve=solve)
