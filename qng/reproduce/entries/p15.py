"""Momentum QNG on a vertex cover of four nodes: quality against learning rate."""

import numpy as np

from qng.report.literature import TEXTS
from qng.report.plots import Picture, lines
from qng.reproduce import PRINTED, Entry, Reproduction, Results, Study, check, legacy, rules
from qng.reproduce import published as made
from qng.reproduce.entries.p14 import COVERS
from qng.run.probabilities import of_bits

MAKERS = {
    "qng": lambda lr: made.block_qng(lr, 0.5),
    "momentum-qng": lambda lr: made.momentum_qng(lr, 0.5),
    "momentum": made.momentum,
    "adam": lambda lr: made.adam(lr, eps=1e-7),
}
PUBLISHED = {
    "qng": {0.05: 0.3694, 0.1: 0.4058, 0.15: 0.4206},
    "momentum-qng": {0.05: 0.4841, 0.1: 0.5182, 0.2: 0.6228},
    "momentum": {0.03: 0.533, 0.05: 0.627, 0.07: 0.343},
    "adam": {0.1: 0.4852, 0.35: 0.6321, 0.8: 0.6576},
}


def values(found: Results) -> dict[str, list[float]]:
    """Means over the starts by rate, and their standard errors."""
    known: dict[str, list[float]] = {}
    for name, by_rate in PUBLISHED.items():
        several = [
            [of_bits(run, COVERS)[-1] for run in found.runs(f"{name}@{lr}")] for lr in by_rate
        ]
        known[f"quality of {name}"] = [float(np.mean(q)) for q in several]
        known[f"standard error of {name}"] = [float(np.std(q) / len(q) ** 0.5) for q in several]
    return known


def picture(done: Reproduction) -> Picture:
    """Quality against rate, the published means as open markers."""
    curves = {
        name: (
            list(rates),
            done.values[f"quality of {name}"],
            done.values[f"standard error of {name}"],
        )
        for name, rates in PUBLISHED.items()
    }
    return lines(
        curves,
        published={name: (list(rates), list(rates.values())) for name, rates in PUBLISHED.items()},
        x_label="learning rate",
        y_label="probability of a smallest cover",
        log_x=True,
        bars=True,
        mark="both",
        title=done.title,
        note="means over the starts and their standard errors; open: published",
    )


ENTRY = Entry(
    "P15",
    "Vertex cover of 4 nodes: quality against learning rate",
    TEXTS["borysenko2024"],
    studies={
        "rates": Study(
            "vertex-cover-4",
            {f"{name}@{lr}": MAKERS[name](lr) for name, by in PUBLISHED.items() for lr in by},
            start=legacy.vertex_cover_starts(200),
            steps=200,
            stop=rules.stalled,
        )
    },
    values=values,
    checks=tuple(
        check.value(f"quality of {name}", list(by_rate.values()), 0.01, PRINTED)
        for name, by_rate in PUBLISHED.items()
    ),
    picture=picture,
    note="Momentum QNG is better than QNG here, and no better than Adam and momentum at their best "
    "rates. Published means are those of the data in the authors' repository.",
    seconds=120,
)
