// Four blocks of exp(-i theta/2 sum ZZ) and exp(-i phi/2 sum X) from |+>.
OPENQASM 3.0;
include "stdgates.inc";

gate rzz(t) a, b { cx a, b; rz(t) b; cx a, b; }

input float[64] theta0;
input float[64] phi0;
input float[64] theta1;
input float[64] phi1;
input float[64] theta2;
input float[64] phi2;
input float[64] theta3;
input float[64] phi3;

qubit[8] q;

h q;

rzz(theta0) q[0], q[1];
rzz(theta0) q[1], q[2];
rzz(theta0) q[2], q[3];
rzz(theta0) q[3], q[4];
rzz(theta0) q[4], q[5];
rzz(theta0) q[5], q[6];
rzz(theta0) q[6], q[7];
rzz(theta0) q[7], q[0];
rx(phi0) q;

rzz(theta1) q[0], q[1];
rzz(theta1) q[1], q[2];
rzz(theta1) q[2], q[3];
rzz(theta1) q[3], q[4];
rzz(theta1) q[4], q[5];
rzz(theta1) q[5], q[6];
rzz(theta1) q[6], q[7];
rzz(theta1) q[7], q[0];
rx(phi1) q;

rzz(theta2) q[0], q[1];
rzz(theta2) q[1], q[2];
rzz(theta2) q[2], q[3];
rzz(theta2) q[3], q[4];
rzz(theta2) q[4], q[5];
rzz(theta2) q[5], q[6];
rzz(theta2) q[6], q[7];
rzz(theta2) q[7], q[0];
rx(phi2) q;

rzz(theta3) q[0], q[1];
rzz(theta3) q[1], q[2];
rzz(theta3) q[2], q[3];
rzz(theta3) q[3], q[4];
rzz(theta3) q[4], q[5];
rzz(theta3) q[5], q[6];
rzz(theta3) q[6], q[7];
rzz(theta3) q[7], q[0];
rx(phi3) q;
