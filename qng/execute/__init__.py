"""Requests in, results out: the statevector, Qiskit, PennyLane, a function, a cluster.

An executor has a name, says what it answers and what disturbs it, and runs batches. It knows
nothing of what they are for.

    executor("aer")               by name (`names`), with options; adapters are imported when needed
    statevector.Statevector       exact, and shots from exact distributions
    qiskit.primitives.Primitives  any sampler or backend of Qiskit
    pennylane.PennyLane           any device of PennyLane
    function.Function             any Python function that runs a circuit and counts bits
    dask.Dask                     one of these on a cluster (`cluster`), in `parts`
"""

from __future__ import annotations

from typing import Any

__all__ = ["executor"]


def __getattr__(name: str) -> Any:
    if name == "executor":
        from qng.execute.names import executor

        return executor
    raise AttributeError(f"module 'qng.execute' has no attribute {name!r}")
