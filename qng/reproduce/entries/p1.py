"""PennyLane's demo of the quantum natural gradient: metric and gradient at the start."""

import qng
from qng.reproduce import OWN, PRINTED, Entry, check, pictures, published

DIAGONAL = (0.125, 0.1875, 0.24973433, 0.20293623)
BLOCK = {(2, 3): -0.01524701}
BEYOND = {(0, 2): -0.00576267, (1, 2): 0.00407482}

ENTRY = Entry(
    "P1",
    "Metric of the three-qubit circuit",
    published.QNG_DEMO,
    values=lambda _: {
        "blocks": qng.metric("qng-demo", None, "blocks", rule="wires").dense(),
        "diagonal": qng.metric("qng-demo", None, "diagonal").dense(),
        "full": qng.metric("qng-demo").dense(),
        "energy and gradient": [qng.energy("qng-demo").value, *qng.gradient("qng-demo").value],
    },
    checks=(
        check.matrix("blocks", DIAGONAL, BLOCK, 1e-8, PRINTED),
        check.matrix("diagonal", DIAGONAL, {}, 1e-8, PRINTED),
        check.matrix("full", DIAGONAL, BLOCK | BEYOND, 1e-8, OWN),
        check.value("energy and gradient",
                    [0.07472305, 0.25479477, 0.28517693, -0.12478891, 0], 1e-8, OWN),
    ),
    picture=lambda done: pictures.metrics(done, "blocks", "full"),
    fast=True, seconds=0.3,
)  # fmt: skip
