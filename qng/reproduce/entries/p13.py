"""Momentum QNG on a spin glass: its tutorial."""

from qng.report.literature import TEXTS
from qng.reproduce import PRINTED, Entry, Study, check, published, rules

PERCENT = {"qng": 30.75399, "momentum-qng": 0.00137, "momentum": 0.10423, "adam": 0.06427}
STEPS = {"qng": 50, "momentum-qng": 106, "momentum": 71, "adam": 72}
METHODS = {
    "qng": published.block_qng(0.5, 0.5),
    "momentum-qng": published.momentum_qng(0.5, 0.5),
    "momentum": published.momentum(0.5),
    "adam": published.adam(0.5, eps=1e-7),
}

ENTRY = Entry(
    "P13",
    "Momentum QNG on a Sherrington-Kirkpatrick glass of 8 spins",
    TEXTS["borysenko2024"],
    studies={"glass": Study("sk-8", METHODS, steps=300, stop=rules.repeats)},
    values=lambda found: {
        f"error of {name} in %": -100 * found.errors(name)[0, -1] / found.comparison().reference
        for name in METHODS
    },
    checks=(
        check.reference(-4.2174, 5e-5, PRINTED),
        *(check.steps(name, steps, PRINTED) for name, steps in STEPS.items()),
        *(check.value(f"error of {name} in %", p, 1e-5, PRINTED) for name, p in PERCENT.items()),
    ),
    note="PennyLane's eps of Adam stands before the correction of the bias: 1e-7 in the first "
    "step, where some gradients are as small.",
    fast=True,
    seconds=2,
)
