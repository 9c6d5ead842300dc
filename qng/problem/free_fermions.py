r"""The Ising ring as free fermions: N spins as N / 2 two-level systems that never meet.

In the sector of the ground state (even N, and the state |+>^N belongs to it) the fermions of
momenta +-a_k, a_k = (2k + 1) pi / N, are a two-level system each, C = cos a_k, S = sin a_k:

    sum_j Z_j Z_j+1 -> 2 sum_k (C Z_k + S Y_k),    sum_j X_j -> 2 sum_k Z_k,    |+>^N -> |0...0>

So the energy, its gradient and the metric of the QAOA circuit of N spins are those of a circuit on
N / 2 qubits without entangling gates, parameter for parameter.
"""

from __future__ import annotations

import math

import numpy as np

from qng import checks
from qng.circuit.angle import as_angle, parameter
from qng.circuit.circuit import Circuit, Op
from qng.circuit.gate import Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError
from qng.problem.problem import Problem, Reference


def ising_ring(n_spins: int, layers: int, field: float = 1.0) -> Problem:
    """-sum_j Z_j Z_j+1 - h sum_j X_j on a ring, with its QAOA circuit, on half as many qubits.

    The circuit of the spins is `hamiltonian_variational` of sum Z Z and sum X from |+>^N,

        prod_l exp(-i phi_l / 2 sum X) exp(-i theta_l / 2 sum Z Z) |+>^N.

    Args:
        n_spins: N, even and at least 4.
        layers: L; from N / 2 on the circuit reaches the ground state.
        field: h.

    Returns:
        A problem of 2 L parameters theta0, phi0, theta1, phi1, ..., without a start; energies are
        those of all N spins. Its reference is exact.

    Raises:
        InputError: An odd number of spins, fewer than 4, no layers, or a field that is not
            positive.

    Cost: that of N / 2 qubits, which are one state of 2^(N/2) amplitudes here.

    Reference:
        Wierichs, Gogolin, Kastoryano, Phys. Rev. Research 2, 043246 (2020), arXiv:2004.14666.
    """
    n, count = checks.whole("n_spins", n_spins, 4), checks.whole("layers", layers, 1)
    if n % 2:
        raise InputError(f"n_spins must be even, not {n}")
    h = checks.positive("field", field)
    momenta = (2 * np.arange(n // 2) + 1) * np.pi / n
    ops: list[Op] = []
    for layer in range(count):
        theta, phi = parameter(f"theta{layer}"), parameter(f"phi{layer}")
        for k, a in enumerate(momenta.tolist()):
            # exp(-i theta (C Z + S Y)), where C Z + S Y = RX(-a) Z RX(a).
            ops += [
                Rotation(_word("X", k), as_angle(a)),
                Rotation(_word("Z", k), 2 * theta),
                Rotation(_word("X", k), as_angle(-a)),
            ]
        ops += [Rotation(_word("Z", k), 2 * phi) for k in range(n // 2)]
    names = [f"{name}{layer}" for layer in range(count) for name in ("theta", "phi")]
    terms = [
        (_word(letter, k), c)
        for k, a in enumerate(momenta.tolist())
        for letter, c in (("Z", -2 * (math.cos(a) + h)), ("Y", -2 * math.sin(a)))
    ]
    lowest = -2 * float(np.sqrt((np.cos(momenta) + h) ** 2 + np.sin(momenta) ** 2).sum())
    return Problem(
        Circuit(n // 2, ops, names),
        PauliSum(terms),
        reference=Reference(lowest, "free fermions"),
        title=f"Transverse-field Ising ring, {n} spins as free fermions",
    )


def _word(letter: str, qubit: int) -> Pauli:
    mask = 1 << qubit
    return Pauli(mask if letter in "XY" else 0, mask if letter in "YZ" else 0)
