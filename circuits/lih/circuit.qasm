// The Hartree-Fock state |1100>, two layers of RY rotations and CNOTs.
OPENQASM 3.0;
include "stdgates.inc";

input float[64] t0;
input float[64] t1;
input float[64] t2;
input float[64] t3;
input float[64] t4;
input float[64] t5;
input float[64] t6;
input float[64] t7;

qubit[4] q;

x q[0];
x q[1];

ry(t0) q[0];
ry(t1) q[1];
ry(t2) q[2];
ry(t3) q[3];
cx q[0], q[1];
cx q[2], q[3];
cx q[1], q[2];

ry(t4) q[0];
ry(t5) q[1];
ry(t6) q[2];
ry(t7) q[3];
cx q[0], q[1];
cx q[2], q[3];
cx q[1], q[2];
