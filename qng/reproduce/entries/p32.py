"""Elastic weight consolidation: tasks one after another, of a perceptron and of a circuit."""

from __future__ import annotations

from typing import Any

import numpy as np

import qng
from qng.arrays import Array
from qng.models.learning.consolidation import Learned, continual
from qng.models.learning.handwriting import permuted_digits
from qng.models.learning.perceptron import Perceptron
from qng.models.learning.supervised import Supervised
from qng.models.learning.teachers import circuit_tasks
from qng.models.problem import ModelProblem
from qng.report.sources import Source
from qng.reproduce import OWN, Entry, Reproduction, Results, check, pictures, plots, published

EPOCHS, BATCH = 40, 32
KIRKPATRICK = Source(
    "kirkpatrick2017", ("James Kirkpatrick", "Razvan Pascanu", "Neil Rabinowitz", "Joel Veness"),
    "Overcoming catastrophic forgetting in neural networks", 2017,
    journal="Proceedings of the National Academy of Sciences", volume="114", pages="3521",
    arxiv="1612.00796",
)  # fmt: skip


def digits(alpha: float, seed: int) -> Learned:
    """The digits and two orders of their pixels; accuracies are those of images held back."""
    data = permuted_digits(3)
    model = Perceptron((64, 100, 10))
    losses = [Supervised(model, one.x, one.y, batch=BATCH) for one in data]
    tasks = [ModelProblem(loss, model.start(seed)) for loss in losses]

    def train(task: ModelProblem) -> Array:
        steps = EPOCHS * len(data[0].x) // BATCH
        return qng.minimize(task, published.gd(0.1), steps=steps, seed=seed).x

    def score(theta: Array, k: int) -> float:
        return losses[k].score(theta, data[k].x_test, data[k].y_test)

    return continual(tasks, train, alpha, score=score)


def circuit(alpha: float, seed: int) -> Learned:
    """Two tasks for a circuit of three qubits, by the natural gradient."""
    return continual(circuit_tasks(seed), lambda task: qng.minimize(task, "ng", steps=60).x, alpha)


STUDIES = {
    "SGD": (digits, 0.0, 3), "EWC, alpha 10": (digits, 10.0, 3), "EWC, alpha 30": (digits, 30.0, 3),
    "circuit, no penalty": (circuit, 0.0, 10), "circuit, EWC, alpha 1": (circuit, 1.0, 10),
}  # fmt: skip


def values(_: Results) -> dict[str, Array]:
    """Means over the tasks in the end; and accuracies of task j after task i, of every seed."""
    every = {
        name: np.array([learned(alpha, seed).scores for seed in range(seeds)])
        for name, (learned, alpha, seeds) in STUDIES.items()
    }
    return {name: s[:, -1].mean() for name, s in every.items()} | {
        f"{name}: all": s for name, s in every.items()
    }


def picture(done: Reproduction) -> plots.Picture:
    """What is left of the tasks that were learned: of the digits, and of the circuit's."""
    panels: dict[str, dict[str, Any]] = {"digits": {}, "circuit of 3 qubits": {}}
    for name, panel in zip(STUDIES, [*["digits"] * 3, *["circuit of 3 qubits"] * 2]):
        scores = done.values[f"{name}: all"]
        k = range(scores.shape[1])
        kept = np.array([scores[:, i, : i + 1].mean(axis=1) for i in k])
        panels[panel][name] = (np.array(k), kept.mean(axis=1), kept.std(axis=1))
    return plots.together(*(
        pictures.curves(
            done, drawn, "tasks learned after the first", "mean accuracy of the tasks learned",
            mark="both", bars=True, naming="legend", panel_title=title, y_range=(0.6, 1.02),
        )
        for title, drawn in panels.items()
    ))  # fmt: skip


ENTRY = Entry(
    "P32",
    "Elastic weight consolidation on permuted digits, and on a circuit",
    KIRKPATRICK,
    values=values,
    checks=(
        check.value("SGD", 0.696, 0.04, OWN),
        check.value("EWC, alpha 10", 0.924, 0.04, OWN),
        check.value("EWC, alpha 30", 0.928, 0.04, OWN),
        check.value("circuit, no penalty", 0.714, 0.06, OWN),
        check.value("circuit, EWC, alpha 1", 0.808, 0.06, OWN),
    ),
    picture=picture,
    note="A small version of the published experiment: the digits of scikit-learn in the place of "
    "MNIST, one hidden layer of 100 units. The diagonal of the Fisher matrix is exact over labels. "
    "Bars: standard deviations over seeds.",
    seconds=140,
)
