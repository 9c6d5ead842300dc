"""Requests in, results out: the statevector, Qiskit, PennyLane, a function, a cluster.

An executor has a name, says what it answers and what disturbs it, and runs batches. It knows
nothing of what they are for. `executor(name)` makes one; adapters are imported when they are used.
"""

from __future__ import annotations

from typing import Any

__all__ = ["executor"]


def __getattr__(name: str) -> Any:
    if name == "executor":
        from qng.execute.names import executor

        return executor
    raise AttributeError(f"module 'qng.execute' has no attribute {name!r}")
