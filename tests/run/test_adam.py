"""Where Adam's squares are the Fisher matrix, or the square of the Hessian, and where they are not.

A normal distribution with known widths w in every dimension: I = H = Diag(1/w^2), whatever theta.
Samples are drawn of the width s, one a step, which is that of the model only where s = w.
"""

from dataclasses import dataclass, replace

import numpy as np
import pytest

import qng
from qng.errors import InputError, UnknownNameError
from qng.geometry import Dense, Diagonal
from qng.models.loss import metric_by
from qng.models.problem import ModelProblem
from qng.plan.quantities import Energy, GradientEstimate
from qng.report.plots import adam as picture
from qng.report.squares import adam_data, adam_table
from qng.run.relations import CURVATURE, EMPIRICAL, FISHER, ROOT, Relation
from qng.seeds import generator

WIDTHS = np.geomspace(0.3, 3.0, 12)
CALM = {"lr": 1e-3, "beta2": 0.99, "every": 50, "steps": 400}


@dataclass(frozen=True, eq=False)
class Normal:
    """-ln p of x ~ N(0, s) under N(theta, w), of one sample a step or of all."""

    data: np.ndarray
    draws: bool = True
    jitter: float = 0.0
    x: np.ndarray | float = 0.0
    moved: np.ndarray | float = 0.0

    @property
    def parameters(self):
        return tuple(f"m{k}" for k in range(12))

    @property
    def arrays(self):
        return ((12,),)

    def drawn(self, theta, key):
        noise = generator(key).normal(size=12)
        if self.jitter:
            return replace(self, moved=self.jitter * noise)
        return replace(self, x=self.data * noise) if self.draws else self

    def energy(self, points):
        return Energy(np.sum((points**2 + self.data**2) / WIDTHS**2, axis=1) / 2)

    def gradient(self, theta):
        return GradientEstimate((theta + self.moved - self.x) / WIDTHS**2)

    def metric(self, theta, by):
        squares = (theta**2 + self.data**2) / WIDTHS**4
        known = {
            "fisher": lambda at: Dense(np.diag(1 / WIDTHS**2)),
            "empirical-fisher": lambda at: Diagonal(squares),
            "hessian": lambda at: Dense(np.diag(1 / WIDTHS**2)),
        }
        return metric_by(self, theta, by, known)


def report(seed=0, start=None, calm=CALM, **options):
    loss = Normal(**options)
    start = np.zeros(12) if start is None else start
    return qng.adam_report(ModelProblem(loss, start, name="normal"), seed=seed, **calm)


def last(found, name):
    """(ratio, spread, slope) of the last row."""
    relation = found.relation(name)
    return relation.ratio[-1], relation.spread[-1], relation.slope[-1]


def test_single_samples_of_the_model_near_the_optimum_give_the_diagonal_fisher_matrix() -> None:
    """vhat / I = 1 up to the scatter of 200 chi-squares, and proportional; so the root is not."""
    found = report(data=WIDTHS)
    ratio, spread, slope = last(found, FISHER)
    assert ratio == pytest.approx(1.0, abs=0.12)
    assert spread < 1.2
    assert slope == pytest.approx(1.0, abs=0.1)
    assert last(found, EMPIRICAL)[0] == pytest.approx(1.0, abs=0.12)
    assert last(found, ROOT)[2] == pytest.approx(0.5, abs=0.05)  # sqrt(vhat) ~ |H|^(1/2)


def test_of_data_of_another_width_they_are_the_empirical_one() -> None:
    """s = 3 w: vhat = 9 I; s = 1: vhat ~ I^2. The empirical matrix is right for both."""
    wide = report(data=3 * WIDTHS)
    assert last(wide, FISHER)[0] == pytest.approx(9.0, rel=0.12)
    # The squared error of residuals of variance 9: vhat = sigma^2 |H|.
    assert last(wide, CURVATURE)[0] == pytest.approx(9.0, rel=0.12)
    other = report(data=np.ones(12))
    _, spread, slope = last(other, FISHER)
    assert spread > 3
    assert slope == pytest.approx(2.0, abs=0.1)
    for found in (wide, other):
        assert last(found, EMPIRICAL)[0] == pytest.approx(1.0, abs=0.12)
        assert last(found, EMPIRICAL)[1] < 1.2


def test_gradients_of_all_data_are_no_fisher_matrix() -> None:
    """They have no noise: vhat is what is left of the way, and falls to nothing."""
    found = report(data=WIDTHS, draws=False, start=0.05 * WIDTHS, calm={**CALM, "lr": 0.01})
    assert last(found, FISHER)[0] < 0.01
    assert found.relation(FISHER).ratio[-1] < found.relation(FISHER).ratio[0]


def test_about_an_optimum_their_root_is_the_hessian() -> None:
    """Gradients at theta* + sigma xi: sqrt(vhat) = sigma |H|, proportional; vhat is not I."""
    found = report(data=WIDTHS, jitter=0.2, calm={**CALM, "lr": 1e-6})
    ratio, spread, slope = last(found, ROOT)
    assert ratio == pytest.approx(0.2, rel=0.06)
    assert spread < 1.1
    assert slope == pytest.approx(1.0, abs=0.05)
    assert last(found, FISHER)[2] == pytest.approx(2.0, abs=0.1)


def test_far_away_they_are_neither() -> None:
    found = report(data=WIDTHS, start=np.full(12, 5.0), calm={**CALM, "steps": 60, "every": 20})
    assert last(found, FISHER)[0] > 5
    assert last(found, FISHER)[1] > 2


def test_vhat_is_that_of_the_run_and_a_run_can_be_given() -> None:
    problem, beta = qng.load("textbook-2"), 0.9
    run = qng.minimize(problem, "adam", steps=7, beta2=beta)
    found = qng.adam_report(run, every=3)
    assert found.steps.tolist() == [0, 3, 6]
    np.testing.assert_allclose(found.energies, run.trace["energy"][[0, 3, 6]], atol=1e-14)
    v = np.zeros(4)
    for theta in run.trace["theta"][:7]:
        v = beta * v + (1 - beta) * qng.gradient(problem, theta).value ** 2
    np.testing.assert_allclose(found.vhat[-1], v / (1 - beta**7), atol=1e-14)
    theta = run.trace["theta"][6]
    hessian = qng.hessian(problem, theta).dense()
    w, u = np.linalg.eigh(hessian)
    np.testing.assert_allclose(found.hessian[-1], np.diag((u * np.abs(w)) @ u.T), atol=1e-12)
    np.testing.assert_allclose(found.curvature[-1], np.diag(hessian), atol=1e-12)
    fisher = qng.metric(problem, theta, "fisher").dense()
    np.testing.assert_allclose(found.fisher[-1], np.diag(fisher), atol=1e-12)
    assert found.empirical is None


def test_frozen_parameters_and_shots() -> None:
    problem = qng.load("h2")
    problem = problem.only(*problem.parameters[:2])
    found = qng.adam_report(problem, steps=3, shots=2000, seed=1)
    assert found.vhat.shape == (3, 2)
    assert len(found.parameters) == 2


def test_relations_of_numbers() -> None:
    x = np.array([[1.0, 2.0, 4.0, 0.0], [3.0, 3.0, 3.0, 3.0]])
    relation = Relation.of("y / x", 5 * x**2, x)
    np.testing.assert_allclose(relation.ratio, [10.0, 15.0])
    np.testing.assert_allclose(relation.slope, [2.0, np.nan])
    np.testing.assert_allclose(relation.correlation, [1.0, np.nan])
    np.testing.assert_allclose(relation.spread[1], 1.0)
    assert relation.used.tolist() == [3, 4]
    nothing = Relation.of("y / x", 0 * x, x)
    assert np.all(np.isnan(nothing.ratio))


def test_it_is_shown() -> None:
    from rich.console import Console

    found = report(data=WIDTHS, calm={"steps": 30})
    drawn = picture(found)
    assert len(drawn.panels) == 3
    drawn.draw()
    data = adam_data(found)
    assert len(data["rows"]) == len(found.steps)
    assert data["rows"][0]["vhat / I ratio"] == pytest.approx(found.relation(FISHER).ratio[0])
    console = Console(width=160)
    with console.capture() as text:
        console.print(adam_table(found, "normal"))
    assert "sqrt(vhat) / |H|" in text.get()


def test_refusals() -> None:
    with pytest.raises(InputError, match="give a run of adam"):
        qng.adam_report(qng.minimize("one-qubit", "gd", steps=1))
    with pytest.raises(UnknownNameError, match="hyperparameter of adam"):
        qng.adam_report("one-qubit", damping=1.0)
    with pytest.raises(UnknownNameError, match="relation of one-qubit"):
        qng.adam_report("one-qubit", steps=1).relation(EMPIRICAL)
    with pytest.raises(InputError, match="every"):
        qng.adam_report("one-qubit", every=0)
