"""execute/qiskit."""
