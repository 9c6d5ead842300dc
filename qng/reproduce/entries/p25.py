"""The rank of the metric against depth: random circuits saturate at 2^(n+1) - 2 directions."""

from __future__ import annotations

import numpy as np

from qng import ansatz
from qng.circuit.ansatz import hardware_efficient
from qng.circuit.circuit import Circuit
from qng.circuit.random_layers import haug, random_axes
from qng.reproduce import OWN, Entry, Reproduction, check, pictures, plots, published

GATES, SIZES, LAYERS = ("cx", "cz", "sqrt_iswap"), (2, 3, 4), np.arange(1, 13)


def rank(circuit: Circuit) -> int:
    """Eigenvalues of g above rounding at random angles."""
    theta = np.random.default_rng(0).uniform(0, 2 * np.pi, circuit.n_parameters)
    return ansatz.spectra(circuit, theta).dimension


def panel(done: Reproduction, n: int) -> plots.Picture:
    """Ranks of n qubits, for every entangler."""
    ranks = {gate: (LAYERS, done.values[f"{n} qubits, {gate}"]) for gate in GATES}
    top = {f"{2 ** (n + 1) - 2}": 2 ** (n + 1) - 2}
    return pictures.curves(
        done, ranks, "layers", "rank", levels=top, panel_title=f"{n} qubits", naming="legend"
    )


ENTRY = Entry(
    "P25",
    "Rank of the metric against depth",
    published.HAUG,
    values=lambda _: {
        f"{n} qubits, {gate}": [rank(haug(random_axes(n, int(k)), gate)) for k in LAYERS]
        for n in SIZES for gate in GATES
    } | {"RY and CZ": [rank(hardware_efficient(n, 12, ("ry",), "cz")) for n in SIZES]},
    checks=(
        *(check.value(f"{n} qubits, {gate}", [np.nan] * 11 + [2 ** (n + 1) - 2], 0, OWN)
          for n in SIZES for gate in GATES),
        check.value("RY and CZ", [3, 6, 10], 0, OWN),
    ),
    picture=lambda done: plots.together(*(panel(done, n) for n in SIZES), columns=3),
    note="Ranks below the plateau depend on the axes that are drawn.",
    fast=True, seconds=0.8,
)  # fmt: skip
