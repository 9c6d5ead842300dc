"""Our methods, energies and metrics in other people's loops.

    pennylane   an optimizer for QNodes, and the metric in PennyLane's shapes
    qiskit      minimizers and optimizers for qiskit-algorithms
    scipy       a method for `scipy.optimize.minimize`
    jax, torch  functions that are differentiated there, natural gradients as optimizers there

In comes what the other package calls its own; out goes a value of the other package. Each is
imported when it is first used, and needs its package then, not before.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    here = f"{__name__}.{name}"
    try:
        return import_module(here)
    except ModuleNotFoundError as error:
        if error.name != here:
            raise
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
