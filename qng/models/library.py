"""Problems without circuits by name, each made when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from qng.models.problem import ModelProblem

MODELS: Final[dict[str, str]] = {
    "born-bars": "qng.models.statistics.born:bars_and_stripes",
    "circuit-classifier": "qng.models.learning.teachers:circuit_classifier",
    "gamma-fit": "qng.models.distributions.library:gamma_fit",
    "gaussian-toy": "qng.models.distributions.library:gaussian_toy",
    "jastrow-tfim-8": "qng.models.wave.library:jastrow_tfim_8",
    "logistic": "qng.models.learning.teachers:logistic",
    "mean-field-tfim-8": "qng.models.wave.library:mean_field_tfim_8",
    "normal-fit": "qng.models.distributions.library:normal_fit",
    "perceptron": "qng.models.learning.teachers:perceptron",
    "poisson-fit": "qng.models.distributions.library:poisson_fit",
    "rbm-heisenberg-8": "qng.models.wave.library:rbm_heisenberg_8",
    "rbm-tfim-10": "qng.models.wave.library:rbm_tfim_10",
    "rbm-tfim-8": "qng.models.wave.library:rbm_tfim_8",
    "rbm-tfim-8-sampled": "qng.models.wave.library:rbm_tfim_8_sampled",
    "softmax": "qng.models.learning.teachers:softmax",
}
"""Name -> module:function, a function without arguments that returns a `ModelProblem`."""


def names() -> list[str]:
    """The names of the models that come with the package, sorted."""
    return sorted(MODELS)


def model(name: str) -> ModelProblem:
    """The model of a name in `MODELS`."""
    module, _, function = MODELS[name].partition(":")
    made: ModelProblem = getattr(import_module(module), function)()
    return made
