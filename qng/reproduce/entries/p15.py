"""Momentum QNG on a vertex cover of four nodes: quality against learning rate."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qng.optimize.optimizer import Optimizer
from qng.report.literature import TEXTS
from qng.reproduce import (
    PRINTED,
    Entry,
    Reproduction,
    Results,
    Study,
    check,
    legacy,
    pictures,
    plots,
    rules,
)
from qng.reproduce import published as made
from qng.reproduce.entries.p14 import COVERS
from qng.run.probabilities import of_bits

MAKERS: dict[str, Callable[[float], Optimizer]] = {
    "qng": lambda lr: made.block_qng(lr, 0.5),
    "momentum-qng": lambda lr: made.momentum_qng(lr, 0.5),
    "momentum": made.momentum,
    "adam": lambda lr: made.adam(lr, eps=1e-7),
}
STABLE = {"qng": (0.05, 0.1, 0.15), "momentum-qng": (0.05, 0.1), "momentum": (0.03,),
          "adam": (0.1, 0.35)}  # fmt: skip
CHAOTIC = {"momentum-qng": (0.2,), "momentum": (0.05, 0.07), "adam": (0.8,)}
RATES = {name: (*STABLE[name], *CHAOTIC.get(name, ())) for name in MAKERS}
MEANS = {
    "qng": {0.01: 0.2423, 0.025: 0.3271, 0.05: 0.3694, 0.1: 0.4058, 0.15: 0.4206, 0.2: 0.4041,
            0.25: 0.4110, 0.3: 0.3902, 0.35: 0.3348, 0.4: 0.3033, 0.45: 0.2647, 0.5: 0.2213},
    "momentum-qng": {0.01: 0.3827, 0.025: 0.4519, 0.05: 0.4841, 0.1: 0.5182, 0.15: 0.5470,
                     0.2: 0.6228, 0.25: 0.5522, 0.3: 0.3485, 0.35: 0.1545},
    "momentum": {0.01: 0.474, 0.02: 0.521, 0.03: 0.533, 0.04: 0.594, 0.05: 0.627, 0.06: 0.531,
                 0.07: 0.343, 0.08: 0.154, 0.09: 0.110, 0.1: 0.106, 0.125: 0.093},
    "adam": {0.01: 0.3515, 0.025: 0.4075, 0.05: 0.4533, 0.1: 0.4852, 0.15: 0.5104, 0.2: 0.5116,
             0.25: 0.5578, 0.3: 0.6022, 0.35: 0.6321, 0.8: 0.6576},
}  # fmt: skip
WHY = "from here on energies jump, and a change by rounding changes single runs"


def values(found: Results) -> dict[str, float]:
    """Means over the starts by method and rate, and their standard errors."""
    known = {}
    for label, runs in found.comparisons["rates"].runs.items():
        quality = [of_bits(run, COVERS)[-1] for run in runs]
        known[label] = float(np.mean(quality))
        known[f"{label}, standard error"] = float(np.std(quality) / len(quality) ** 0.5)
    return known


def picture(done: Reproduction) -> plots.Picture:
    """Quality against rate, all published means as open markers."""
    known = {
        name: [(lr, *(done.values[f"{name}@{lr}{what}"] for what in ("", ", standard error")))
               for lr in rates]
        for name, rates in RATES.items()
    }  # fmt: skip
    curves = {name: tuple(np.array(points).T) for name, points in known.items()}
    printed = {name: (list(means), list(means.values())) for name, means in MEANS.items()}
    return pictures.curves(
        done, curves, "learning rate", "probability of a smallest cover", published=printed,
        log_x=True, bars=True, mark="both", note="means of 200 starts and standard errors",
    )  # fmt: skip


ENTRY = Entry(
    "P15",
    "Vertex cover of 4 nodes: quality against learning rate",
    TEXTS["borysenko2024"],
    studies={
        "rates": Study(
            "vertex-cover-4",
            {f"{name}@{lr}": MAKERS[name](lr) for name, rates in RATES.items() for lr in rates},
            start=legacy.vertex_cover_starts(200),
            steps=200,
            stop=rules.stalled,
        )
    },
    values=values,
    checks=tuple(
        check.value(f"{name}@{lr}", MEANS[name][lr], tolerance, PRINTED, chaotic=why)
        for of, tolerance, why in ((STABLE, 1e-3, ""), (CHAOTIC, 0.05, WHY))
        for name, rates in of.items()
        for lr in rates
    ),
    picture=picture,
    note="Momentum QNG is better than QNG here, and no better than Adam and momentum at their best "
    "rates. Published are the means of the data in the authors' repository, over these 200 starts.",
    seconds=220,
)
