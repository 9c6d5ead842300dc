"""The metric of a circuit of your own: full, in blocks, and against the classical Fisher matrix."""

import numpy as np

import qng

circuit = qng.Circuit.from_qasm("""
OPENQASM 3.0;
include "stdgates.inc";
input float[64] a;
input float[64] b;
qubit[2] q;
ry(a) q[0];
crx(b / 2) q[0], q[1];
rz(a + b) q[1];
ry(sin(b)) q[1];
""")
theta = [0.4, 1.1]

np.set_printoptions(precision=5, suppress=True)
g = qng.metric(circuit, theta)
print("parameters  ", ", ".join(circuit.parameters))
print("metric g    ", *g.dense(), sep="\n  ")
print("blocks      ", *qng.metric(circuit, theta, "blocks").dense(), sep="\n  ")
print("curvature F ", *qng.berry_curvature(circuit, theta), sep="\n  ")

fisher = qng.metric(circuit, theta, "fisher", basis="X")
gap = np.linalg.eigvalsh(4 * g.dense() - fisher.dense())
print("eigenvalues of 4 g - I, never negative:", gap)
