"""A PennyLane user's first step: metric, gradient and optimisation of a QNode."""

import pennylane as qml
from pennylane import numpy as np

import qng
from qng.circuit.convert.pennylane import convert

device = qml.device("default.qubit", wires=2)


@qml.qnode(device)
def energy(tilt, weights):
    qml.RY(tilt, wires=0)
    qml.CRX(weights[0], wires=[0, 1])
    qml.PhaseShift(2 * weights[1], wires=1)
    qml.RY(np.sin(weights[1]), wires=1)
    return qml.expval(qml.Z(0) @ qml.Z(1) + 0.5 * qml.X(1))


arguments = (np.array(0.4), np.array([1.1, -0.3]))  # several arguments: a tuple

g = qng.metric(energy, arguments)  # argument by argument, arrays in C order
print("parameters:", ", ".join(convert(energy, *arguments).circuit.parameters))
print(np.round(g.dense(), 4))
print("gradient:", np.round(qng.gradient(energy, arguments).value, 4))

run = qng.minimize(energy, "qng", start=arguments, steps=100, tol=1e-9)
tilt, weights = convert(energy, *arguments).unravel(run.x)
print(f"{run.fun:.6f} after {run.nit} steps; the QNode says {energy(tilt, weights):.6f}")
