"""A method of your own is a constructor call: block metric every second step, line search."""

import qng
from qng.geometry import AdaptiveTikhonov
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.armijo import Armijo

mine = qng.Optimizer(
    search=Armijo(lr=1.0),
    precondition=MeasuredMetric("blocks", every=2),
    solve=AdaptiveTikhonov(),
)
problem = qng.load("tfim-8")
run = qng.minimize(problem, mine, steps=60, tol=1e-8)
print(run.message)
for row in run.trace.rows[:: max(1, run.nit // 8)]:
    print(
        f"step {row.step:3d}  energy {row.energy:+.8f}  eta {row.eta:6.3f}  "
        f"damping {row.damping:.0e}  rank {row.rank}"
    )
print(f"{run.error:.1e} above the exact ground energy, {run.nfev} circuit evaluations")
