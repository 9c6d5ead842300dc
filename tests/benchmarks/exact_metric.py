"""Time and memory of the exact metric and gradient, against the product that bounds them below.

    python tests/benchmarks/exact_metric.py [qubits] [layers]

Reference circuit: per layer RY and RZ on every qubit, then a chain of CX. The bound is `A @ A.T`
of the real (P, 2^(n+1)) matrix, measured in the same run; medians of interleaved runs.
"""

import resource
import statistics
import sys
import time

import numpy as np

import qng
from qng.ansatz import hardware_efficient


def seconds(f):
    began = time.perf_counter()
    f()
    return time.perf_counter() - began


def main(n_qubits=16, layers=6, repeats=3):
    circuit = hardware_efficient(n_qubits, layers, final_rotations=False)
    theta = np.random.default_rng(0).uniform(-np.pi, np.pi, circuit.n_parameters)
    problem = qng.Problem(circuit, {"Z0 Z1": 1.0}, theta)
    matrix = np.random.default_rng(0).normal(size=(circuit.n_parameters, 2 ** (n_qubits + 1)))
    jobs = {
        "A @ A.T": lambda: matrix @ matrix.T,
        "gradient": lambda: qng.gradient(problem),
        "exact metric": lambda: qng.metric(problem),
        "block metric": lambda: qng.metric(problem, None, "blocks"),
    }
    tiny = qng.Problem(hardware_efficient(2, 1), {"Z0": 1.0})
    qng.metric(tiny)  # kernels are compiled once per machine
    qng.gradient(tiny)
    times = {name: [] for name in jobs}
    for _ in range(repeats):
        for name, job in jobs.items():
            times[name].append(seconds(job))
    bound = statistics.median(times["A @ A.T"])
    print(f"{n_qubits} qubits, {circuit.n_parameters} parameters, medians of {repeats}")
    for name, values in times.items():
        middle = statistics.median(values)
        print(f"  {name:<13} {middle:8.3f} s   {middle / bound:6.1f} times the product")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"  peak memory   {peak:8.2f} GiB")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
