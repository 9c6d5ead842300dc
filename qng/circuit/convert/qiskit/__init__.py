"""Qiskit's circuits and observables to ours, and back."""

from qng.circuit.convert.qiskit.circuit import angles_circuit, from_qiskit, to_qiskit

__all__ = ["angles_circuit", "from_qiskit", "to_qiskit"]
