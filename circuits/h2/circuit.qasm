// The Hartree-Fock state |1100>, any rotation of each qubit, three CNOTs.
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
input float[64] t8;
input float[64] t9;
input float[64] t10;
input float[64] t11;

qubit[4] q;

x q[0];
x q[1];

rz(t0) q[0];
ry(t1) q[0];
rz(t2) q[0];
rz(t3) q[1];
ry(t4) q[1];
rz(t5) q[1];
rz(t6) q[2];
ry(t7) q[2];
rz(t8) q[2];
rz(t9) q[3];
ry(t10) q[3];
rz(t11) q[3];

cx q[2], q[3];
cx q[2], q[0];
cx q[3], q[1];
