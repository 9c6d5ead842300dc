// Two rotations of one qubit.
OPENQASM 3.0;
include "stdgates.inc";

input float[64] t0;
input float[64] t1;

qubit q;

rx(t0) q;
ry(t1) q;
