"""Elastic weight consolidation on the digits of scikit-learn: three tasks, one after another."""

import numpy as np

import qng
from qng.arrays import Array
from qng.models.consolidation import Learned, continual
from qng.models.handwriting import permuted_digits
from qng.models.learning import Supervised
from qng.models.perceptron import Perceptron
from qng.models.problem import ModelProblem
from qng.report import plots
from qng.report.sources import Source
from qng.reproduce import OWN, Entry, Reproduction, Results, check, pictures, published

EPOCHS, BATCH, SEEDS = 40, 32, 3
PENALTIES = {"SGD": 0.0, "EWC, alpha 10": 10.0, "EWC, alpha 30": 30.0}
KIRKPATRICK = Source(
    "kirkpatrick2017", ("James Kirkpatrick", "Razvan Pascanu", "Neil Rabinowitz", "Joel Veness"),
    "Overcoming catastrophic forgetting in neural networks", 2017,
    journal="Proceedings of the National Academy of Sciences", volume="114", pages="3521",
    arxiv="1612.00796",
)  # fmt: skip


def learned(alpha: float, seed: int) -> Learned:
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


def values(_: Results) -> dict[str, Array]:
    """Accuracies of task j after task i, of every seed; and their means over tasks in the end."""
    every = {
        name: np.array([learned(alpha, seed).scores for seed in range(SEEDS)])
        for name, alpha in PENALTIES.items()
    }
    return {name: s[:, -1].mean() for name, s in every.items()} | {
        f"{name}: all": s for name, s in every.items()
    }


def picture(done: Reproduction) -> plots.Picture:
    """What is left of the first task, and of all that were learned."""
    first, whole = {}, {}
    for name in PENALTIES:
        scores, k = done.values[f"{name}: all"], np.arange(3)
        kept = np.array([scores[:, i, : i + 1].mean(axis=1) for i in range(3)]).T
        first[name] = (k, scores[:, :, 0].mean(axis=0), scores[:, :, 0].std(axis=0))
        whole[name] = (k, kept.mean(axis=0), kept.std(axis=0))
    panels = {"accuracy in the first task": first, "mean accuracy of the tasks learned": whole}
    return plots.together(*(
        pictures.curves(
            done, drawn, "tasks learned after the first", label, mark="both", bars=True,
            naming="legend",
        )
        for label, drawn in panels.items()
    ), columns=2)  # fmt: skip


ENTRY = Entry(
    "P32",
    "Elastic weight consolidation on permuted digits",
    KIRKPATRICK,
    values=values,
    checks=(
        check.value("SGD", 0.696, 0.04, OWN),
        check.value("EWC, alpha 10", 0.924, 0.04, OWN),
        check.value("EWC, alpha 30", 0.928, 0.04, OWN),
    ),
    picture=picture,
    note="A small version of the published experiment: the digits of scikit-learn in the place of "
    "MNIST, one hidden layer of 100 units. The diagonal of the Fisher matrix is exact over labels. "
    "Bars: standard deviations over three seeds.",
    seconds=130,
)
