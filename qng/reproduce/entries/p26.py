"""The effective dimension of quantum neural networks, after Abbas et al."""

from typing import Final

import numpy as np

from qng import ansatz
from qng.arrays import Array
from qng.circuit.ansatz import real_amplitudes
from qng.geometry.capacity import EffectiveDimension
from qng.models.classifier import CircuitClassifier
from qng.models.encodings import z_feature_map, zz_feature_map
from qng.report.plots import Picture
from qng.report.sources import Source
from qng.reproduce import PRINTED, Entry, Reproduction, Results, check, pictures

DATA: Final = (1e3, 2e3, 8e3, 1e4, 4e4, 6e4, 1e5, 1.5e5, 2e5, 5e5, 1e6)

PUBLISHED: Final = {
    "quantum network": [
        .8211, .8310, .8581, .8624, .8860, .8918, .8984, .9032, .9064, .9153, .9211
    ],
    "easy quantum model": [
        .6744, .6833, .7129, .7182, .7511, .7603, .7715, .7799, .7857, .8028, .8146
    ],
}  # fmt: skip

MAPS: Final = {"quantum network": zz_feature_map(4, 2), "easy quantum model": z_feature_map(4, 1)}

ABBAS: Final = Source(
    "abbas2021",
    ("Amira Abbas", "David Sutter", "Christa Zoufal", "Aurelien Lucchi", "Alessio Figalli",
     "Stefan Woerner"),
    "The power of quantum neural networks",
    2021,
    journal="Nature Computational Science",
    volume="1",
    pages="403",
    arxiv="2011.00027",
)  # fmt: skip


def dimension(name: str) -> EffectiveDimension:
    """Of one model: 100 thetas from the unit cube, 100 normal inputs, the parity of four bits."""
    model = CircuitClassifier(MAPS[name], real_amplitudes(4, 9, "full"))
    inputs = np.random.default_rng(0).normal(size=(100, 4))
    return ansatz.effective_dimension(model, DATA, points=100, low=0.0, high=1.0, inputs=inputs)


def values(_: Results) -> dict[str, Array]:
    """d_n / P with its error over the thetas."""
    found = {name: dimension(name) for name in MAPS}
    errors = {f"error of the {name}": f.std_error / f.parameters for name, f in found.items()}
    return {name: f.normalised for name, f in found.items()} | errors


def picture(done: Reproduction) -> Picture:
    """Ours with one standard error, the published ones open."""
    drawn = {name: (DATA, done.values[name], done.values[f"error of the {name}"]) for name in MAPS}
    return pictures.curves(
        done, drawn, "number of data", "effective dimension / parameters", log_x=True,
        published={name: (DATA, PUBLISHED[name]) for name in MAPS}, y_range=(0.6, 1.0),
    )  # fmt: skip


ENTRY = Entry(
    "P26",
    "Effective dimension of a quantum neural network",
    ABBAS,
    values=values,
    checks=tuple(check.value(name, PUBLISHED[name], 0.02, PRINTED) for name in MAPS),
    picture=picture,
    note="Thetas and inputs are drawn: other draws differ by about 0.005. The published classical "
    "network is left out: the range of its weights is not known.",
    fast=True,
    seconds=2,
)
