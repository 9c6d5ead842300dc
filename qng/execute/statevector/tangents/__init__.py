"""Derivative states of a circuit at one point.

derivatives    what is asked of them: J v, J^T w, all of them, their Gram matrix
tangents       all of them at one time in the middle of the circuit
sections       those of many parameters on few qubits
products       the Gram matrix of their rows
rows           the memory of these rows
"""
