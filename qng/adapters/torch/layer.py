"""A function of theta as a module, for models of which a circuit is a part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from qng.adapters.differentiable.jets import check_size, described
from qng.adapters.torch.tensors import real
from qng.errors import InputError, shown


class Layer(torch.nn.Module):  # type: ignore[misc]
    """f(inputs, weights) as a module: theta is the inputs of a sample, then the weights.

    Args:
        function: Of theta, one of this package such as `expectations(circuit, observables)`.
        weights: Their values at the beginning, shape (W,): the last W parameters of theta.

    Raises:
        InputError: Not a function, or not one vector of real weights, or too many.

    Example:
        >>> from qng.adapters.torch import expectations
        >>> from qng.circuit.ansatz import real_amplitudes
        >>> quantum = expectations(real_amplitudes(2, 1), [{"Z0": 1.0}, {"Z1": 1.0}])
        >>> layer = Layer(quantum, torch.zeros(2))  # two inputs, two weights
        >>> model = torch.nn.Sequential(torch.nn.Linear(3, 2), layer, torch.nn.Linear(2, 1))
        >>> tuple(model(torch.zeros(5, 3)).shape)
        (5, 1)
    """

    def __init__(self, function: Callable[..., Any], weights: Any) -> None:
        super().__init__()
        if not callable(function):
            raise InputError(f"a layer is of a function of theta, not of {shown(function)}")
        start, names = real(weights, "weights"), getattr(function, "parameters", None)
        if start.ndim != 1:
            raise InputError(f"weights are one vector, not of the shape {tuple(start.shape)}")
        if names is not None and len(start) > len(names):
            raise InputError(
                f"weights are the last parameters of theta, and these are {len(start)} of "
                f"{described(names)}"
            )
        self.function = function
        self.weights = torch.nn.Parameter(start.detach().clone())

    def forward(self, inputs: Any = None) -> Any:
        """f at the inputs of every sample, shape (..., I); without inputs at the weights alone.

        Raises:
            InputError: Another number of inputs, or what are no numbers.
        """
        if inputs is None:
            return self.function(self.weights)
        points = real(inputs, "inputs")
        if not points.ndim:
            raise InputError("inputs have the shape (..., I), and these are one number")
        # A point of another length could pass for several of them.
        if (names := getattr(self.function, "parameters", None)) is not None:
            check_size("the layer", names, (points.shape[-1] + len(self.weights),))
        given = isinstance(inputs, torch.Tensor) and inputs.is_floating_point()
        kind = points.dtype if given else self.weights.dtype
        rows = self.weights.to(kind).expand(*points.shape[:-1], -1)
        return self.function(torch.cat([points.to(kind), rows], dim=-1))

    def extra_repr(self) -> str:
        """The function and the number of weights."""
        return f"{self.function}, weights={len(self.weights)}"
