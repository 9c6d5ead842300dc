"""Gradient, Hessian and optimisation of the five-qubit example of Mari et al."""

import qng
from qng.optimize import methods
from qng.reproduce import PRINTED, Entry, Study, check, legacy, published

METHODS = {"gd": published.gd(0.4), "newton": methods.newton(0.4, 1.0, published.AS_PUBLISHED)}
START = (0.1, 0.15, *legacy.mari()[2:])
HESSIAN = {(0, 1): 0.055, (0, 2): 0.109, (0, 3): -0.145,
           (1, 2): -0.042, (1, 3): 0.056, (2, 3): 0.110}  # fmt: skip

ENTRY = Entry(
    "P23",
    "Gradient and Hessian of five qubits; two of the angles trained",
    published.MARI,
    studies=Study(lambda: qng.load("mari-5").only("w0", "w1"), METHODS, START, steps=50),
    values=lambda _: {
        "f": qng.energy("mari-5", legacy.mari()).value,
        "gradient": qng.gradient("mari-5", legacy.mari()).value,
        "Hessian": qng.hessian("mari-5", legacy.mari()).dense(),
    },
    checks=(
        check.value("f", -0.7938055593697134, 1e-14, PRINTED),
        check.value("gradient", [-0.3376347, 0.1304665, 0.2560632, -0.3416029, 0], 1e-7, PRINTED),
        check.matrix("Hessian", [0.794] * 4 + [0], HESSIAN, 6e-4, PRINTED),
    ),
    note="The energies of the trained angles are not printed. Newton here: |H| + 1, there H + 1.",
    fast=True, seconds=0.6,
)  # fmt: skip
