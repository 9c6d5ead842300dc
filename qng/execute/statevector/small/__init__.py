"""Circuits of few qubits, at many points at once, with NumPy alone.

levels      the circuit as levels of commuting rotations, with dense matrices between them
walks       states, gradients and Gram matrices along the levels
feeds       which derivative states a level feeds, and with what
together    requests about equal circuits, answered as one
"""
