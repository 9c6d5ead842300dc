"""Every row of the table M dtheta = -eta s, on a circuit and on a classical model.

The first step of each is computed anew from the definition of its M and s.
"""

import math

import numpy as np
import pytest

import qng
from qng import optimizers
from qng.geometry.nearest import nearest_kronecker
from qng.models.library import model
from qng.plan.quantities import By
from qng.run.bench import answer
from qng.run.objective import Circuits

LR, DAMPING = 0.03, 0.05
TARGETS = ["textbook-2", "perceptron"]


class Target:
    """Gradient, metrics and arrays at a point, of a circuit or of a model."""

    def __init__(self, name: str) -> None:
        self.is_circuit = name == "textbook-2"
        self.problem = qng.load(name) if self.is_circuit else model(name)
        self.start = np.asarray(self.problem.initial) + 0.1
        self.shapes = [(2, 2)] if self.is_circuit else self.problem.loss.arrays

    def gradient(self):
        if self.is_circuit:
            return qng.gradient(self.problem, self.start).value
        return self.problem.loss.gradient(self.start).value

    def metric(self, name: str):
        if self.is_circuit:
            device = qng.executor()
            goal = Circuits.of(self.problem, device, counting=False)
            return answer(device, goal.metric(self.start, By(name))).dense()
        if name == "hessian":
            step = 1e-5 * np.eye(len(self.start))
            slopes = [
                (self.problem.loss.gradient(self.start + d).value
                 - self.problem.loss.gradient(self.start - d).value) / 2e-5
                for d in step
            ]  # fmt: skip
            return (np.array(slopes) + np.transpose(slopes)) / 2
        return self.problem.loss.metric(self.start, By(name)).dense()

    def inside(self, v, of):
        """The block-diagonal matrix of a function of every array of v."""
        ends = np.cumsum([math.prod(shape) for shape in self.shapes])
        total = np.zeros((len(v), len(v)))
        for end, shape, part in zip(ends, self.shapes, np.split(v, ends[:-1])):
            rows = slice(end - len(part), end)
            total[rows, rows] = of(part.reshape(shape))
        return total


def power(matrix, exponent):
    w, v = np.linalg.eigh(matrix)
    w = np.maximum(w, 0)
    return (v * np.where(w > 1e-12 * w.max(), w, np.inf if exponent < 0 else 0) ** exponent) @ v.T


def damped(matrix):
    return matrix + DAMPING * np.eye(len(matrix))


def of_shampoo(g):
    if g.ndim == 1:
        return np.diag(np.sqrt(g**2 + 1e-4))
    left = power(g @ g.T + 1e-4 * np.eye(g.shape[0]), 1 / 4)
    return np.kron(left, power(g.T @ g + 1e-4 * np.eye(g.shape[1]), 1 / 4))


def of_muon(g):
    """(V V^T)^(1/2), with a large number in the directions that V does not have."""
    v = g.reshape(len(g), -1)
    w, u = np.linalg.eigh(v @ v.T)
    root = np.where(w > 1e-12 * w.max(), np.sqrt(np.maximum(w, 0)), 1e9)
    return np.kron((u * root) @ u.T, np.eye(v.shape[1]))


# name: (hyperparameters, M of (target, gradient)); at the first step every s is grad.
ROWS = {
    "gd": ({}, lambda on, g: np.eye(len(g))),
    "momentum": ({}, lambda on, g: np.eye(len(g))),
    "nesterov": ({}, lambda on, g: np.eye(len(g))),
    "newton": ({}, lambda on, g: damped(power_of_square(on.metric("hessian")))),
    "gauss-newton": ({}, lambda on, g: damped(on.metric("gauss-newton"))),
    "ng": ({}, lambda on, g: damped(on.metric("fisher"))),
    "diag-ng": ({}, lambda on, g: damped(np.diag(np.diag(on.metric("fisher"))))),
    "adagrad": ({}, lambda on, g: np.diag(np.abs(g) + 1e-8)),
    "rmsprop": ({"beta": 0.75}, lambda on, g: np.diag(np.abs(g) / 2 + 1e-8)),
    "adam": ({}, lambda on, g: np.diag(np.abs(g) + 1e-8)),
    "adabelief": ({"beta1": 0.5, "eps": 1e-8}, lambda on, g: np.diag(np.abs(g) / 2 + 1e-8)),
    "qng": ({}, lambda on, g: damped(on.metric("exact"))),
    "momentum-qng": ({}, lambda on, g: damped(on.metric("exact"))),
    "kfac": ({}, lambda on, g: damped(of_kfac(on))),
    "shampoo": ({"eps": 1e-4}, lambda on, g: on.inside(g, of_shampoo)),
    "muon": ({"iterations": 0, "ahead": False}, lambda on, g: on.inside(g, of_muon)),
}


def power_of_square(matrix):
    """|M|."""
    return power(matrix @ matrix, 1 / 2)


def of_kfac(on):
    """The nearest product on a circuit; what the model says elsewhere (its own tests check it)."""
    if on.is_circuit:
        return np.kron(*nearest_kronecker(on.metric("exact"), (2, 2)))
    device = qng.executor()
    from qng.models.objective import Losses

    return answer(device, Losses(on.problem.loss).metric(on.start, By("kfac"))).dense()


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", ROWS)
def test_the_first_step_solves_the_equation(name: str, target: str) -> None:
    on, (hyperparameters, of) = Target(target), ROWS[name]
    options = {"lr": LR, **hyperparameters}
    if optimizers.takes(name, "damping"):
        options |= {"damping": DAMPING, "trust": math.inf}
    run = qng.minimize(on.problem, name, steps=1, start=on.start, **options)
    change, g = run.trace["theta"][1] - on.start, on.gradient()
    m = of(on, g)
    expected = -LR * np.linalg.solve(m, g)
    scale = np.linalg.norm(expected)
    np.testing.assert_allclose(change, expected, rtol=1e-5, atol=2e-6 * scale)
    assert change @ g < 0


def test_the_names_are_those_of_the_table() -> None:
    assert set(ROWS) <= set(optimizers.METHODS)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", [*ROWS, "trust-region"])
def test_every_row_runs_with_its_defaults(name: str, target: str) -> None:
    run = qng.minimize(target, name, steps=8, seed=1)
    assert not run.failed
    assert run.fun < run.trace["energy"][0] - 1e-4
