"""The metric from overlaps at shifted angles is the exact one: twelve parameters."""

import numpy as np

import qng
from qng.circuit.random_layers import haug, random_axes
from qng.reproduce import OWN, PRINTED, Entry, Results, check, pictures, published

CIRCUIT = haug(random_axes(3, 4), "sqrt_iswap")


def values(_: Results) -> dict[str, object]:
    theta = np.random.default_rng(0).uniform(-np.pi, np.pi, CIRCUIT.n_parameters)
    exact, shifted = (qng.metric(CIRCUIT, theta, by).dense() for by in ("exact", "overlaps"))
    return {
        "parameters": CIRCUIT.n_parameters,
        "exact": exact,
        "from overlaps": shifted,
        "largest distance": np.abs(exact - shifted).max(),
    }


ENTRY = Entry(
    "P21",
    "The metric by the parameter-shift rule is the exact one",
    published.MARI,
    values=values,
    checks=(
        check.value("parameters", 12, 0, OWN),
        check.value("largest distance", check.below(1e-14), 0, PRINTED),
    ),
    picture=lambda done: pictures.metrics(done, "exact", "from overlaps"),
    fast=True,
    seconds=0.2,
)
