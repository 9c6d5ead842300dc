"""M as a value, the solution of M d = s, and what its spectrum says.

In: matrices, factors or products from the estimators, with their standard errors. Out: directions,
lengths, eigenvalues. The room knows no circuits and no steps.
"""

from qng.geometry.damping import AbsoluteEigenvalues as AbsoluteEigenvalues
from qng.geometry.damping import AdaptiveTikhonov as AdaptiveTikhonov
from qng.geometry.damping import Direct as Direct
from qng.geometry.damping import Marquardt as Marquardt
from qng.geometry.damping import ShiftedEigenvalues as ShiftedEigenvalues
from qng.geometry.damping import Tikhonov as Tikhonov
from qng.geometry.implicit import Implicit as Implicit
from qng.geometry.implicit import LowRank as LowRank
from qng.geometry.metric import Blocks as Blocks
from qng.geometry.metric import Dense as Dense
from qng.geometry.metric import Diagonal as Diagonal
from qng.geometry.metric import Identity as Identity
from qng.geometry.metric import Metric as Metric
from qng.geometry.metric import combined as combined
from qng.geometry.noisy import Floored as Floored
from qng.geometry.noisy import Shrunk as Shrunk
from qng.geometry.noisy import noise_report as noise_report
from qng.geometry.noisy import shrunk as shrunk
from qng.geometry.solve import Before as Before
from qng.geometry.solve import Solution as Solution
from qng.geometry.solve import Solver as Solver
from qng.geometry.truncated import LeastSquares as LeastSquares
from qng.geometry.truncated import PseudoInverse as PseudoInverse
from qng.geometry.truncated import SpectralCutoff as SpectralCutoff
