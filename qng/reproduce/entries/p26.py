"""The effective dimension of quantum neural networks, after Abbas et al."""

import numpy as np

from qng import ansatz
from qng.arrays import Array
from qng.circuit.ansatz import real_amplitudes
from qng.models.learning.classifier import CircuitClassifier
from qng.models.learning.encodings import z_feature_map, zz_feature_map
from qng.reproduce import PRINTED, Entry, Results, check, pictures, published
from qng.run.ansatz.effective import DATA

QUANTUM, EASY = "quantum network", "easy quantum model"
PRINTED_VALUES = {
    QUANTUM: [.8211, .8310, .8581, .8624, .8860, .8918, .8984, .9032, .9064, .9153, .9211],
    EASY: [.6744, .6833, .7129, .7182, .7511, .7603, .7715, .7799, .7857, .8028, .8146],
}  # fmt: skip


def values(_: Results) -> dict[str, Array]:
    """d_n / P with errors: thetas from the unit cube, normal inputs, the parity of four bits."""
    inputs, found = np.random.default_rng(0).normal(size=(100, 4)), dict[str, Array]()
    for name, features in {QUANTUM: zz_feature_map(4, 2), EASY: z_feature_map(4, 1)}.items():
        model = CircuitClassifier(features, real_amplitudes(4, 9, "full"))
        d = ansatz.effective_dimension(model, DATA, points=100, low=0, high=1, inputs=inputs)
        found |= {name: d.normalised, f"error of the {name}": d.std_error / d.parameters}
    return found


ENTRY = Entry(
    "P26", "Effective dimension of a quantum neural network", published.ABBAS, values=values,
    checks=tuple(check.value(name, y, 0.02, PRINTED) for name, y in PRINTED_VALUES.items()),
    picture=lambda done: pictures.curves(
        done, {k: (DATA, done.values[k], done.values[f"error of the {k}"]) for k in PRINTED_VALUES},
        "number of data", "effective dimension / parameters", log_x=True, y_range=(0.6, 1.0),
        published={name: (DATA, y) for name, y in PRINTED_VALUES.items()},
    ),
    note="Thetas and inputs are drawn: other draws differ by up to 0.013. The published classical "
    "network is left out: the range of its weights is not known.",
    fast=True, seconds=2,
)  # fmt: skip
