"""A loop that is written for PennyLane: one import changes, the trajectory does not."""

import time

import pennylane as qml
from pennylane import numpy as np

import qng
from qng.adapters.pennylane import QNGOptimizer  # the changed line; before: from pennylane import

hamiltonian = qng.load("h2").observable.to_pennylane(range(4))
device = qml.device("default.qubit", wires=4)


@qml.qnode(device)
def energy(params):
    qml.BasisState(np.array([1, 1, 0, 0]), wires=range(4))
    for wire, (a, b, c) in enumerate(params):
        qml.Rot(a, b, c, wires=wire)
    qml.CNOT(wires=[2, 3])
    qml.CNOT(wires=[2, 0])
    qml.CNOT(wires=[3, 1])
    return qml.expval(hamiltonian)


def loop(optimizer, steps):
    params = np.linspace(0.1, 1.2, 12, requires_grad=True).reshape(4, 3)
    path, began = [], time.perf_counter()
    for _ in range(steps):
        params, cost = optimizer.step_and_cost(energy, params)
        path.append(params)
    return np.array(path), cost, (time.perf_counter() - began) / steps


theirs, _, slow = loop(qml.QNGOptimizer(0.5, lam=1e-3), 5)
ours, cost, fast = loop(QNGOptimizer(0.5, lam=1e-3), 100)
print(f"first five steps: at most {np.abs(theirs - ours[:5]).max():.0e} rad apart")
print(f"{cost:.6f} Ha after 100 steps; the exact energy is {qng.load('h2').reference.energy:.6f}")
print(f"a step takes {1e3 * fast:.2f} ms, theirs {1e3 * slow:.0f} ms")

# From shots: the same loop, measured as on a device.
noisy, cost, _ = loop(QNGOptimizer(0.5, lam=1e-3, shots=20_000, seed=1), 15)
print(f"from 20,000 shots a step: {cost:.3f} Ha after 15 steps")
