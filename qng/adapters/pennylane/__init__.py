"""Our methods in loops written for PennyLane, and the metric in PennyLane's shapes.

    from qng.adapters.pennylane import Optimizer

    opt = Optimizer("qng", lr=0.1)                  # any of our methods
    params, cost = opt.step_and_cost(qnode, params)

`QNGOptimizer`, `AdamOptimizer` and the others have PennyLane's names, arguments and steps, so that
a script changes by one import. `metric_tensor` is the metric of a QNode in the shapes of its
arguments.

The cost that `step_and_cost` returns is that of the arguments it is given. A loop that also calls
the QNode after every step, `energy = qnode(params)`, spends nearly all of its time there: whether
it has converged, the costs of two steps in a row say as well (`opt.trace["energy"]` has them all).

A QNode is asked at every call what it queues (`known`), a sum of QNodes becomes a problem of
several circuits, and any other function of QNodes is differentiated by autograd (`hybrid`).
"""

from typing import Any, Final

from qng.errors import InputError, MissingPackageError

try:
    from qng.adapters.pennylane.metric import metric_tensor
    from qng.adapters.pennylane.named import (
        AdagradOptimizer,
        AdamOptimizer,
        GradientDescentOptimizer,
        MomentumOptimizer,
        MomentumQNGOptimizer,
        NesterovMomentumOptimizer,
        QNGOptimizer,
        QNSPSAOptimizer,
        RMSPropOptimizer,
    )
    from qng.adapters.pennylane.optimizer import Optimizer
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] != "pennylane":
        raise
    raise MissingPackageError(__name__, "pennylane", "") from error

__all__ = [
    "AdagradOptimizer",
    "AdamOptimizer",
    "GradientDescentOptimizer",
    "MomentumOptimizer",
    "MomentumQNGOptimizer",
    "NesterovMomentumOptimizer",
    "Optimizer",
    "QNGOptimizer",
    "QNSPSAOptimizer",
    "RMSPropOptimizer",
    "metric_tensor",
]

_INSTEAD: Final = {
    "RotosolveOptimizer": 'Optimizer("rotosolve") minimises one parameter after another',
    "SPSAOptimizer": 'Optimizer("spsa", lr=..., step=...) has constant gains',
    "RotoselectOptimizer": "gates are not chosen here",
    "AdaptiveOptimizer": "circuits are not grown here",
    "ShotAdaptiveOptimizer": "shots are given, Optimizer(name, shots=...)",
    "RiemannianGradientOptimizer": "gates are not appended here",
    "QNGOptimizerQJIT": "QNGOptimizer is the same outside of qjit",
    "MomentumQNGOptimizerQJIT": "MomentumQNGOptimizer is the same outside of qjit",
}


def __getattr__(name: str) -> Any:
    """Of PennyLane's optimizers that have no namesake here, what there is in their place.

    Raises:
        InputError: Always, for these.
    """
    if name in _INSTEAD:
        raise InputError(f"there is no {name} here: {_INSTEAD[name]}; pennylane.{name} is there")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
