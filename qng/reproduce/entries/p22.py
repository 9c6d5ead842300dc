"""How many circuits a metric takes by the parameter-shift rule: counted, and by formulas."""

import numpy as np

from qng.circuit.ansatz import qaoa
from qng.circuit.circuit import Circuit
from qng.circuit.random_layers import haug, random_axes
from qng.estimate.fubini import overlaps
from qng.problem.hamiltonians import tfim
from qng.reproduce import PRINTED, Entry, check, pictures, published

M, N = np.array([3, 6, 12, 24, 48]), np.array([2, 4, 8, 16])
# m rotations; QAOA of four spins in a chain: R = 3 of ZZ and 4 of X, so that |R| = 7 n / 2.
FORMULAS = {"2m² - m": (M, 2 * M**2 - M), "2n|R| - (n² + n)/2": (N, 7 * N**2 - (N**2 + N) // 2)}
CHAIN = tfim(4, field=0, periodic=False)


def count(circuit: Circuit) -> int:
    """Overlaps of the full metric where nothing is fixed by structure."""
    theta = np.ones(circuit.n_parameters)
    return overlaps.full(circuit, theta, structured=False).cost.points


ENTRY = Entry(
    "P22",
    "Circuits of the metric by the parameter-shift rule",
    published.GENERAL_SHIFT,
    values=lambda _: {
        "2m² - m": [count(haug(random_axes(3, m // 3))) for m in M],
        "2n|R| - (n² + n)/2": [count(qaoa(CHAIN, n // 2)) for n in N],
    },
    checks=tuple(check.value(name, y, 0, PRINTED) for name, (_, y) in FORMULAS.items()),
    picture=lambda done: pictures.curves(
        done, {name: (x, done.values[name]) for name, (x, _) in FORMULAS.items()},
        "parameters", "circuits", published=FORMULAS, log_x=True, log_y=True,
    ),
    note="2m² - m: Mari et al. (arXiv:2008.06517), 276 at m = 12; the other: Wierichs et al.",
    fast=True, seconds=0.2,
)  # fmt: skip
