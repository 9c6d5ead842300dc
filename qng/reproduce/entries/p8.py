"""Circuits after Stokes et al.: random rotations and ladders of CZ, seven qubits, <Z0 Z1>."""

from qng.problem.problem import Problem
from qng.report.literature import TEXTS
from qng.reproduce import OWN, Entry, Study, check, legacy, published

METHODS = {
    "gd": published.gd(0.01),
    "adam": published.adam(0.01),
    "diagonal": published.diag_qng(0.01, 1e-7),
    "block": published.block_qng(0.01, 1e-7),
    "full": published.pinv_qng(0.01),
    "adam at 0.05": published.adam(0.05),
    "block at 0.05": published.block_qng(0.05, 1e-7),
}
AT_30 = {
    3: (-0.156, -0.370, -0.629, -0.630, -0.516, -0.874, -0.899),
    5: (0.001, -0.392, -0.476, -0.487, -0.532, -0.963, -0.975),
}


def study(layers: int, seed: int) -> Study:
    circuit, start = legacy.stokes(7, layers, seed)
    return Study(Problem(circuit, {"Z0 Z1": 1.0}, start, reference=-1.0), METHODS, steps=60)


def checks(layers: int) -> list[check.Check]:
    where = {"study": f"{layers} layers*", "over": "mean"}
    return [
        check.ordering("block <= adam < gd", OWN, at=30, **where),
        check.ordering("diagonal ~ block", OWN, at=30, within=0.02, **where),
        check.energies("block at 0.05", {15: check.below(-0.85)}, 0, OWN, **where),
        *(check.energies(m, {30: e}, 1e-3, OWN, **where) for m, e in zip(METHODS, AT_30[layers])),
    ]


ENTRY = Entry(
    "P8",
    "Random circuits after Stokes et al., 7 qubits, mean over three circuits",
    TEXTS["stokes2020"],
    studies={f"{depth} layers, circuit {s}": study(depth, s) for depth in AT_30 for s in range(3)},
    checks=(*checks(3), *checks(5)),
    note="Not the published figure: its learning rate and its circuits are not known. At 0.01 the "
    "natural gradient takes about 60 steps, at 0.05 about 15. What is judged is the order of the "
    "methods; the numbers are independent values, from exact energies.",
    seconds=10,
)
