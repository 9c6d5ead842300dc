"""Momentum QNG on a vertex cover of four nodes: three single runs, and the metrics at a start."""

import qng
from qng.report.literature import TEXTS
from qng.reproduce import OWN, PRINTED, Entry, Results, Study, check, legacy, published, rules
from qng.run.probabilities import of_bits

COVERS = ("0110", "0101")  # nodes 1 and 2, nodes 0 and 2; qubit 0 on the right
DIAGONAL = (4.375, 4.37835, 2.43592, 2.36883, 5.67269, 4.55735, 5.28114, 4.26921)
OFF = {(0, 4): 0.01491, (1, 4): -0.00856, (1, 5): -0.08473, (2, 5): 0.01195,
       (2, 6): -0.04903, (3, 6): 0.02453, (3, 7): 0.0131}  # fmt: skip
FULL = (4.375, 4.33019, 1.36221, 1.72692, -1.03769, 2.06664, 3.45470, -1.11056)


def values(found: Results) -> dict[str, object]:
    """The probability of the smallest covers at the end of each run; metrics at the first start."""
    return {
        "quality": [of_bits(run, COVERS)[-1] for run in found.runs("momentum-qng")],
        "block metric": qng.metric("vertex-cover-4", None, "blocks", rule="wires").dense(),
        "first row of the full metric": qng.metric("vertex-cover-4").dense()[0],
    }


ENTRY = Entry(
    "P14",
    "Momentum QNG on a vertex cover of 4 nodes, step size 0.1",
    TEXTS["borysenko2024"],
    studies={
        "cover": Study(
            "vertex-cover-4",
            {"momentum-qng": published.momentum_qng(0.1, 0.5)},
            start=legacy.vertex_cover_starts(3),
            steps=200,
            stop=rules.stalled,
        )
    },
    values=values,
    checks=(
        check.steps("momentum-qng", (48, 49, 65), PRINTED, after=True),
        check.value("quality", (0.4510480, 0.4836393, 0.7525769), 1e-6, PRINTED),
        check.last("momentum-qng", (-1.9358636, -1.8583430, -2.5484034), 1e-6, PRINTED),
        check.matrix("block metric", DIAGONAL, OFF, 5e-6, OWN),
        check.value("first row of the full metric", FULL, 5e-6, OWN),
    ),
    note="The runs are printed in the data of the authors' repository; quality is the probability "
    "of the two smallest covers.",
    fast=True,
    seconds=2,
)
