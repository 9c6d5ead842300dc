"""Our methods in the algorithms of qiskit-algorithms.

    VQE(estimator, ansatz, Optimizer("qng", lr=0.4))     its class of optimizers
    VQE(estimator, ansatz, minimizer("qng", lr=0.4))     a callable (fun, x0, jac, bounds)

In come the algorithm's function and its circuit; out goes what its own optimizers return. The
estimator and the sampler stay the user's own; as executors they are taken wherever `executor=` is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qng.adapters.qiskit.protocol import Minimizer as Minimizer
from qng.adapters.qiskit.protocol import minimizer as minimizer
from qng.errors import MissingPackageError

if TYPE_CHECKING:
    from qng.adapters.qiskit.optimizer import Optimizer as Optimizer

__all__ = ["Minimizer", "Optimizer", "minimizer"]


def __getattr__(name: str) -> Any:
    if name != "Optimizer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from qng.adapters.qiskit.optimizer import Optimizer
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "qiskit_algorithms":
            raise
        what = "qng.adapters.qiskit.Optimizer"
        raise MissingPackageError(what, "qiskit-algorithms", "algorithms") from error
    return Optimizer
