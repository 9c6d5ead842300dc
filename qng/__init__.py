"""Quantum natural gradient and metric-aware variational optimisation.

One idea: what has to be executed is data. problem -> estimate -> Plan -> execute -> reduce ->
optimize -> next theta. Every method solves M dtheta = -eta s.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qng.adapters.scipy import scipy_method as scipy_method
    from qng.circuit.circuit import Circuit as Circuit
    from qng.circuit.gate import Gate as Gate
    from qng.circuit.gate import Rotation as Rotation
    from qng.circuit.pauli import Pauli as Pauli
    from qng.circuit.pauli import PauliSum as PauliSum
    from qng.execute.names import executor as executor
    from qng.models.amplitudes.state import StateFunction as StateFunction
    from qng.optimize import methods
    from qng.optimize.optimizer import Optimizer as Optimizer
    from qng.plan.shots import PerCircuit as PerCircuit
    from qng.problem import hamiltonians as hamiltonians
    from qng.problem import symmetries as symmetries
    from qng.problem.library import library as library
    from qng.problem.library import save as save
    from qng.problem.molecule import molecule as molecule
    from qng.problem.problem import Problem as Problem
    from qng.run import ansatz as ansatz
    from qng.run import excited as excited
    from qng.run.adam import adam_report as adam_report
    from qng.run.compare import compare as compare
    from qng.run.diagnose import diagnose as diagnose
    from qng.run.durable.resume import resume as resume
    from qng.run.durable.resume import runs as runs
    from qng.run.evolve import evolve as evolve
    from qng.run.library import load as load
    from qng.run.minimize import minimize as minimize
    from qng.run.point import berry_curvature as berry_curvature
    from qng.run.point import energy as energy
    from qng.run.point import gradient as gradient
    from qng.run.point import hessian as hessian
    from qng.run.point import metric as metric
    from qng.run.preview import step_cost as step_cost
    from qng.run.repeat import repeat as repeat
    from qng.run.saved import load_run as load_run
    from qng.run.saved import save_result as save_result
    from qng.run.scan import scan as scan
    from qng.run.steps import compare_steps as compare_steps
    from qng.run.trials import tune as tune

    optimizers = methods

__version__ = "0.1.0"

# Names are looked up when they are first used, so that `import qng` costs nothing.
_WHERE = {
    "Circuit": "circuit.circuit",
    "Gate": "circuit.gate",
    "Optimizer": "optimize.optimizer",
    "Pauli": "circuit.pauli",
    "PauliSum": "circuit.pauli",
    "PerCircuit": "plan.shots",
    "Problem": "problem.problem",
    "Rotation": "circuit.gate",
    "StateFunction": "models.amplitudes.state",
    "adam_report": "run.adam",
    "ansatz": "run.ansatz",
    "berry_curvature": "run.point",
    "compare": "run.compare",
    "compare_steps": "run.steps",
    "diagnose": "run.diagnose",
    "energy": "run.point",
    "evolve": "run.evolve",
    "excited": "run.excited",
    "executor": "execute.names",
    "gradient": "run.point",
    "hamiltonians": "problem.hamiltonians",
    "hessian": "run.point",
    "library": "problem.library",
    "load": "run.library",
    "load_run": "run.saved",
    "metric": "run.point",
    "minimize": "run.minimize",
    "molecule": "problem.molecule",
    "optimizers": "optimize.methods",
    "repeat": "run.repeat",
    "resume": "run.durable.resume",
    "runs": "run.durable.resume",
    "save": "problem.library",
    "save_result": "run.saved",
    "scan": "run.scan",
    "scipy_method": "adapters.scipy",
    "step_cost": "run.preview",
    "symmetries": "problem.symmetries",
    "tune": "run.trials",
}

_MODULES = ("ansatz", "excited", "hamiltonians", "optimizers", "symmetries")

# Rooms that need no import of their own, as in `qng.models.function(f, start)`.
_ROOMS = ("adapters", "errors", "geometry", "models")

__all__ = [*_WHERE, "__version__"]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"qng.{name}")
    if name not in _WHERE:
        raise AttributeError(f"module 'qng' has no attribute {name!r}")
    module = import_module(f"qng.{_WHERE[name]}")
    value = module if name in _MODULES else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted((*__all__, *_ROOMS))
