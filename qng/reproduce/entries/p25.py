"""The rank of the metric against depth: random circuits saturate at 2^(n+1) - 2 directions."""

import numpy as np

import qng
from qng.circuit.ansatz import hardware_efficient
from qng.circuit.circuit import Circuit
from qng.circuit.random_layers import haug, random_axes
from qng.report import plots
from qng.reproduce import OWN, Entry, check, pictures, published

GATES = {"CNOT": "cx", "CPHASE": "cz", "sqrt(iSWAP)": "sqrt_iswap"}
DEPTHS = {2: range(1, 9), 3: range(1, 9), 4: range(1, 13)}


def rank(circuit: Circuit) -> int:
    """Eigenvalues of g above 1e-12 at random angles."""
    theta = np.random.default_rng(0).uniform(0, 2 * np.pi, circuit.n_parameters)
    return int(np.sum(np.linalg.eigvalsh(qng.metric(circuit, theta).dense()) > 1e-12))


def curves(n: int) -> dict[str, list[int]]:
    """Ranks by depth, for every entangler."""
    return {
        f"{n} qubits, {name}": [rank(haug(random_axes(n, k), gate)) for k in DEPTHS[n]]
        for name, gate in GATES.items()
    }


ENTRY = Entry(
    "P25",
    "Rank of the metric against depth",
    published.HAUG,
    values=lambda _: curves(2) | curves(3) | curves(4) | {
        f"{n} qubits, real": rank(hardware_efficient(n, 12, ("ry",), "cz")) for n in DEPTHS
    },
    checks=(
        *(check.value(f"{n} qubits, {name}", [*[np.nan] * (len(DEPTHS[n]) - 1), 2 ** (n + 1) - 2], 0, OWN) for n in DEPTHS for name in GATES),
        *(check.value(f"{n} qubits, real", k, 0, OWN) for n, k in {2: 3, 3: 6, 4: 10}.items()),
    ),
    picture=lambda done: plots.lines(
        {name: (np.arange(1, len(r) + 1), r) for name, r in done.values.items() if r.ndim},
        x_label="layers",
        y_label="rank of the metric",
        levels={f"{n} qubits: {2 ** (n + 1) - 2}": 2 ** (n + 1) - 2 for n in DEPTHS},
        title=done.title,
        caption=pictures.caption(done),
        width=5.0,
    ),
    note="The ranks below the plateau depend on the axes that are drawn.",
    fast=True,
    seconds=1,
)
