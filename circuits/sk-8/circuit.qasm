// For every pair i < j an RY rotation of i and a CNOT, then RY on every qubit.
OPENQASM 3.0;
include "stdgates.inc";

input float[64] x0;
input float[64] x1;
input float[64] x2;
input float[64] x3;
input float[64] x4;
input float[64] x5;
input float[64] x6;
input float[64] x7;
input float[64] x8;
input float[64] x9;
input float[64] x10;
input float[64] x11;
input float[64] x12;
input float[64] x13;
input float[64] x14;
input float[64] x15;
input float[64] x16;
input float[64] x17;
input float[64] x18;
input float[64] x19;
input float[64] x20;
input float[64] x21;
input float[64] x22;
input float[64] x23;
input float[64] x24;
input float[64] x25;
input float[64] x26;
input float[64] x27;
input float[64] x28;
input float[64] x29;
input float[64] x30;
input float[64] x31;
input float[64] x32;
input float[64] x33;
input float[64] x34;
input float[64] x35;

qubit[8] q;

ry(x0) q[0];
cx q[0], q[1];
ry(x1) q[0];
cx q[0], q[2];
ry(x2) q[0];
cx q[0], q[3];
ry(x3) q[0];
cx q[0], q[4];
ry(x4) q[0];
cx q[0], q[5];
ry(x5) q[0];
cx q[0], q[6];
ry(x6) q[0];
cx q[0], q[7];

ry(x7) q[1];
cx q[1], q[2];
ry(x8) q[1];
cx q[1], q[3];
ry(x9) q[1];
cx q[1], q[4];
ry(x10) q[1];
cx q[1], q[5];
ry(x11) q[1];
cx q[1], q[6];
ry(x12) q[1];
cx q[1], q[7];

ry(x13) q[2];
cx q[2], q[3];
ry(x14) q[2];
cx q[2], q[4];
ry(x15) q[2];
cx q[2], q[5];
ry(x16) q[2];
cx q[2], q[6];
ry(x17) q[2];
cx q[2], q[7];

ry(x18) q[3];
cx q[3], q[4];
ry(x19) q[3];
cx q[3], q[5];
ry(x20) q[3];
cx q[3], q[6];
ry(x21) q[3];
cx q[3], q[7];

ry(x22) q[4];
cx q[4], q[5];
ry(x23) q[4];
cx q[4], q[6];
ry(x24) q[4];
cx q[4], q[7];

ry(x25) q[5];
cx q[5], q[6];
ry(x26) q[5];
cx q[5], q[7];

ry(x27) q[6];
cx q[6], q[7];

ry(x28) q[0];
ry(x29) q[1];
ry(x30) q[2];
ry(x31) q[3];
ry(x32) q[4];
ry(x33) q[5];
ry(x34) q[6];
ry(x35) q[7];
