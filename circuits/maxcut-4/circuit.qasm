// QAOA with two layers: exp(-i gamma sum ZZ/2), then exp(-i beta sum X).
OPENQASM 3.0;
include "stdgates.inc";

gate rzz(t) a, b { cx a, b; rz(t) b; cx a, b; }

input float[64] gamma0;
input float[64] gamma1;
input float[64] beta0;
input float[64] beta1;

qubit[4] q;

h q;

rzz(gamma0) q[0], q[1];
rzz(gamma0) q[0], q[3];
rzz(gamma0) q[1], q[2];
rzz(gamma0) q[1], q[3];
rx(2 * beta0) q;

rzz(gamma1) q[0], q[1];
rzz(gamma1) q[0], q[3];
rzz(gamma1) q[1], q[2];
rzz(gamma1) q[1], q[3];
rx(2 * beta1) q;
