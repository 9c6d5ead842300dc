"""How many circuits a metric takes by the parameter-shift rule: counted, and by formulas."""

import numpy as np

from qng.circuit.ansatz import qaoa
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.circuit.random_layers import haug, random_axes
from qng.estimate.fubini import overlaps
from qng.reproduce import PRINTED, Entry, check, pictures, published

M = np.array([3, 6, 12, 24, 48])
RING = PauliSum({f"Z{k} Z{(k + 1) % 3}": 1.0 for k in range(3)})


def count(circuit: Circuit) -> int:
    """Overlaps of the full metric where nothing is fixed by structure."""
    return overlaps.full(circuit, np.ones(circuit.n_parameters), structured=False).cost.points


ENTRY = Entry(
    "P22",
    "Circuits of the metric by the parameter-shift rule",
    published.GENERAL_SHIFT,
    values=lambda _: {
        "m parameters": [count(haug(random_axes(3, m // 3))) for m in M],
        "n of three rotations": [count(qaoa(RING, layers)) for layers in (1, 2, 4)],
    },
    checks=(
        check.value("m parameters", 2 * M**2 - M, 0, PRINTED),
        # 2 n |R| - (n^2 + n) / 2 with n = 2, 4, 8 parameters of R = 3 each.
        check.value("n of three rotations", [21, 86, 348], 0, PRINTED),
    ),
    picture=lambda done: pictures.curves(
        done,
        {"2m² - m": (M, 2 * M**2 - M), "2n|R| - (n² + n)/2, R = 3": (M, 6 * M**2 - (M**2 + M) / 2)},
        "parameters",
        "circuits",
        published={
            "2m² - m": (M, done.values["m parameters"]),
            "2n|R| - (n² + n)/2, R = 3": (
                [2, 4, 8],
                done.values["n of three rotations"],
            ),
        },
        slopes=True,
    ),
    note="2m^2 - m: Mari et al. (arXiv:2008.06517), 276 at m = 12; the other: Wierichs et al.",
    fast=True,
    seconds=0.2,
)
