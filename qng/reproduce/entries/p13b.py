"""Momentum QNG on a spin glass in a strong field: an older version of its tutorial."""

from collections.abc import Sequence

import numpy as np

from qng.problem.hamiltonians import sherrington_kirkpatrick
from qng.problem.library import load
from qng.problem.problem import Problem
from qng.report.literature import TEXTS
from qng.reproduce import PRINTED, Entry, Study, check, published

METHODS = {
    "qng": published.block_qng(0.005),
    "momentum-qng": published.momentum_qng(0.005),
    "momentum": published.momentum(0.005),
}
ENDS = {"qng": (250, -10.1676), "momentum-qng": (84, -10.1804), "momentum": (128, -10.1787)}


def problem() -> Problem:
    """Couplings and start are drawn from one generator."""
    stream = np.random.default_rng(1)
    glass = sherrington_kirkpatrick(8, stream, field=1.2)
    return Problem(load("sk-8").circuit, glass, 0.1 * stream.normal(size=36))


def repeats(seen: Sequence[float]) -> str | None:
    """The energy repeats to four decimals."""
    same = len(seen) > 1 and round(seen[-1], 4) == round(seen[-2], 4)
    return "the energy repeats to four decimals" if same else None


ENTRY = Entry(
    "P13b",
    "Momentum QNG on a Sherrington-Kirkpatrick glass of 8 spins in a field of 1.2",
    TEXTS["borysenko2024"],
    studies=Study(problem, METHODS, steps=250, stop=repeats),
    checks=(
        check.reference(-10.1909, 5e-5, PRINTED),
        *(check.last(name, energy, 5e-5, PRINTED) for name, (_, energy) in ENDS.items()),
        *(check.steps(name, steps, PRINTED) for name, (steps, _) in ENDS.items()),
    ),
    note="Printed by an older version of the tutorial.",
    fast=True,
    seconds=2,
)
