"""The Qiskit textbook on natural gradients: two qubits, learning rate 0.01."""

import qng
from qng.reproduce import OWN, Entry, Study, check, published

METHODS = {
    "gd": published.gd(0.01), "qng": published.qng(0.01, 1e-6),
    "pseudo-inverse": published.pinv_qng(0.01), "with 4 g": published.qng(0.01 / 4, 1e-6),
}  # fmt: skip
CURVES = {
    "gd": (0.6584, 0.1069, -0.6066, -0.9242, -0.9983),
    "qng": (-0.5310, -0.9897, -0.9998, -1, -1),
    "pseudo-inverse": (-0.5310, -0.9897, -0.9998, -1, -1),
    "with 4 g": (0.7171, 0.3827, -0.0964, -0.5359, -0.9221),
}
METRIC = {(0, 2): 0.023734, (1, 3): 0.226976, (2, 3): -0.104321}

ENTRY = Entry(
    "P17",
    "Two qubits: what a factor of four in the metric does",
    published.TEXTBOOK,
    studies=Study("textbook-2", METHODS, steps=300),
    values=lambda _: {"metric": qng.metric("textbook-2").dense()},
    checks=(
        check.energies("gd", {0: 0.88524839}, 1e-8, OWN),
        check.curves(CURVES, (50, 100, 150, 200, 300), 1e-4, OWN),
        check.first_below("gd", -0.99, 255, OWN),
        check.first_below("qng", -0.99, 101, OWN),
        check.matrix("metric", [0.25] * 4, METRIC, 1e-6, OWN),
    ),
    note="The published curves are sampled and carry no numbers; these are exact.",
    fast=True, seconds=1.6,
)  # fmt: skip
