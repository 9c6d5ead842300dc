"""The Ising ring from small angles: who reaches the ground state, against the number of spins."""

from dataclasses import replace

from qng.optimize.methods import l_bfgs_b
from qng.problem.free_fermions import ising_ring
from qng.report.literature import TEXTS
from qng.reproduce import OWN, Entry, Study, check, legacy, published

SOLVED = {"qng": (10, 10, 10, 10), "adam": (10, 7, 5, 0), "l-bfgs-b": (10, 10, 10, 10)}
SIZES = (8, 12, 16, 20)
METHODS = {
    "qng": published.qng(0.05, 1e-4),
    "adam": published.adam(0.05, beta2=0.999),
    "l-bfgs-b": l_bfgs_b(),
}


def study(n: int) -> Study:
    ring = ising_ring(n, n // 2)
    ring = replace(ring, accuracy=1e-3 * abs(ring.reference.energy))
    steps = {"qng": 600, "adam": 1500, "l-bfgs-b": 1500}
    return Study(ring, METHODS, start=legacy.wierichs(n), steps=steps)


CHAOS = "the step at which a run gets there; how many do is stable within two"

ENTRY = Entry(
    "P11",
    "Ising ring in its QAOA circuit: success against the number of spins, ten starts",
    TEXTS["wierichs2020"],
    studies={f"{n} spins": study(n) for n in SIZES},
    checks=tuple(
        check.solved(name, count, OWN, within=2, study=f"{n} spins", chaotic=CHAOS)
        for name, counts in SOLVED.items()
        for n, count in zip(SIZES, counts)
    ),
    note="",
    seconds=300,
)
