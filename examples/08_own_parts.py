"""A search, an estimator and an executor of your own in one step: a function or a class each."""

import numpy as np

import qng
from qng.execute.statevector.executor import Statevector
from qng.geometry import Diagonal, Floored
from qng.optimize.precondition import MeasuredMetric
from qng.plan.estimator import Estimator
from qng.plan.plan import Plan
from qng.plan.quantities import By
from qng.plan.request import Overlap, Request, Samples
from qng.testing import check_estimator, check_executor, check_method


# --- a search: a trust region of 0.3 radians in the metric, tried at full and at half length
def trust_region(at, told):
    longest = min(0.5, 0.3 / max(at.metric.length(at.direction), 1e-12))
    moves = [at.along(longest), at.along(longest / 2)]
    if not told:
        return at.objective.energy(at.state.theta + np.array([move.change for move in moves]))
    return moves[int(np.argmin(told[0].value))]


trust_region.shares = (0.5,)  # of the shots of a step: those of its one further round


# --- an estimator: g_rr = (1 - |<psi(phi)|psi(phi + pi e_r)>|^2) / 4, one overlap a rotation
def flips(circuit, theta):
    phi, jacobian = circuit.angles(theta), circuit.jacobian(theta)
    flipped = phi + np.pi * np.eye(len(phi))
    request = Request(circuit, flipped, Overlap(np.tile(phi, (len(phi), 1))))

    def reduce(results):
        overlap, error = results[0].value, results[0].std_error
        errors = None if error is None else np.diag(error / 4)
        return Diagonal((1 - overlap) / 4, errors).pullback(jacobian)

    return Plan((request,), reduce)


# --- an executor: counts bits, and notes how many circuits it was sent
class Noting:
    name, noise, answers = "noting", "", frozenset({Samples})
    circuits = 0

    def run(self, requests, seed):
        self.circuits += len(requests)
        return Statevector().run(requests, seed)


row = Estimator("fubini", exact=flips, sampled=flips)
mine = qng.Optimizer(trust_region, MeasuredMetric(By(row)), solve=Floored(1e-2))
device = Noting()

check_method(mine)  # each passes what those of the package pass
check_estimator(row, repetitions=50)
check_executor(device, shots=1000)

device.circuits = 0
run = qng.minimize("maxcut-4", mine, steps=15, shots=200_000, executor=device, seed=1)
print(f"{run.fun:.4f} +- {run.std_error:.4f}, exact ground energy {run.reference:.4f}")
print(f"{device.circuits} circuits, {run.shots} shots, {run.trace['eta'][:5].round(3).tolist()}")
