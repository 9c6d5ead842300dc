"""PennyLane's demo of the quantum natural gradient: cost against step."""

from qng.reproduce import FIGURE, OWN, Entry, Study, check, published

METHODS = {
    "gd": published.gd(0.01),
    "block": published.block_qng(0.01),
    "full": published.qng(0.01),
}
AT = (1, 10, 20, 50, 100, 150, 200)
CURVES = {
    "gd": (0.07310244, 0.05807759, 0.04044065, -0.01849562, -0.13447838, -0.26007538, -0.37371897),
    "block": (0.06448979, -0.03996197, -0.17052824, -0.45754435, -0.59479415, -0.61073253,
              -0.61220399),
    "full": (0.06454473, -0.03882632, -0.16763067, -0.47430182, -0.60832269, -0.61230266,
             -0.61237123),
}  # fmt: skip

ENTRY = Entry(
    "P2",
    "Cost against step, three qubits",
    published.QNG_DEMO,
    studies=Study("qng-demo", METHODS, steps=200),
    checks=(
        check.curves(CURVES, AT, 1e-8, OWN),
        check.reference(-0.61237244, 1e-8, OWN),
        check.ordering("block < gd", FIGURE, at=100),
    ),
    note="The demo prints no energies; its figure shows gd and block.",
    fast=True, seconds=0.7,
)  # fmt: skip
