"""Objectives without circuits: statistical models, neural networks and states, plain functions.

In goes a loss (`qng.models.loss.Loss`), out comes a `ModelProblem`, which `qng.minimize` and
`qng.compare` take as they take circuits. Its plans have nothing to execute.

    loss          what a loss is                problem     a loss as a problem
    objective     a loss as methods ask for it  pieces      what any loss has
    functions     functions and least squares of one's own
    charts coordinates    any problem in other coordinates      held    some parameters fixed
    library       problems by name              states      states of circuits, many at once

    distributions/  statistics/  learning/  wave/  amplitudes/      each with a door of its own
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qng.models.amplitudes.state import StateFunction as StateFunction
    from qng.models.charts import reparametrised as reparametrised
    from qng.models.distributions.categorical import Categorical as Categorical
    from qng.models.distributions.counts import Bernoulli as Bernoulli
    from qng.models.distributions.counts import Binomial as Binomial
    from qng.models.distributions.counts import Exponential as Exponential
    from qng.models.distributions.counts import Poisson as Poisson
    from qng.models.distributions.from_scipy import FromScipy as FromScipy
    from qng.models.distributions.joint import Joint as Joint
    from qng.models.distributions.joint import Product as Product
    from qng.models.distributions.joint import copies as copies
    from qng.models.distributions.mixture import Mixture as Mixture
    from qng.models.distributions.multivariate import MultivariateNormal as MultivariateNormal
    from qng.models.distributions.normal import Normal as Normal
    from qng.models.distributions.transformed import Binned as Binned
    from qng.models.distributions.transformed import Coarse as Coarse
    from qng.models.distributions.transformed import Transformed as Transformed
    from qng.models.functions import function as function
    from qng.models.functions import least_squares as least_squares
    from qng.models.learning.classifier import CircuitClassifier as CircuitClassifier
    from qng.models.learning.consolidation import Anchor as Anchor
    from qng.models.learning.consolidation import anchor as anchor
    from qng.models.learning.consolidation import continual as continual
    from qng.models.learning.consolidation import ewc as ewc
    from qng.models.learning.encodings import angle_encoding as angle_encoding
    from qng.models.learning.encodings import z_feature_map as z_feature_map
    from qng.models.learning.encodings import zz_feature_map as zz_feature_map
    from qng.models.learning.handwriting import permuted_digits as permuted_digits
    from qng.models.learning.labelled import Labelled as Labelled
    from qng.models.learning.labels import GaussianLabels as GaussianLabels
    from qng.models.learning.perceptron import Perceptron as Perceptron
    from qng.models.learning.perceptron import linear_regression as linear_regression
    from qng.models.learning.perceptron import logistic_regression as logistic_regression
    from qng.models.learning.perceptron import softmax_regression as softmax_regression
    from qng.models.learning.regression import Regression as Regression
    from qng.models.learning.regression import tangent_kernel as tangent_kernel
    from qng.models.learning.supervised import Supervised as Supervised
    from qng.models.learning.supervised import supervised as supervised
    from qng.models.loss import Loss as Loss
    from qng.models.problem import ModelProblem as ModelProblem
    from qng.models.statistics.averages import expectation as expectation
    from qng.models.statistics.born import Born as Born
    from qng.models.statistics.bounds import cramer_rao as cramer_rao
    from qng.models.statistics.curves import fisher_rao_length as fisher_rao_length
    from qng.models.statistics.divergence import kl as kl
    from qng.models.statistics.divergence import kl_expansion as kl_expansion
    from qng.models.statistics.fitting import fit as fit
    from qng.models.statistics.fitting import match as match
    from qng.models.statistics.information import empirical_fisher as empirical_fisher
    from qng.models.statistics.information import fisher as fisher
    from qng.models.statistics.information import mean_score as mean_score
    from qng.models.statistics.model import Model as Model
    from qng.models.statistics.model import score as score
    from qng.models.statistics.processing import chain_rule as chain_rule
    from qng.models.statistics.processing import data_processing as data_processing
    from qng.models.wave.chains import heisenberg_ring_energy as heisenberg_ring_energy
    from qng.models.wave.chains import ising_ring_energy as ising_ring_energy
    from qng.models.wave.chains import marshall as marshall
    from qng.models.wave.jastrow import Jastrow as Jastrow
    from qng.models.wave.jastrow import MeanField as MeanField
    from qng.models.wave.rbm import RBM as RBM
    from qng.models.wave.reconfiguration import minsr as minsr
    from qng.models.wave.reconfiguration import sr as sr
    from qng.models.wave.sampler import DirectSampling as DirectSampling
    from qng.models.wave.sampler import ExactSum as ExactSum
    from qng.models.wave.sampler import Metropolis as Metropolis
    from qng.models.wave.variational import Variational as Variational
    from qng.models.wave.vmc import vmc as vmc
    from qng.models.wave.wave import WaveFunction as WaveFunction

# Names are looked up when they are first used.
_WHERE = {
    "Anchor": "learning.consolidation",
    "Bernoulli": "distributions.counts",
    "Binned": "distributions.transformed",
    "Binomial": "distributions.counts",
    "Born": "statistics.born",
    "Categorical": "distributions.categorical",
    "CircuitClassifier": "learning.classifier",
    "Coarse": "distributions.transformed",
    "DirectSampling": "wave.sampler",
    "ExactSum": "wave.sampler",
    "Exponential": "distributions.counts",
    "FromScipy": "distributions.from_scipy",
    "GaussianLabels": "learning.labels",
    "Jastrow": "wave.jastrow",
    "Joint": "distributions.joint",
    "Labelled": "learning.labelled",
    "Loss": "loss",
    "MeanField": "wave.jastrow",
    "Metropolis": "wave.sampler",
    "Mixture": "distributions.mixture",
    "Model": "statistics.model",
    "ModelProblem": "problem",
    "MultivariateNormal": "distributions.multivariate",
    "Normal": "distributions.normal",
    "Perceptron": "learning.perceptron",
    "Poisson": "distributions.counts",
    "Product": "distributions.joint",
    "RBM": "wave.rbm",
    "Regression": "learning.regression",
    "StateFunction": "amplitudes.state",
    "Supervised": "learning.supervised",
    "Transformed": "distributions.transformed",
    "Variational": "wave.variational",
    "WaveFunction": "wave.wave",
    "anchor": "learning.consolidation",
    "angle_encoding": "learning.encodings",
    "chain_rule": "statistics.processing",
    "continual": "learning.consolidation",
    "copies": "distributions.joint",
    "cramer_rao": "statistics.bounds",
    "data_processing": "statistics.processing",
    "empirical_fisher": "statistics.information",
    "ewc": "learning.consolidation",
    "expectation": "statistics.averages",
    "fisher": "statistics.information",
    "fisher_rao_length": "statistics.curves",
    "fit": "statistics.fitting",
    "function": "functions",
    "heisenberg_ring_energy": "wave.chains",
    "ising_ring_energy": "wave.chains",
    "kl": "statistics.divergence",
    "kl_expansion": "statistics.divergence",
    "least_squares": "functions",
    "linear_regression": "learning.perceptron",
    "logistic_regression": "learning.perceptron",
    "marshall": "wave.chains",
    "match": "statistics.fitting",
    "mean_score": "statistics.information",
    "minsr": "wave.reconfiguration",
    "permuted_digits": "learning.handwriting",
    "reparametrised": "charts",
    "score": "statistics.model",
    "softmax_regression": "learning.perceptron",
    "sr": "wave.reconfiguration",
    "supervised": "learning.supervised",
    "tangent_kernel": "learning.regression",
    "vmc": "wave.vmc",
    "z_feature_map": "learning.encodings",
    "zz_feature_map": "learning.encodings",
}

__all__ = [*_WHERE]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'qng.models' has no attribute {name!r}")
    value = getattr(import_module(f"qng.models.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
