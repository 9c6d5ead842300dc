"""The metric M as a value, the solution of M d = s, and what the spectrum of M says.

In come matrices, factors or products from the estimators, with the standard errors of what was
counted; out go directions, lengths and eigenvalues. The room knows neither circuits nor steps.

    metrics     Identity, Diagonal, Blocks, Kronecker (A (x) B for every array), Dense,
                LowRank (M = X^T X), Implicit (products only), Ritz and RitzProducts (H on a tangent
                space);
                `combined` for sum_k w_k M_k, `widened` for further errors, `nearest_kronecker`
    solvers     solve(M, s, before) -> Solution, each with `needs_matrix`:
                Direct, Tikhonov, AdaptiveTikhonov, Marquardt, AbsoluteEigenvalues,
                ShiftedEigenvalues add to the eigenvalues; SpectralCutoff, SmoothCutoff,
                PseudoInverse, LeastSquares drop some; Floored and Shrunk know of standard errors;
                Proximal remembers the last direction; RitzStep and AdaptiveShift are for Ritz
    noise       where errors come from, so that v^T M w has its own: `Metric.variance_of`
    mixed       density matrices: SLD, Petz and Hilbert-Schmidt metrics, Bures distances
    deficit     what a metric M <= g is short of g
    spectrum    eigenvalues with their errors, what is rounding, which entries were computed
    of states   rays (distances, geodesics), capacity (ranks, effective dimension), holonomy (Berry
                curvature, Chern numbers), haar (expressibility), tangent (kernels): of arrays

Every metric does its own work (`Metric`): products, lengths, other coordinates, eigenvectors. A
metric or a solver of one's own has the members of `Metric` or `Solver`.
"""

from qng.geometry.blocks import Blocks
from qng.geometry.damping import (
    AbsoluteEigenvalues,
    AdaptiveTikhonov,
    Direct,
    Marquardt,
    ShiftedEigenvalues,
    Tikhonov,
)
from qng.geometry.implicit import Implicit, LinearMap, LowRank
from qng.geometry.kronecker import Kronecker
from qng.geometry.metric import Dense, Diagonal, Identity, Metric
from qng.geometry.nearest import nearest_kronecker
from qng.geometry.noisy import Floored, Shrunk, noise_report, shrunk
from qng.geometry.proximal import Proximal
from qng.geometry.ritz.dense import Ritz
from qng.geometry.ritz.products import RitzProducts
from qng.geometry.ritz.steps import AdaptiveShift, RitzStep
from qng.geometry.scheduled import LinearDamping
from qng.geometry.shortfall import Deficit, deficit
from qng.geometry.solve import Before, Inner, Solution, Solver
from qng.geometry.sums import combined, widened
from qng.geometry.truncated import LeastSquares, PseudoInverse, SmoothCutoff, SpectralCutoff

__all__ = [
    "AbsoluteEigenvalues",
    "AdaptiveShift",
    "AdaptiveTikhonov",
    "Before",
    "Blocks",
    "Deficit",
    "Dense",
    "Diagonal",
    "Direct",
    "Floored",
    "Identity",
    "Implicit",
    "Inner",
    "Kronecker",
    "LeastSquares",
    "LinearDamping",
    "LinearMap",
    "LowRank",
    "Marquardt",
    "Metric",
    "Proximal",
    "PseudoInverse",
    "Ritz",
    "RitzProducts",
    "RitzStep",
    "ShiftedEigenvalues",
    "Shrunk",
    "SmoothCutoff",
    "Solution",
    "Solver",
    "SpectralCutoff",
    "Tikhonov",
    "combined",
    "deficit",
    "nearest_kronecker",
    "noise_report",
    "shrunk",
    "widened",
]
