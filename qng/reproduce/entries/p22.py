"""How many circuits a metric takes by the parameter-shift rule: counted, and by formulas."""

import numpy as np

from qng.circuit.ansatz import qaoa
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.circuit.random_layers import haug, random_axes
from qng.estimate.fubini.overlaps import full
from qng.report import plots
from qng.reproduce import PRINTED, Entry, Results, check, pictures, published

SIZES = np.array([3, 6, 12, 24, 48])
RING = PauliSum({f"Z{k} Z{(k + 1) % 3}": 1.0 for k in range(3)})


def count(circuit: Circuit) -> int:
    """Overlaps of the full metric where nothing is fixed by structure."""
    theta = np.random.default_rng(0).uniform(-np.pi, np.pi, circuit.n_parameters)
    return full(circuit, theta, structured=False).cost.points


def values(_: Results) -> dict[str, object]:
    shared = [count(qaoa(RING, p)) for p in (1, 2, 4)]
    return {
        "m parameters": [count(haug(random_axes(3, m // 3))) for m in SIZES],
        "n parameters of three rotations": shared,
    }


ENTRY = Entry(
    "P22",
    "Circuits of the metric by the parameter-shift rule",
    published.GENERAL_SHIFT,
    values=values,
    checks=(
        check.value("m parameters", 2 * SIZES**2 - SIZES, 0, PRINTED),
        # 2 n |R| - (n^2 + n) / 2 with n = 2, 4, 8 parameters of R = 3 each.
        check.value("n parameters of three rotations", [21, 86, 348], 0, PRINTED),
    ),
    picture=lambda done: plots.lines(
        {"2m² - m": (SIZES, 2 * SIZES**2 - SIZES), "(3m² - m)/2": (SIZES, (3 * SIZES**2 - SIZES) / 2)},
        published={"2m² - m": (SIZES, done.values["m parameters"])},
        x_label="parameters",
        y_label="circuits",
        log_x=True,
        log_y=True,
        title=done.title,
        caption=pictures.caption(done),
        width=5.0,
    ),
    note="2m^2 - m: Mari et al. (arXiv:2008.06517), 276 at m = 12; the other rule: Wierichs et al.",
    fast=True,
    seconds=0.2,
)
