"""The metric from overlaps at shifted angles is the exact one: twelve parameters."""

import numpy as np

import qng
from qng.circuit.random_layers import haug, random_axes
from qng.estimate.fubini import overlaps
from qng.reproduce import OWN, PRINTED, Entry, Results, check, pictures, published


def values(_: Results) -> dict[str, object]:
    """Both metrics at a random point; no entry is left out because structure fixes it."""
    circuit = haug(random_axes(3, 4), "sqrt_iswap")
    theta = np.random.default_rng(0).uniform(-np.pi, np.pi, circuit.n_parameters)
    exact = qng.metric(circuit, theta).dense()
    shifted = qng.metric(circuit, theta, "overlaps", structured=False).dense()
    count = overlaps.full(circuit, theta, structured=False).cost.points
    distance = np.abs(exact - shifted).max()
    return {"exact": exact, "from overlaps": shifted, "distance": distance, "overlaps": count}


ENTRY = Entry(
    "P21",
    "The metric by the parameter-shift rule is the exact one",
    published.MARI,
    values=values,
    checks=(
        check.value("overlaps", 276, 0, PRINTED),
        check.value("distance", check.below(1e-14), 0, OWN),
    ),
    picture=lambda done: pictures.metrics(done, "exact", "from overlaps"),
    fast=True, seconds=0.2,
)  # fmt: skip
