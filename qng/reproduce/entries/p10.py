"""The Ising ring in its QAOA circuit: energies, gradient and metric of a published notebook."""

import numpy as np

import qng
from qng.circuit.ansatz import hamiltonian_variational
from qng.problem.free_fermions import ising_ring
from qng.problem.hamiltonians import tfim
from qng.problem.problem import Problem
from qng.report.literature import TEXTS
from qng.reproduce import OWN, PRINTED, Entry, Results, check, pictures

AT_10 = (0.794, 0.07, 1.105, 0.759, 0.767, 0.054, 0.701, -1.394, 1.263, 0.976)
AT_20 = (-0.597, -0.031, -0.209, 0.516, 0.694, 0.068, -0.058, -0.57, 0.174, 1.396,
         0.446, 1.3, 1.176, 0.402, -0.66, -0.142, 1.101, 0.537, 0.021, 0.792)  # fmt: skip
GRADIENT = (-0.065, -0.049, -0.123, 0.987, 0.026, 0.448, 0.056, 0.372, 1.302, 0.026)
ROW = (2.5, 0, 2.482, 0.07, 1.408, 1.689, 1.368, 1.016, -1.463, 0.288)
DIAGONAL = (2.5, 3.145, 2.476, 2.919, 3.171, 3.313, 3.046, 3.295, 4.151, 3.942)


def values(_: Results) -> dict[str, object]:
    """Of ten spins; as free fermions of twenty and of ten."""
    zz, x = -1 * tfim(10, field=0), -1 * tfim(10, coupling=0)
    spins = Problem(hamiltonian_variational([zz, x], 5), tfim(10, 1.2), AT_10)
    g = qng.metric(spins).dense()
    fermions = qng.metric(ising_ring(10, 5, 1.2), AT_10).dense()
    return {
        "energy a spin, N = 10": qng.energy(spins).value / 10,
        "energy a spin, N = 20": qng.energy(ising_ring(20, 10, 1.2), AT_20).value / 20,
        "gradient a spin": qng.gradient(spins).value / 10,
        "first row of the metric": g[0],
        "diagonal of the metric": np.diag(g),
        "metric": g,
        "metric of spins against that of fermions": np.abs(g - fermions).max(),
    }


ENTRY = Entry(
    "P10",
    "Metric of the QAOA circuit of an Ising ring, as spins and as free fermions",
    TEXTS["wierichs2020"],
    values=values,
    checks=(
        check.value("energy a spin, N = 10", -0.2743, 2e-3, PRINTED),
        check.value("energy a spin, N = 20", 0.2027, 2e-3, PRINTED),
        check.value("gradient a spin", GRADIENT, 2e-3, PRINTED),
        check.value("first row of the metric", ROW, 2e-3, PRINTED),
        check.value("diagonal of the metric", DIAGONAL, 2e-3, PRINTED),
        check.value("metric of spins against that of fermions", 0.0, 1e-11, OWN),
    ),
    picture=lambda done: pictures.metrics(done, "metric"),
    note="Printed in Demo_TFI_FF.ipynb of github.com/dwierichs/vqe-tools, at angles of three "
    "digits, which the tolerance allows for.",
    fast=True,
    seconds=1,
)
