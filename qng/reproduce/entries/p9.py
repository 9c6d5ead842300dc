"""The law of QNG where H^2 = 1 and the metric has full rank: imaginary time in closed form."""

import numpy as np

import qng
from qng.circuit.ansatz import hardware_efficient
from qng.reproduce import OWN, Entry, Results, Study, check, pictures, published

ETA = 5e-4


def problem() -> qng.Problem:
    """Two qubits have six directions; the eight parameters cover them all."""
    circuit = hardware_efficient(2, 1)
    start = np.random.default_rng(4).uniform(-np.pi, np.pi, circuit.n_parameters)
    return qng.Problem(circuit, {"Z0 Z1": 1.0}, start)


def values(results: Results) -> dict[str, object]:
    """The law, how far the run is from it, and what makes it hold."""
    energies = results.energies("qng")[0]
    law = -np.tanh(4 * ETA * np.arange(len(energies)) - np.arctanh(energies[0]))
    return {
        "law": law,
        "largest distance": np.abs(energies - law).max(),
        "rank": np.linalg.matrix_rank(qng.metric(problem()).dense(), tol=1e-9),
        "decrease": energies[0] - energies[-1],
    }


ENTRY = Entry(
    "P9",
    "Law of QNG for H² = 1: E = -tanh(4 η k + artanh(-E₀))",
    published.STOKES,
    studies={"η = 5e-4": Study(problem, {"qng": published.qng(ETA, 1e-8)}, steps=300)},
    values=values,
    checks=(
        check.value("largest distance", check.below(1e-3), 0, OWN),
        check.value("rank", 6, 0, OWN),
        check.value("decrease", check.above(0.4), 0, OWN),
    ),
    picture=lambda done: pictures.energies(done, references={"law": done.values["law"]}),
    note="Analytic: the law is derived, no publication prints it.",
    fast=True,
    seconds=0.5,
)
