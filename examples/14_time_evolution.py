"""Natural gradient is imaginary time: VarQITE, QNG and the exact curve on H2 and LiH; real time.

VarQITE solves g theta' = -grad E / 2. An Euler step of dtau is a QNG step with eta = dtau / 2, so
both walk through the same points; integrators with error control follow the equation itself.
"""

import math

import numpy as np

import qng
from qng.geometry import Tikhonov
from qng.report import plots

STEPS, TAU, DAMPING = 50, 0.2, 1e-3

pictures = []
for name in ("h2", "lih"):
    run = qng.minimize(name, "qng", steps=STEPS, lr=TAU / 2, damping=DAMPING, trust=math.inf)
    same = {"integrator": "euler", "step": TAU, "solve": Tikhonov(DAMPING)}
    euler = qng.evolve(name, STEPS * TAU, start=run.made.start, **same)
    exact = qng.evolve(name, STEPS * TAU, start=run.made.start)
    apart = np.abs(euler.points - run.trace["theta"]).max()
    print(f"{name}: QNG and VarQITE by Euler are {apart:.1e} rad apart after {STEPS} steps")
    print(f"    energy {euler.energies[-1]:.6f}; RK45 {exact.energies[-1]:.6f}; "
          f"exact imaginary time {exact.exact.energies[-1]:.6f}")  # fmt: skip
    picture = plots.evolution({"VarQITE": euler, "qng": run, "RK45": exact})
    pictures.append(picture.headed(run.goal.title))
title, caption = "VarQITE is QNG", f"Euler's steps of {TAU}, damping {DAMPING}; RK45 with neither."
plots.save(plots.together(*pictures, title=title, caption=caption), "imaginary-time.png")

# Real time of a magnet, with the error that the equation itself reports.
found = qng.evolve("tfim-8", 0.5, kind="real", observables=["Z0 Z1"], times=[])
angle = math.acos(math.sqrt(min(found.exact.fidelities[-1], 1)))
print(
    f"tfim-8 in real time: {angle:.1e} rad from the exact state, at most {found['drift'][-1]:.1e}"
)
