"""Seconds from the first call to its result in this process; imports are over before it.

python tests/benchmarks/fresh.py qng|tensorcircuit QUBITS LAYERS
"""

from __future__ import annotations

import sys
import time


def first_call(who: str, n_qubits: int, layers: int) -> float:
    from workloads import reference

    import qng
    import qng.execute.statevector
    import qng.point

    if who == "qng":
        problem = reference(n_qubits, layers)
        began = time.perf_counter()
        qng.metric(problem, executor=qng.execute.statevector.Statevector())
        return time.perf_counter() - began
    import tensorcircuit  # noqa: F401
    from peers import tensorcircuit_metric

    began = time.perf_counter()
    tensorcircuit_metric(n_qubits, layers)()
    return time.perf_counter() - began


if __name__ == "__main__":
    print(first_call(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
