"""QN-SPSA on MaxCut of four nodes: the PennyLane demo and the Braket notebook."""

from __future__ import annotations

import numpy as np

from qng.circuit.ansatz import qaoa
from qng.geometry import Dense
from qng.optimize import methods
from qng.optimize.average import RunningMean
from qng.plan.shots import PerCircuit
from qng.problem.hamiltonians import maxcut
from qng.problem.problem import Problem
from qng.report.literature import TEXTS
from qng.reproduce import (
    OWN,
    PRINTED,
    Entry,
    Reproduction,
    Results,
    Study,
    check,
    legacy,
    pictures,
    plots,
)
from qng.reproduce.check import Interval

DEMO = np.array([np.arange(0, 300, 40),
                 [-2.073, -2.539, -2.724, -2.676, -2.754, -2.706, -2.811, -2.793]])  # fmt: skip
NOTEBOOK = np.array([np.arange(0, 100, 10), [-1.2218, -2.5597, -2.7156, -2.7259, -2.7413, -2.7498,
                                             -2.7557, -2.7568, -2.7641, -2.7743]])  # fmt: skip
WORKED = 2.5 * np.array([[1, 0, -1, 1], [0, -1, 0, 0], [-1, 0, 1, -1], [1, 0, -1, 1]])
REGULARISED = [[1.74925075, 0, -1.24875125, 1.24875125], [0, 0.75024975, 0, 0]]
METHODS = {"qn-spsa": methods.qn_spsa(0.05, step=0.01)}


def studies() -> dict[str, Study]:
    """Thirty starts each: those of the published runs are not known."""
    starts = np.random.default_rng(0).uniform(0, 2 * np.pi, (30, 4))
    cut = maxcut(legacy.CUT_OF_4_BRAKET)
    return {
        "demo, 1000 shots": Study(
            "maxcut-4", METHODS, start=starts, steps=300, shots=PerCircuit(1000)
        ),
        "notebook, exact": Study(Problem(qaoa(cut, 2), cut), METHODS, start=starts, steps=100),
    }


def values(found: Results) -> dict[str, object]:
    """Where the published single runs stand among ours; a metric that the demo works out."""
    demo, notebook = (found.energies("qn-spsa", name) for name in found.comparisons)
    metric, _ = RunningMean(1e-3)(Dense(WORKED), None, np.zeros(4), {})
    return {
        "share of our runs below the demo's": (demo[:, 40:300:40] < DEMO[1, 1:]).mean(),
        "share of our runs below the notebook's": (notebook[:, 90] < NOTEBOOK[1, -1]).mean(),
        "regularised metric": metric.dense()[:2],
    }


def picture(done: Reproduction) -> plots.Picture:
    """Ours as medians with quartiles, the published runs as open markers."""
    panels = [
        pictures.energies(done, studies=[name], published={"qn-spsa": tuple(points)}).headed(name)
        for name, points in zip(done.comparisons, (DEMO, NOTEBOOK))
    ]
    return plots.together(*panels, title=done.title, caption=pictures.caption(done), columns=2)


ENTRY = Entry(
    "P18",
    "QN-SPSA on MaxCut of 4 nodes, QAOA of two layers",
    TEXTS["gacon2021"],
    studies=studies,
    values=values,
    checks=(
        check.energies(
            "qn-spsa", {280: Interval(-2.850, -2.692)}, 0, OWN, study="demo, 1000 shots"
        ),
        check.value("share of our runs below the demo's", Interval(0.25, 0.75), 0, PRINTED),
        check.value("share of our runs below the notebook's", Interval(0.05, 0.95), 0, PRINTED),
        check.value("regularised metric", REGULARISED, 1e-8, PRINTED),
    ),
    picture=picture,
    note="Both publications show one run each, from a start that is not known. The demo's lies "
    "between the quartiles of ours (mean over steps 40 to 280); the notebook's is among the "
    "better ones. The independent median at step 280 is -2.801 with quartiles -2.850 and -2.692.",
    seconds=40,
)
