"""PennyLane's demo of VQE with QNG: one qubit, stop at |dE| <= 1e-6."""

from qng.reproduce import OWN, PRINTED, Entry, Study, check, published

QNG = (0.51052556, -0.90729965, -1.35504644, -1.40833787, -1.41364035, -1.41415774)
GD = (0.56743624, 0.38709233, 0.24420954, 0.14079686, 0.06758408, 0.01128048)
LATER = {200: -0.47706980, 300: -1.26906291, 400: -1.40489478, 480: -1.41325360}

ENTRY = Entry(
    "P3",
    "One qubit, H = X + Z: energy, landscape and Bloch path",
    published.VQE_DEMO,
    studies={
        "demo": Study(
            "one-qubit", {"gd": published.gd(0.01), "qng": published.qng(0.01)}, steps=500, tol=1e-6
        )
    },
    checks=(
        check.energies("qng", dict(zip(range(0, 101, 20), QNG)), 1e-8, PRINTED, after=True),
        check.steps("qng", 117, PRINTED, after=True),
        check.last("qng", -1.41420585, 1e-8, PRINTED),
        check.energies("gd", dict(zip(range(0, 101, 20), GD)), 1e-8, PRINTED, after=True),
        check.energies("gd", LATER, 1e-8, PRINTED, after=True),
        check.steps("gd", 499, PRINTED, after=True),
        check.last("gd", -1.41365468, 1e-8, OWN),
    ),
    picture="paths",
    fast=True,
    seconds=1,
)
