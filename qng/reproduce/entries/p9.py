"""The law of QNG where H^2 = 1 and the metric has full rank: imaginary time in closed form."""

import numpy as np

import qng
from qng.circuit.ansatz import hardware_efficient
from qng.reproduce import OWN, Entry, Source, Study, check, published

ETA = 5e-4


def problem() -> qng.Problem:
    """Two qubits have six directions, which the eight parameters cover."""
    circuit = hardware_efficient(2, 1)
    start = np.random.default_rng(4).uniform(-np.pi, np.pi, circuit.n_parameters)
    return qng.Problem(circuit, {"Z0 Z1": 1.0}, start)


def law(energies: np.ndarray) -> np.ndarray:
    """E_k = -tanh(4 eta k + artanh(-E_0)), of the shape of the energies."""
    return -np.tanh(4 * ETA * np.arange(len(energies)) + np.arctanh(-energies[0]))


ENTRY = Entry(
    "P9",
    "Law of QNG for H^2 = 1: E_k = -tanh(4 eta k + artanh(-E_0))",
    Source("qng-tanh", ("{qng}",), "QNG is imaginary time: closed form for H^2 = 1"),
    studies={"law": Study(problem, {"qng": published.qng(ETA, 1e-8)}, steps=300)},
    values=lambda results: {
        "law": law(results.energies("qng")[0]),
        "largest distance": np.abs(results.energies("qng")[0] - law(results.energies("qng")[0])).max(),
        "rank": np.linalg.matrix_rank(qng.metric(problem()).dense(), tol=1e-9),
        "decrease": -np.ptp(results.energies("qng")[0]),
    },
    checks=(
        check.value("largest distance", check.below(1e-3), 0, OWN),
        check.value("rank", 6, 0, OWN),
        check.value("decrease", check.below(-0.4), 0, OWN),
    ),
    picture=lambda done: energies(done, references={"law": done.values["law"]}),
    note="Analytic: no publication prints it.",
    fast=True,
    seconds=0.5,
)
