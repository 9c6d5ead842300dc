// QAOA with four layers: exp(-i gamma C) term by term, then exp(-i beta sum X).
OPENQASM 3.0;
include "stdgates.inc";

gate rzz(t) a, b { cx a, b; rz(t) b; cx a, b; }

input float[64] gamma0;
input float[64] gamma1;
input float[64] gamma2;
input float[64] gamma3;
input float[64] beta0;
input float[64] beta1;
input float[64] beta2;
input float[64] beta3;

qubit[4] q;

h q;

rzz(1.5 * gamma0) q[0], q[1];
rz(gamma0) q[0];
rz(gamma0) q[1];
rzz(1.5 * gamma0) q[0], q[2];
rz(2.5 * gamma0) q[2];
rzz(1.5 * gamma0) q[1], q[2];
rzz(1.5 * gamma0) q[2], q[3];
rz(-0.5 * gamma0) q[3];
rx(2 * beta0) q;

rzz(1.5 * gamma1) q[0], q[1];
rz(gamma1) q[0];
rz(gamma1) q[1];
rzz(1.5 * gamma1) q[0], q[2];
rz(2.5 * gamma1) q[2];
rzz(1.5 * gamma1) q[1], q[2];
rzz(1.5 * gamma1) q[2], q[3];
rz(-0.5 * gamma1) q[3];
rx(2 * beta1) q;

rzz(1.5 * gamma2) q[0], q[1];
rz(gamma2) q[0];
rz(gamma2) q[1];
rzz(1.5 * gamma2) q[0], q[2];
rz(2.5 * gamma2) q[2];
rzz(1.5 * gamma2) q[1], q[2];
rzz(1.5 * gamma2) q[2], q[3];
rz(-0.5 * gamma2) q[3];
rx(2 * beta2) q;

rzz(1.5 * gamma3) q[0], q[1];
rz(gamma3) q[0];
rz(gamma3) q[1];
rzz(1.5 * gamma3) q[0], q[2];
rz(2.5 * gamma3) q[2];
rzz(1.5 * gamma3) q[1], q[2];
rzz(1.5 * gamma3) q[2], q[3];
rz(-0.5 * gamma3) q[3];
rx(2 * beta3) q;
