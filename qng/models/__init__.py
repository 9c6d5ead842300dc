"""Objectives without circuits: statistical models, neural networks and states, plain functions.

In goes a loss (`qng.models.loss.Loss`), out comes a `ModelProblem`, which `qng.minimize` and
`qng.compare` take as they take circuits. Its plans have nothing to execute.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qng.models.charts import reparametrised as reparametrised
    from qng.models.functions import function as function
    from qng.models.functions import least_squares as least_squares
    from qng.models.loss import Loss as Loss
    from qng.models.problem import ModelProblem as ModelProblem

# Names are looked up when they are first used.
_WHERE = {
    "Loss": "loss",
    "ModelProblem": "problem",
    "function": "functions",
    "least_squares": "functions",
    "reparametrised": "charts",
}

__all__ = [*_WHERE]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'qng.models' has no attribute {name!r}")
    value = getattr(import_module(f"qng.models.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
