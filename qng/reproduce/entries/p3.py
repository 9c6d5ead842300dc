"""PennyLane's demo of VQE with QNG: one qubit, stop at |dE| <= 1e-6."""

from qng.reproduce import OWN, PRINTED, Entry, Study, check, published

METHODS = {"gd": published.gd(0.01), "qng": published.qng(0.01)}
EARLY = {
    "qng": (0.51052556, -0.90729965, -1.35504644, -1.40833787, -1.41364035, -1.41415774),
    "gd": (0.56743624, 0.38709233, 0.24420954, 0.14079686, 0.06758408, 0.01128048),
}
LATE = {200: -0.47706980, 300: -1.26906291, 400: -1.40489478, 480: -1.41325360}

ENTRY = Entry(
    "P3",
    "One qubit, H = X + Z: energy, landscape and Bloch path",
    published.VQE_DEMO,
    studies=Study("one-qubit", METHODS, steps=500, tol=1e-6),
    checks=(
        check.curves(EARLY, range(0, 101, 20), 1e-8, PRINTED, after=True),
        check.energies("gd", LATE, 1e-8, PRINTED, after=True),
        check.steps("qng", 117, PRINTED, after=True),
        check.last("qng", -1.41420585, 1e-8, PRINTED),
        check.steps("gd", 499, OWN, after=True),
        check.last("gd", -1.41365468, 1e-8, OWN),
    ),
    picture="paths",
    fast=True, seconds=1.2,
)  # fmt: skip
