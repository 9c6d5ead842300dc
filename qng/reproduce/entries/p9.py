"""The law of QNG where H^2 = 1 and the metric has full rank: imaginary time in closed form."""

import numpy as np

import qng
from qng.circuit.ansatz import hardware_efficient
from qng.reproduce import OWN, Entry, Results, Study, check, pictures, published

ETA = 5e-4
# Two qubits have six directions; the eight parameters cover them all.
START = np.random.default_rng(4).uniform(-np.pi, np.pi, 8)
PROBLEM = qng.Problem(hardware_efficient(2, 1), {"Z0 Z1": 1.0}, START)


def values(results: Results) -> dict[str, object]:
    """The law, how far the run is from it, and what makes it hold."""
    (energies,) = results.energies("qng")
    law = -np.tanh(4 * ETA * np.arange(len(energies)) - np.arctanh(energies[0]))
    rank = np.linalg.matrix_rank(qng.metric(PROBLEM).dense(), tol=1e-9)
    return {"law": law, "distance": np.abs(energies - law).max(), "rank": rank}


ENTRY = Entry(
    "P9",
    "Law of QNG for H² = 1: E = -tanh(4 η k + artanh(-E₀)), η = 5e-4",
    published.STOKES,
    studies=Study(PROBLEM, {"qng": published.qng(ETA, 1e-8)}, steps=300),
    values=values,
    checks=(
        check.value("distance", check.below(1e-3), 0, OWN),
        check.value("rank", 6, 0, OWN),
    ),
    picture=lambda done: pictures.energies(done, references={"law": done.values["law"]}),
    note="Analytic: the law is derived, no publication prints it.",
    fast=True, seconds=0.8,
)  # fmt: skip
