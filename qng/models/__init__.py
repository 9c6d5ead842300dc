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
    from qng.models.reconfiguration import minsr as minsr
    from qng.models.reconfiguration import sr as sr
    from qng.models.wave.jastrow import Jastrow as Jastrow
    from qng.models.wave.jastrow import MeanField as MeanField
    from qng.models.wave.rbm import RBM as RBM
    from qng.models.wave.sampler import ExactSum as ExactSum
    from qng.models.wave.sampler import Independent as Independent
    from qng.models.wave.sampler import Metropolis as Metropolis
    from qng.models.wave.variational import Variational as Variational
    from qng.models.wave.vmc import vmc as vmc
    from qng.models.wave.wave import WaveFunction as WaveFunction

# Names are looked up when they are first used.
_WHERE = {
    "ExactSum": "wave.sampler",
    "Independent": "wave.sampler",
    "Jastrow": "wave.jastrow",
    "Loss": "loss",
    "MeanField": "wave.jastrow",
    "Metropolis": "wave.sampler",
    "ModelProblem": "problem",
    "function": "functions",
    "least_squares": "functions",
    "reparametrised": "charts",
    "RBM": "wave.rbm",
    "Variational": "wave.variational",
    "WaveFunction": "wave.wave",
    "minsr": "reconfiguration",
    "sr": "reconfiguration",
    "vmc": "wave.vmc",
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
