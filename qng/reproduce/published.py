"""Methods as published code has them, in one place.

Published steps are as long as their formula says: nothing limits or judges them (`trust=inf`).
Metrics are Fubini-Study's g; where a publication uses the quantum Fisher information 4 g, its
learning rate is divided by four here.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from qng.geometry import PseudoInverse, Tikhonov
from qng.geometry.solve import Solver
from qng.optimize import methods
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.length import Constant
from qng.optimize.search.post import HeavyBall
from qng.plan.quantities import By
from qng.report.literature import TEXTS
from qng.report.sources import Source

QNG_DEMO: Final = Source(
    "pennylane-qng-demo",
    ("{PennyLane}",),
    "Quantum natural gradient (demo tutorial_quantum_natural_gradient)",
    url="https://pennylane.ai/qml/demos/tutorial_quantum_natural_gradient",
    note="after arXiv:1909.02108",
)

VQE_DEMO: Final = Source(
    "pennylane-vqe-qng-demo",
    ("{PennyLane}",),
    "Accelerating VQEs with quantum natural gradient (demo tutorial_vqe_qng)",
    url="https://pennylane.ai/qml/demos/tutorial_vqe_qng",
)

STOKES: Final = TEXTS["stokes2020"]

TEXTBOOK: Final = Source(
    "qiskit-textbook-gradients",
    ("Julien Gacon",),
    "Gradients and natural gradients (chapter of the Qiskit textbook)",
)

JONES: Final = Source(
    "jones2020",
    ("Tyson Jones",),
    "Efficient classical calculation of the Quantum Natural Gradient",
    2020,
    arxiv="2011.02991",
)

MARI: Final = TEXTS["mari2021"]

GENERAL_SHIFT: Final = Source(
    "wierichs2022",
    ("David Wierichs", "Josh Izaac", "Cody Wang", "Cedric Yen-Yu Lin"),
    "General parameter-shift rules for quantum gradients",
    2022,
    journal="Quantum",
    volume="6",
    pages="677",
    arxiv="2107.12390",
)

HAUG: Final = Source(
    "haug2021",
    ("Tobias Haug", "Kishor Bharti", "M. S. Kim"),
    "Capacity and quantum geometry of parametrized quantum circuits",
    2021,
    journal="PRX Quantum",
    volume="2",
    pages="040309",
    arxiv="2102.01659",
)

NETKET: Final = Source(
    "vicentini2022",
    ("Filippo Vicentini", "Damian Hofmann", "Attila Szabó", "Dian Wu", "others"),
    "NetKet 3: Machine Learning Toolbox for Many-Body Quantum Systems",
    2022,
    journal="SciPost Physics Codebases",
    pages="7",
    arxiv="2112.10526",
    note="its examples and tutorials of the Ising model",
)

ABBAS: Final = Source(
    "abbas2021",
    (
        "Amira Abbas",
        "David Sutter",
        "Christa Zoufal",
        "Aurelien Lucchi",
        "Alessio Figalli",
        "Stefan Woerner",
    ),
    "The power of quantum neural networks",
    2021,
    journal="Nature Computational Science",
    volume="1",
    pages="403",
    arxiv="2011.00027",
)

AS_PUBLISHED: Final = math.inf
"""The trust of a method whose steps are as long as its formula says."""

WIRES: Final = MeasuredMetric(By("blocks", rule="wires", masked=True))
"""PennyLane's block-diagonal metric."""


def gd(lr: float) -> Optimizer:
    """Gradient descent."""
    return methods.gd(lr)


def momentum(lr: float, rho: float = 0.9) -> Optimizer:
    """Gradient descent with momentum."""
    return methods.momentum(lr, rho)


def adam(lr: float, beta2: float = 0.99, eps: float = 1e-8) -> Optimizer:
    """Adam with PennyLane's beta2.

    Its eps stands before the correction of the bias: where gradients are as small as that in the
    first steps, it is comparable with ten times as much here.
    """
    return methods.adam(lr, beta2=beta2, eps=eps)


def qng(lr: float, damping: float = 0.0) -> Optimizer:
    """QNG with the full metric: (g + damping) d = grad."""
    return solving(Tikhonov(damping), lr)


def pinv_qng(lr: float, cutoff: float | None = None) -> Optimizer:
    """QNG with the pseudo-inverse of the full metric.

    Args:
        lr: Learning rate.
        cutoff: Eigenvalues below so much of the largest are left out; None: those of rounding.
    """
    return solving(PseudoInverse() if cutoff is None else PseudoInverse(cutoff), lr)


def block_qng(lr: float, damping: float = 0.0) -> Optimizer:
    """QNG as PennyLane has it by default: blocks by wires."""
    return replace(solving(Tikhonov(damping), lr), precondition=WIRES)


def diag_qng(lr: float, damping: float = 0.0) -> Optimizer:
    """QNG with the diagonal of the metric."""
    return replace(solving(Tikhonov(damping), lr), precondition=MeasuredMetric("diagonal"))


def momentum_qng(lr: float, damping: float = 0.0, rho: float = 0.9) -> Optimizer:
    """PennyLane's momentum QNG: a heavy ball on the steps of `block_qng`."""
    return replace(block_qng(lr, damping), post=HeavyBall(rho))


def solving(solve: Solver, lr: float, metric: By | str = "exact") -> Optimizer:
    """QNG with any solver and any metric: blocks, diagonal, overlaps, ..."""
    return Optimizer(Constant(lr), MeasuredMetric(metric), solve=solve)
