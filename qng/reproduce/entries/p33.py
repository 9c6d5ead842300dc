"""What the exact metric costs against the number of parameters, at eight qubits."""

import time

import numpy as np

import qng
from qng.circuit.random_layers import haug, random_axes
from qng.execute.statevector.tangents import updates
from qng.report import plots
from qng.reproduce import OWN, Entry, Results, Source, check, pictures

LAYERS = (4, 8, 16, 32, 64)


def values(_: Results) -> dict[str, object]:
    circuits = [haug(random_axes(8, k, seed=1)) for k in LAYERS]
    size = np.array([circuit.n_parameters for circuit in circuits])
    written = np.array([updates(c, np.zeros(p)) for c, p in zip(circuits, size)])
    # Every entry by itself: two states through the circuit, gate by gate.
    naive = np.array([p * (p + 1) * len(c.ops) * 2**8 for c, p in zip(circuits, size)])
    return {
        "P": size,
        "amplitudes": written,
        "entry by entry": naive,
        "slope": plots.slope_of(size, written)[0],
        "slope, entry by entry": plots.slope_of(size, naive)[0],
    }


ENTRY = Entry(
    "P33",
    "Cost of the exact metric against the number of parameters",
    Source("jones2020", ("Tyson Jones",), "Efficient classical calculation of the Quantum Natural Gradient", 2020, arxiv="2011.02991"),
    values=values,
    checks=(
        check.value("slope", 2, 0.3, OWN),
        check.value("slope, entry by entry", 3, 0.3, OWN),
    ),
    picture=lambda done: plots.lines(
        {name: (done.values["P"], done.values[name]) for name in ("amplitudes", "entry by entry")},
        x_label="parameters",
        y_label="amplitudes written",
        slopes=True,
        title=done.title,
        caption=pictures.caption(done),
        width=5.0,
    ),
    note="Counted, not timed: in seconds overhead rules below 1,000 parameters at eight qubits.",
    fast=True,
    seconds=0.5,
)
