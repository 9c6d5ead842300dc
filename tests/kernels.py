"""All kernels of the simulator, compiled once for all processes that come later.

    python -m tests.kernels

Cost: about 20 seconds where they have not been compiled yet, else a second.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys

import numpy as np

from qng import Problem, energy
from qng.circuit.ansatz import hardware_efficient
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.execute.statevector import kernels, many
from qng.execute.statevector.kernels.compiling import jit
from qng.execute.statevector.states import apply, state
from qng.execute.statevector.tangents.derivatives import Derivatives, pushed


def run_all() -> None:
    """Come to every kernel, with every kind of argument that it is called with."""
    circuit, observable = hardware_efficient(2, 1), PauliSum({"Z0 Z1": 1.0})
    phi = np.linspace(0.1, 1.0, circuit.n_rotations)
    slopes = circuit.slopes(phi)
    at = circuit, phi, slopes
    state(Circuit(6), [])
    large = hardware_efficient(6, 1)
    angles = np.linspace(0.1, 1.0, large.n_rotations)
    energy(Problem(large, PauliSum({"Z0 Z1 Z2 Z3 Z4 Z5": 1.0}), angles), shots=2)
    psi = np.eye(1, 4, dtype=complex)[0]
    apply(observable, psi)
    pushed(*at)
    many.grams(circuit, phi[None], [slopes], lambda f, parts: [f(part) for part in parts])
    many.gradients(circuit, phi[None], observable, lambda f, parts: [f(part) for part in parts])
    double, single = Derivatives(*at, kept=True), Derivatives(*at, single=True)
    double.gram()
    single.gram()
    double.gradient(observable)
    double.jvp(phi)
    double.vjp(psi)


def missed() -> list[str]:
    """Kernels that nothing in this process has come to."""
    modules = [
        importlib.import_module(f"{kernels.__name__}.{found.name}")
        for found in pkgutil.iter_modules(kernels.__path__)
    ]
    return [
        f"{module.__name__}.{name}"
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, jit.Kernel) and value.kept and not value.compiled.signatures
    ]


if __name__ == "__main__":
    run_all()
    if found := missed():
        sys.exit(f"tests/kernels.py must come to {', '.join(found)} as well")
