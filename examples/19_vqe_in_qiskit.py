"""VQE of qiskit-algorithms with quantum natural gradient: one changed line.

The estimator and the ansatz stay what they are. The optimizer knows the circuit by itself, takes
its metric from a simulator (or by `executor=` and `shots=`), and all else from the estimator.
Needs qiskit-algorithms (`pip install qiskit-algorithms`); without it SciPy's loop shows the same.
"""

import warnings
from importlib.util import find_spec

import numpy as np
import scipy.optimize
from qiskit.circuit.library import efficient_su2
from qiskit.primitives import StatevectorEstimator
from qiskit.quantum_info import SparsePauliOp

import qng

H2 = SparsePauliOp(
    ["II", "IZ", "ZI", "ZZ", "XX"], [-1.052373, 0.397937, -0.397937, -0.011280, 0.180931]
)
ansatz = efficient_su2(2, reps=1)
start = np.random.default_rng(1).uniform(-np.pi, np.pi, ansatz.num_parameters)
estimator = StatevectorEstimator()

if find_spec("qiskit_algorithms") is not None:
    from qiskit_algorithms import VQE

    from qng.adapters.qiskit import Optimizer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of qiskit-algorithms
        vqe = VQE(estimator, ansatz, Optimizer("qng", lr=0.4, maxiter=30), initial_point=start)
        found = vqe.compute_minimum_eigenvalue(H2)
    print(f"VQE: {found.eigenvalue:.6f} after {found.cost_function_evals} evaluations")


def energy(x):
    return float(estimator.run([(ansatz, H2, x)]).result()[0].data.evs)


method = qng.scipy_method("qng", ansatz, lr=0.4)
result = scipy.optimize.minimize(energy, start, method=method, options={"maxiter": 30})
print(f"SciPy: {result.fun:.6f} after {result.nfev} evaluations, {result.message}")
print(f"exact: {np.linalg.eigvalsh(H2.to_matrix())[0]:.6f}")
