"""What the exact metric costs against the number of parameters, at eight qubits."""

from __future__ import annotations

import numpy as np

from qng.circuit.random_layers import haug, random_axes
from qng.execute.statevector.tangents.tangents import updates
from qng.reproduce import OWN, Entry, Results, check, pictures, plots, published

COUNTED = ("one sweep", "entry by entry")


def values(_: Results) -> dict[str, object]:
    """Amplitudes that are written; entry by entry: two states an entry, gate by gate."""
    circuits = [haug(random_axes(8, layers, seed=1)) for layers in (4, 8, 16, 32, 64)]
    sizes = np.array([circuit.n_parameters for circuit in circuits])
    ours = [updates(circuit, np.zeros(circuit.n_parameters)) for circuit in circuits]
    naive = [p * (p + 1) * len(c.ops) * 2**8 for p, c in zip(sizes, circuits)]
    slope = plots.slope_of(sizes, ours)[0]
    return {"parameters": sizes, "one sweep": ours, "entry by entry": naive, "slope": slope}


ENTRY = Entry(
    "P33",
    "Cost of the exact metric against the number of parameters",
    published.JONES,
    values=values,
    checks=(check.value("slope", 2, 0.3, OWN),),
    picture=lambda done: pictures.curves(
        done, {name: (done.values["parameters"], done.values[name]) for name in COUNTED},
        "parameters", "amplitudes written", slopes=True,
    ),
    note="Counted, not timed: in seconds, overhead rules below 1,000 parameters at eight qubits.",
    fast=True, seconds=0.3,
)  # fmt: skip
