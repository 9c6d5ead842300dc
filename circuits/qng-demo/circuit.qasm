// Three qubits, a fixed product state and two layers of rotations and CNOTs.
OPENQASM 3.0;
include "stdgates.inc";

input float[64] t0;
input float[64] t1;
input float[64] t2;
input float[64] t3;

qubit[3] q;

ry(pi / 4) q[0];
ry(pi / 3) q[1];
ry(pi / 7) q[2];

rz(t0) q[0];
rz(t1) q[1];
cx q[0], q[1];
cx q[1], q[2];

ry(t2) q[1];
rx(t3) q[2];
cx q[0], q[1];
cx q[1], q[2];
