"""Our methods, energies and metrics in other people's loops.

    pennylane   an optimizer for QNodes, and the metric in PennyLane's shapes
    qiskit      minimizers and optimizers for qiskit-algorithms
    scipy       a method for `scipy.optimize.minimize`
    jax, torch  functions that are differentiated there, natural gradients as optimizers there

In comes what the other package calls its own; out goes a value of the other package. Each is
imported by its own name, and needs its package when it is imported, not before.
"""
