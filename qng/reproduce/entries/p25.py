"""The rank of the metric against depth: random circuits saturate at 2^(n+1) - 2 directions."""

import numpy as np

import qng
from qng.circuit.ansatz import hardware_efficient
from qng.circuit.circuit import Circuit
from qng.circuit.random_layers import haug, random_axes
from qng.reproduce import OWN, Entry, check, pictures, published

GATES = {"CNOT": "cx", "CPHASE": "cz", "√iSWAP": "sqrt_iswap"}
LAYERS = range(1, 13)


def rank(circuit: Circuit) -> int:
    """Eigenvalues of g above 1e-12 at random angles."""
    theta = np.random.default_rng(0).uniform(0, 2 * np.pi, circuit.n_parameters)
    return int(np.sum(np.linalg.eigvalsh(qng.metric(circuit, theta).dense()) > 1e-12))


ENTRY = Entry(
    "P25",
    "Rank of the metric against depth",
    published.HAUG,
    values=lambda _: (
        {
            f"{n} qubits, {name}": [rank(haug(random_axes(n, k), gate)) for k in LAYERS]
            for n in (2, 3, 4)
            for name, gate in GATES.items()
        }
        | {
            f"RY and CZ, {n} qubits": rank(hardware_efficient(n, 12, ("ry",), "cz"))
            for n in (2, 3, 4)
        }
    ),
    checks=(
        *(
            check.value(f"{n} qubits, {name}", [np.nan] * 11 + [2 ** (n + 1) - 2], 0, OWN)
            for n in (2, 3, 4)
            for name in GATES
        ),
        *(
            check.value(f"RY and CZ, {n} qubits", top, 0, OWN)
            for n, top in ((2, 3), (3, 6), (4, 10))
        ),
    ),
    picture=lambda done: pictures.curves(
        done,
        {name: (np.array(LAYERS), ranks) for name, ranks in done.values.items() if ranks.ndim},
        "layers",
        "rank of the metric",
        levels={f"{2 ** (n + 1) - 2}": 2 ** (n + 1) - 2 for n in (2, 3, 4)},
    ),
    note="Ranks below the plateau depend on the axes that are drawn.",
    fast=True,
    seconds=1,
)
