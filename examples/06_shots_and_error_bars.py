"""Everything from shots: errors that are true, what a step costs, and a run on a noisy device."""

import warnings

import numpy as np

import qng
from qng.errors import SurrogateWarning

problem = qng.load("qng-demo")
theta = problem.initial

exact = qng.metric(problem, theta, "blocks")
for shots in (1_000, 100_000):
    M = qng.metric(problem, theta, "blocks", shots=shots, seed=1)
    miss = np.abs(np.diag(M.dense() - exact.dense()))
    print(f"{shots:7d} shots: diagonal off by {miss.max():.4f}, errors {np.diag(M.std_error)}")

# Before anything runs: circuits, points, shots and depth of every part of a step.
cost = qng.step_cost(problem, "qng", shots=20_000)
for part, c in {**cost.parts, "one step": cost.step}.items():
    print(f"{part:>9}: {c.circuits:3d} circuits {c.points:3d} points {c.shots:6d} shots")

run = qng.minimize(problem, "qng", steps=40, shots=20_000, lr=0.1, seed=2)
exact_energy = qng.energy(problem, run.x).value
print(f"ends at {run.fun:.4f} +- {run.std_error:.4f}, exactly {exact_energy:.4f}")
assert abs(run.fun - exact_energy) < 4 * run.std_error

# A backend with noise and readout errors; the bits are corrected for the latter.
with warnings.catch_warnings():
    warnings.simplefilter("ignore", SurrogateWarning)
    noisy = qng.executor("generic:5", mitigate=10_000)
    run = qng.minimize(problem, "qng", steps=5, shots=20_000, lr=0.1, executor=noisy)
noiseless = qng.energy(problem, run.x).value
print(f"{noisy.name}: {run.fun:.4f} +- {run.std_error:.4f}, without noise {noiseless:.4f}")
