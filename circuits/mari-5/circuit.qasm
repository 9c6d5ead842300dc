// RX on every qubit and four CNOTs; <Z1> is the product of cos w0 ... cos w3.
OPENQASM 3.0;
include "stdgates.inc";

input float[64] w0;
input float[64] w1;
input float[64] w2;
input float[64] w3;
input float[64] w4;

qubit[5] q;

rx(w0) q[0];
rx(w1) q[1];
rx(w2) q[2];
rx(w3) q[3];
rx(w4) q[4];

cx q[0], q[1];
cx q[2], q[1];
cx q[3], q[1];
cx q[4], q[3];
