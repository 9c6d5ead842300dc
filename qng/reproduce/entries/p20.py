"""Random natural gradient on the authors' example, a weighted MaxCut of eight nodes."""

import numpy as np

from qng.optimize import methods
from qng.report.literature import TEXTS
from qng.reproduce import OWN, Entry, Study, check, legacy, published

AT = (0, 10, 25, 50, 100)
GD = (-2.4601, -2.5211, -2.5985, -2.7078, -2.9414)
QNG = (-2.4601, -2.5388, -2.6272, -2.7480, -3.0623)
RANDOM = (-2.4601, -2.6681, -2.8425, -3.4173, -3.7713)

ENTRY = Entry(
    "P20",
    "Random natural gradient on a weighted MaxCut of 8 nodes, step size 0.05",
    TEXTS["kolotouros2023"],
    studies={
        "cut": Study(
            "maxcut-8",
            {"gd": published.gd(0.05), "qng": published.pinv_qng(0.05 / 4, 1e-4)},
            steps=100,
        ),
        "cut, ten draws of the random circuits": Study(
            "maxcut-8",
            {"random": methods.rng(0.05, trust=published.AS_PUBLISHED)},
            start=np.tile(legacy.cut_of_8()[1], (10, 1)),
            steps=100,
        ),
    },
    values=lambda found: {
        "kept energy of random at 0, 10, 25, 50, 100, median": np.median(
            np.minimum.accumulate(found.energies("random"), axis=1)[:, AT], axis=0
        )
    },
    checks=(
        check.energies("gd", dict(zip(AT, GD)), 1e-3, OWN),
        check.energies("qng", dict(zip(AT, QNG)), 1e-3, OWN),
        check.value("kept energy of random at 0, 10, 25, 50, 100, median", RANDOM, 0.3, OWN),
        check.ordering("random < qng < gd", OWN, at=100, study="cut*"),
    ),
    note="No number is published. The learning rate is on the quantum Fisher information 4 g; the "
    "random Fisher matrix is smaller than that, so at equal rate its steps are longer. The random "
    "circuits are drawn, one run differs from another by about 0.3.",
    seconds=20,
)
