// Qiskit's real_amplitudes on two qubits with one repetition.
OPENQASM 3.0;
include "stdgates.inc";

input float[64] x0;
input float[64] x1;
input float[64] x2;
input float[64] x3;

qubit[2] q;

ry(x0) q[0];
ry(x1) q[1];
cx q[0], q[1];
ry(x2) q[0];
ry(x3) q[1];
