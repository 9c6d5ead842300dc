"""How many circuits the full metric takes from shots, without making them.

Each estimator's own count, read off the same blocks, layouts and structure that its plan is made
of: plans of many rotations hold a circuit, or a row of angles, for every pair of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from qng.circuit.circuit import Circuit
from qng.circuit.structure import structure
from qng.estimate.fubini.blocks import blocks
from qng.estimate.fubini.coordinates import Coordinates, Layout
from qng.estimate.fubini.division import outside_blocks


def full_metric(circuit: Circuit, theta: ArrayLike) -> dict[str, int]:
    """The circuits of the unbiased estimators of the full metric, by name.

    Args:
        circuit: The circuit, of a device without noise.
        theta: Shape (P,), radians.

    Cost: that of the structure of the circuit, and of the circuits of its blocks.
    """
    known, jacobian = structure(circuit), circuit.jacobian(theta)
    single, grouped = Coordinates.single(jacobian), Coordinates.grouped(jacobian)
    between = Layout.of(single, known, outside_blocks(circuit, "commuting"))
    inside = blocks(circuit, theta).evaluations
    return {
        "hadamard": _probes(circuit),
        "overlaps": min(int(Layout.of(u, known).points.sum()) for u in (single, grouped)),
        "blocks+overlaps": inside + int(between.points.sum()),
    }


def _probes(circuit: Circuit) -> int:
    """How many probes `ancilla.real_probes` makes."""
    fixed, count = structure(circuit), 0
    wanted = np.isnan(fixed.metric) & np.isnan(fixed.products)
    for block in circuit.blocks():
        prefix, own, together = set(block.prefix), list(block.rotations), set[int]()
        for s in own:
            earlier = set(np.flatnonzero(wanted[:s, s]).tolist()).difference(own)
            held = {r for r in earlier if circuit.positions[r] in prefix}
            count += len(earlier - held)
            together |= held
        within = wanted[np.ix_(own, own)].copy()
        np.fill_diagonal(within, False)
        count += len(together) + bool(within.any() or np.isnan(fixed.means[own]).any())
    return count
