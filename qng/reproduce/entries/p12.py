"""The tutorial of qBang: a barren-plateau circuit of eight qubits."""

import math
from dataclasses import replace

from qng.optimize.average import Broyden
from qng.optimize.methods import qbang, qbroyden
from qng.report.literature import TEXTS
from qng.reproduce import FIGURE, OWN, Entry, Study, check, published

UPDATED = replace(published.WIRES, every=None, average=Broyden(0.2))
METHODS = {
    "adam": published.adam(0.01),
    "qng": published.block_qng(0.01, 1e-7),
    "qbroyden": replace(qbroyden(0.01, 1e-7, trust=math.inf), precondition=UPDATED),
    "qbang": replace(qbang(0.01, 1e-7, trust=math.inf), precondition=UPDATED),
}
AT = (0, 10, 25, 50, 75, 100, 150, 200)
CURVES = {
    "adam": (0.3656, 0.1714, -0.1178, -0.5836, -0.8365, -0.8902, -0.9443, -0.9813),
    "qng": (0.3656, 0.1493, -0.1769, -0.7096, -0.8623, -0.9077, -0.9513, -0.9750),
    "qbroyden": (0.3656, 0.1836, -0.1033, -0.7473, -0.9130, -0.9511, -0.9829, -0.9930),
    "qbang": (0.3656, -0.3162, -0.8718, -0.9910, -0.9992, -0.9999, -1.0000, -1.0000),
}

ENTRY = Entry(
    "P12",
    "qBang on a barren-plateau circuit of 8 qubits",
    TEXTS["fitzek2024"],
    studies=Study("hea-zz-8", METHODS, steps=200),
    checks=(check.curves(CURVES, AT, 0.01, FIGURE), check.curves(CURVES, AT, 1e-4, OWN)),
    note="The tutorial's figure has no numbers. What is compared are those of an independent "
    "calculation: they lie on the figure's curves to reading accuracy, 0.01, and ours agree with "
    "them to all digits.",
    fast=True,
    seconds=5,
)
