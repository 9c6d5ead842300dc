"""Natural gradient on the divergence of two normal distributions, in two coordinate systems."""

from __future__ import annotations

import numpy as np

from qng.models import reparametrised
from qng.models.charts import Reparametrised
from qng.models.distributions.library import gaussian_toy
from qng.optimize.method import Method
from qng.optimize.methods import ng
from qng.report.literature import TEXTS
from qng.reproduce import (
    OWN,
    Entry,
    Reproduction,
    Results,
    Study,
    check,
    pictures,
    plots,
    published,
)

HERE, THERE = "mu, sigma", "mu, log sigma"
STEPS = {"ng": 200, "ng, lr 0.05": 400, "gd": 700}


def natural(lr: float) -> Method:
    """Undamped steps that nobody judges."""
    return ng(lr, damping=0.0, trust=np.inf)


METHODS = {"ng": natural(0.1), "ng, lr 0.05": natural(0.05), "gd": published.gd(0.1)}


def in_log_sigma() -> Reparametrised:
    """The same problem in (mu, log sigma)."""
    return reparametrised(
        gaussian_toy(),
        lambda x: np.array([x[0], np.exp(x[1])]),
        lambda x: np.diag([1.0, np.exp(x[1])]),
        start={"mu": 5.0, "log sigma": np.log(10.0)},
    )


def apart(found: Results, method: str) -> float:
    """The largest distance of the paths of a method in both coordinates, in (mu, sigma)."""
    moved = in_log_sigma().theta(found.run(method, THERE).trace["theta"])
    return float(np.abs(found.run(method, HERE).trace["theta"] - moved).max())


def values(found: Results) -> dict[str, float]:
    """How far the paths in both coordinates are apart, and how much closer they come."""
    distances = {f"{method} apart": apart(found, method) for method in METHODS}
    ratio = distances["ng apart"] / distances["ng, lr 0.05 apart"]
    return distances | {"ng apart, at half the rate": ratio}


def picture(done: Reproduction) -> plots.Picture:
    """Divergences, and the paths in both coordinates over one landscape of their logarithms."""
    paths = {}
    for method in ("ng", "gd"):
        there = in_log_sigma().theta(done.results.run(method, THERE).trace["theta"])
        paths[f"{method} in ({HERE})"] = done.results.run(method, HERE).trace["theta"]
        paths[f"{method} in ({THERE})"] = there
    mu, sigma = np.linspace(-0.5, 6, 66), np.linspace(0.5, 11, 106)
    points = np.stack(np.meshgrid(mu, sigma), axis=-1).reshape(-1, 2)
    divergences = gaussian_toy().loss.energy(points).value.reshape(len(sigma), len(mu))
    logarithms = np.log10(np.maximum(divergences, 1e-2))
    return plots.together(
        pictures.energies(done, studies=[HERE], log_y=True, title=""),
        plots.landscape_of(mu, sigma, logarithms, paths, x_label="mu", y_label="sigma",
                           label="log10 of the divergence (nats)"),
        kind="paths", title=done.title, caption=pictures.caption(done), columns=2,
    )  # fmt: skip


ENTRY = Entry(
    "P31",
    "Natural gradient on a normal distribution, in two coordinate systems",
    TEXTS["amari1998"],
    studies={
        HERE: Study(gaussian_toy, METHODS, steps=STEPS),
        THERE: Study(in_log_sigma, METHODS, steps=STEPS),
    },
    values=values,
    checks=(
        check.energies("ng", {0: 1.93, 10: 1.42}, 5e-3, OWN, study=HERE),
        check.energies("ng", {50: 0.0623}, 5e-5, OWN, study=HERE),
        check.energies("ng", {100: 3.56e-6}, 5e-9, OWN, study=HERE),
        check.energies("ng", {200: 2.6e-15}, 5e-16, OWN, study=HERE),
        check.first_below("ng", 1e-3, 73, OWN, study=HERE),
        check.energies("gd", {10: 1.92, 50: 1.89, 100: 1.85, 200: 1.74}, 5e-3, OWN, study=HERE),
        check.first_below("gd", 1e-3, 668, OWN, study=HERE),
        check.value("ng apart", check.below(0.1), 0, OWN),
        check.value("ng apart, at half the rate", 2, 0.1, OWN),
        check.value("gd apart", check.above(5), 0, OWN),
    ),
    picture=picture,
    note="The publication has the idea, not these numbers, which are independent ones. The paths "
    "of natural gradient in two coordinate systems come together with the learning rate; those of "
    "gradient descent do not.",
    fast=True, seconds=1.5,
)  # fmt: skip
