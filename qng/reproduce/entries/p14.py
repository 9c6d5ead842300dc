"""Momentum QNG on a vertex cover of four nodes: three single runs, to the last printed digit."""

from qng.report.literature import TEXTS
from qng.reproduce import PRINTED, Entry, Study, check, legacy, published, rules
from qng.run.probabilities import of_bits

COVERS = ("0110", "0101")  # nodes 1 and 2, nodes 0 and 2; qubit 0 on the right

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
    values=lambda found: {
        "quality": [of_bits(run, COVERS)[-1] for run in found.runs("momentum-qng")],
    },
    checks=(
        check.steps("momentum-qng", (48, 49, 65), PRINTED, after=True),
        check.value("quality", (0.4510480, 0.4836393, 0.7525769), 1e-6, PRINTED),
        check.last("momentum-qng", (-1.9358636, -1.8583430, -2.5484034), 1e-6, PRINTED),
    ),
    note="The published numbers are those of the repository's data; quality is the probability of "
    "the two smallest covers.",
    fast=True,
    seconds=2,
)
