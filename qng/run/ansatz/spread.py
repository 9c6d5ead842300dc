"""How evenly a circuit with random parameters fills the space of states."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.geometry.haar import BINS, Expressibility
from qng.geometry.haar import expressibility as of_fidelities
from qng.run.ansatz.states import circuit_and_point, states
from qng.seeds import number_of

PAIRS: Final = 5000
"""As published."""

# Amplitudes of pairs held at once.
_MANY: Final = 2**21


def expressibility(
    target: Any,
    pairs: int = PAIRS,
    bins: int = BINS,
    seed: int = 0,
    orders: int = 4,
    spread: float = np.pi,
) -> Expressibility:
    """The expressibility of a circuit whose parameters are drawn uniformly.

    KL(fidelities of the circuit || Haar's), by independent pairs: `value` is without the bias that
    a histogram of so many pairs has, `divergence` with it, as published.

    Args:
        target: A circuit, a problem, or a problem's name, as in `qng.metric`; a pair of a QNode and
            its arguments.
        pairs: S, at least ten a bin.
        bins: Of equal width on [0, 1].
        seed: Of the points.
        orders: Of frame potentials, 1 to this.
        spread: Parameters are from -spread to spread; pi is a whole turn of angles that are the
            parameters.

    Returns:
        With its bias and standard error, the histograms, and frame potentials.

    Cost: 2 S states.

    Reference: Sim, Johnson, Aspuru-Guzik, Adv. Quantum Technol. 2, 1900070 (2019),
    arXiv:1905.10876.

    Example:
        >>> from qng.circuit.ansatz import hardware_efficient
        >>> round(expressibility(hardware_efficient(1, 0, ("rz",))).value, 3)  # log 75: one state
        4.317
    """
    circuit, _ = circuit_and_point(target, None)
    count = checks.whole("pairs", pairs, 2)
    checks.positive("spread", spread)
    found = fidelities(circuit, count, number_of(seed), spread)
    return of_fidelities(found, 2**circuit.n_qubits, bins, orders)


def fidelities(circuit: Circuit, pairs: int, seed: int, spread: float = np.pi) -> Array:
    """|<psi(theta)|psi(theta')>|^2 of independent pairs of random points, shape (pairs,)."""
    found, at_once = [], max(1, _MANY >> circuit.n_qubits)
    for k, start in enumerate(range(0, pairs, at_once)):
        count = min(at_once, pairs - start)
        rng = np.random.default_rng([seed, 2, k])
        thetas = rng.uniform(-spread, spread, (2 * count, circuit.n_parameters))
        psi = states(circuit, thetas)
        found.append(np.abs(np.sum(psi[:count].conj() * psi[count:], axis=1)) ** 2)
    return np.concatenate(found)
