"""The metric from overlaps at shifted angles is the exact one: twelve parameters."""

import numpy as np

import qng
from qng.circuit.random_layers import haug, random_axes
from qng.reproduce import OWN, PRINTED, Entry, Results, check, pictures, published


def values(_: Results) -> dict[str, object]:
    """Both metrics at a random point."""
    circuit = haug(random_axes(3, 4), "sqrt_iswap")
    theta = np.random.default_rng(0).uniform(-np.pi, np.pi, circuit.n_parameters)
    exact, shifted = (qng.metric(circuit, theta, by).dense() for by in ("exact", "overlaps"))
    distance = np.abs(exact - shifted).max()
    return {"exact": exact, "from overlaps": shifted, "m": len(exact), "distance": distance}


ENTRY = Entry(
    "P21",
    "The metric by the parameter-shift rule is the exact one",
    published.MARI,
    values=values,
    checks=(
        check.value("m", 12, 0, OWN),
        check.value("distance", check.below(1e-14), 0, PRINTED),
    ),
    picture=lambda done: pictures.metrics(done, "exact", "from overlaps"),
    fast=True, seconds=0.2,
)  # fmt: skip
