"""Quantum natural gradient and metric-aware variational optimisation.

One idea: what has to be executed is data. problem -> estimate -> Plan -> execute -> reduce ->
optimize -> next theta. Every method solves M dtheta = -eta s.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qng import optimizers as optimizers
    from qng.circuit import Circuit as Circuit
    from qng.comparison import compare as compare
    from qng.comparison import compare_steps as compare_steps
    from qng.folder import library as library
    from qng.folder import load as load
    from qng.folder import save as save
    from qng.gate import Gate as Gate
    from qng.gate import Rotation as Rotation
    from qng.optimize.optimizer import Optimizer as Optimizer
    from qng.pauli import Pauli as Pauli
    from qng.pauli import PauliSum as PauliSum
    from qng.point import berry_curvature as berry_curvature
    from qng.point import energy as energy
    from qng.point import gradient as gradient
    from qng.point import hessian as hessian
    from qng.point import metric as metric
    from qng.preview import step_cost as step_cost
    from qng.problem import Problem as Problem
    from qng.resolve import executor as executor
    from qng.run import minimize as minimize

__version__ = "0.1.0"

# Names are looked up when they are first used, so that `import qng` costs nothing.
_WHERE = {
    "Circuit": "circuit",
    "Gate": "gate",
    "Optimizer": "optimize.optimizer",
    "Pauli": "pauli",
    "PauliSum": "pauli",
    "Problem": "problem",
    "Rotation": "gate",
    "berry_curvature": "point",
    "compare": "comparison",
    "compare_steps": "comparison",
    "energy": "point",
    "executor": "resolve",
    "gradient": "point",
    "hessian": "point",
    "library": "folder",
    "load": "folder",
    "metric": "point",
    "minimize": "run",
    "optimizers": "optimizers",
    "save": "folder",
    "step_cost": "preview",
}

__all__ = [*_WHERE, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'qng' has no attribute {name!r}")
    module = import_module(f"qng.{_WHERE[name]}")
    value = module if name == "optimizers" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
