"""Energies, probabilities and metrics that PyTorch differentiates, and natural gradients there.

    energy, expectations, probabilities, metric   functions of tensors: autograd, torch.func
    natural_gradient                              turns .grad into a natural gradient before a step
    NaturalGradient                               an optimizer that does so, with rate and momentum
    Layer                                         a module whose parameters are those of a circuit

Values and derivatives are ours, computed in double precision on the CPU, and returned in the type
and on the device of theta. `torch.compile` leaves them as they are and compiles what is around
them; with `fullgraph=True` it refuses a model that has one.
"""

from qng.errors import MissingPackageError

try:
    from qng.adapters.torch.functions import energy, expectations, metric, probabilities
    from qng.adapters.torch.layer import Layer
    from qng.adapters.torch.optim import NaturalGradient, natural_gradient
except ModuleNotFoundError as error:
    if error.name is None or error.name.partition(".")[0] not in ("torch",):
        raise
    raise MissingPackageError(__name__, error.name.partition(".")[0], "torch") from error

__all__ = [
    "Layer",
    "NaturalGradient",
    "energy",
    "expectations",
    "metric",
    "natural_gradient",
    "probabilities",
]
