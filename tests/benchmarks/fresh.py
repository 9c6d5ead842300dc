"""Seconds from the first call to its result in this process.

Imports are over before it, JAX and its start and numba included, and the circuit is built.

python -m tests.benchmarks.fresh qng|tensorcircuit QUBITS LAYERS
"""

from __future__ import annotations

import sys
import time


def first_call(who: str, n_qubits: int, layers: int) -> float:
    import qng
    import qng.execute.statevector.executor
    import qng.run.point
    from tests.benchmarks.workloads import reference

    if who == "qng":
        import numba  # noqa: F401 as JAX there: qng itself imports it with the first kernel

        problem = reference(n_qubits, layers)
        began = time.perf_counter()
        qng.metric(problem, executor=qng.execute.statevector.executor.Statevector())
        return time.perf_counter() - began
    from tests.benchmarks.peers import tensorcircuit_metric

    metric = tensorcircuit_metric(n_qubits, layers)
    began = time.perf_counter()
    metric()
    return time.perf_counter() - began


if __name__ == "__main__":
    print(first_call(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
