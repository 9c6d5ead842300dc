"""Capacity of a random circuit: the run that a notebook of Haug, Bharti and Kim prints."""

import numpy as np

import qng
from qng.circuit.random_layers import haug
from qng.problem.problem import Problem
from qng.reproduce import PRINTED, Entry, Results, check, legacy, pictures, published


def values(_: Results) -> dict[str, object]:
    """What the notebook prints, on the metric g."""
    axes, angles = legacy.haug()
    problem = Problem(haug(axes), {"Z0 Z1": 1.0}, angles)
    g, slope = qng.metric(problem).dense(), qng.gradient(problem).value
    eigenvalues = np.linalg.eigvalsh(g)
    natural = np.linalg.solve(g, slope)
    return {
        "energy": qng.energy(problem).value,
        "rank of the metric": np.sum(eigenvalues > 1e-12),
        "variance of log10 of its eigenvalues": np.log10(eigenvalues).var(),
        "mean of the gradient": slope.mean(),
        "variance of the gradient": slope.var(),
        "mean of the natural gradient": natural.mean(),
        "variance of the natural gradient": natural.var(),
        "metric": g,
    }


ENTRY = Entry(
    "haug",
    "Capacity and natural gradient of a random circuit, 4 qubits and 3 layers",
    published.HAUG,
    values=values,
    checks=(
        check.value("energy", 0.4613587005, 1e-9, PRINTED),
        check.value("rank of the metric", 12, 0, PRINTED),
        check.value("variance of log10 of its eigenvalues", 0.2773169, 1e-7, PRINTED),
        check.value("mean of the gradient", 0.01747097, 1e-8, PRINTED),
        check.value("variance of the gradient", 0.00935887, 1e-8, PRINTED),
        check.value("mean of the natural gradient", 0.40691993, 1e-7, PRINTED),
        check.value("variance of the natural gradient", 2.12792894, 1e-7, PRINTED),
    ),
    picture=lambda done: pictures.metrics(done, "metric"),
    note="Printed by the notebook of github.com/txhaug/quantum-geometry with default_rng(1).",
    fast=True,
    seconds=0.1,
)
