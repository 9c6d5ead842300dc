"""A multilayer perceptron; logistic and softmax regression are those without hidden layers.

    z_l = W_l a_{l-1} + b_l,   a_l = h(z_l),   d_{l-1} = h'(z_{l-1}) * (W_l^T d_l)

theta ravels W_1 (out, in), b_1 (out,), W_2, b_2, ... Pulled back through the network, a slope v of
the outputs is d_l (x) a_{l-1} in W_l and d_l in b_l, for every datum on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
from scipy.special import expit

from qng import checks
from qng.arrays import Array
from qng.errors import InputError, UnknownNameError
from qng.models.learning.labels import Labels, labels_of
from qng.seeds import Key, generator

Layer = tuple[Array, Array]
"""The inputs a of a layer and the slopes d by its z, shapes (N, in) and (N, out)."""


@dataclass(frozen=True)
class Activation:
    """h with its derivative.

    Args:
        value: h(z).
        slope: h'(z).
        gain: The variance of weights is gain / in, so that signals keep their size.
    """

    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    gain: float = 1.0


ACTIVATIONS: Final[dict[str, Activation]] = {
    "leaky-relu": Activation(
        lambda z: np.where(z > 0, z, 0.01 * z), lambda z: np.where(z > 0, 1.0, 0.01), 2.0
    ),
    "linear": Activation(lambda z: z, np.ones_like),
    "relu": Activation(lambda z: np.maximum(z, 0.0), lambda z: (z > 0).astype(float), 2.0),
    "sigmoid": Activation(expit, lambda z: expit(z) * expit(-z)),
    "tanh": Activation(np.tanh, lambda z: 1.0 - np.tanh(z) ** 2),
}


@dataclass(frozen=True, init=False)
class Perceptron:
    """Outputs of a multilayer perceptron.

    Args:
        sizes: Numbers of inputs, of units of every hidden layer, and of outputs.
        activation: h of the hidden layers, a name of `ACTIVATIONS`.
        last: h of the outputs.
        bias: Whether layers have biases.
        likelihood: Of the labels given the outputs (`labels`), by name or as `GaussianLabels(0.5)`.
            None: "softmax" of several outputs, "bernoulli" of one.

    Raises:
        InputError: Fewer than two sizes, or one that is no number of units.
        UnknownNameError: An unknown activation or likelihood.

    Reference: Rumelhart, Hinton, Williams, Nature 323, 533 (1986).

    Example:
        >>> Perceptron((2, 3, 2)).arrays
        ((3, 2), (3,), (2, 3), (2,))
    """

    sizes: tuple[int, ...]
    activation: str
    last: str
    bias: bool
    likelihood: str | Labels

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str = "relu",
        last: str = "linear",
        bias: bool = True,
        likelihood: str | Labels | None = None,
    ) -> None:
        units = tuple(checks.whole("a size of a perceptron", size, 1) for size in sizes)
        if len(units) < 2:
            raise InputError("a perceptron has a number of inputs and one of outputs, at least")
        for name in (activation, last):
            if name not in ACTIVATIONS:
                raise UnknownNameError("activation", name, ACTIVATIONS)
        object.__setattr__(self, "sizes", units)
        object.__setattr__(self, "activation", activation)
        object.__setattr__(self, "last", last)
        object.__setattr__(self, "bias", bool(bias))
        default = "softmax" if units[-1] > 1 else "bernoulli"
        labels_of(likelihood or default)
        object.__setattr__(self, "likelihood", likelihood or default)

    @property
    def arrays(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the weights and biases."""
        shapes: list[tuple[int, ...]] = []
        for n_in, n_out in pairwise(self.sizes):
            shapes += [(n_out, n_in), (n_out,)] if self.bias else [(n_out, n_in)]
        return tuple(shapes)

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """w1[0,0], w1[0,1], ..., b1[0], ..., w2[0,0], ..."""
        names: list[str] = []
        for layer, (n_in, n_out) in enumerate(pairwise(self.sizes), 1):
            names += [f"w{layer}[{i},{j}]" for i in range(n_out) for j in range(n_in)]
            names += [f"b{layer}[{i}]" for i in range(n_out)] if self.bias else []
        return tuple(names)

    @property
    def is_linear(self) -> bool:
        """Whether outputs are linear in theta."""
        return len(self.sizes) == 2 and self.last == "linear"

    def start(self, seed: Key = 0) -> Array:
        """Zeros of a linear model, else weights of variance gain / in and biases 0; shape (P,).

        Args:
            seed: Of the weights.

        Reference: He et al., ICCV 2015, arXiv:1502.01852 (gain 2 for relu).
        """
        if self.is_linear:
            return np.zeros(len(self.parameters))
        rng, gain = generator(seed), ACTIVATIONS[self.activation].gain
        pieces = []
        for n_in, n_out in pairwise(self.sizes):
            pieces.append(np.sqrt(gain / n_in) * rng.standard_normal(n_out * n_in))
            pieces += [np.zeros(n_out)] if self.bias else []
        return np.concatenate(pieces)

    def outputs(self, theta: Array, x: Array) -> Array:
        """f, shape (N, K).

        Args:
            theta: Shape (P,).
            x: Shape (N, inputs).
        """
        return self._h(len(self.sizes) - 1).value(self._forward(theta, x)[1][-1])

    def layers(self, theta: Array, x: Array, v: Array) -> list[Layer]:
        """Inputs of every layer, and the slopes of v . f by its z.

        Args:
            theta: Shape (P,).
            x: Shape (N, inputs).
            v: Slopes by the outputs, shape (N, K).
        """
        inputs, z = self._forward(theta, x)
        d = v * self._h(len(z)).slope(z[-1])
        found = [(inputs[-1], d)]
        for k in range(len(z) - 1, 0, -1):
            d = (d @ self._weights(theta)[k][0]) * self._h(k).slope(z[k - 1])
            found.append((inputs[k - 1], d))
        return found[::-1]

    def pull(self, theta: Array, x: Array, v: Array) -> Array:
        """sum_n J_n^T v_n, shape (P,). Cost: one forward and one backward pass."""
        pieces: list[Array] = []
        for a, d in self.layers(theta, x, v):
            pieces += [(d.T @ a).ravel(), d.sum(axis=0)] if self.bias else [(d.T @ a).ravel()]
        return np.concatenate(pieces)

    def pulled(self, theta: Array, x: Array, v: Array) -> Array:
        """J_n^T v_n of every datum, shape (N, P). Cost: the same, and N P multiplications."""
        pieces: list[Array] = []
        for a, d in self.layers(theta, x, v):
            pieces.append((d[:, :, None] * a[:, None, :]).reshape(len(a), -1))
            pieces += [d] if self.bias else []
        return np.concatenate(pieces, axis=1)

    def jacobian(self, theta: Array, x: Array) -> Array:
        """df / d theta, shape (N, K, P). Cost: K backward passes."""
        units = np.eye(self.sizes[-1])
        rows = [self.pulled(theta, x, np.broadcast_to(e, (len(x), len(e)))) for e in units]
        return np.stack(rows, axis=1)

    def _h(self, layer: int) -> Activation:
        return ACTIVATIONS[self.last if layer == len(self.sizes) - 1 else self.activation]

    def _weights(self, theta: Array) -> list[tuple[Array, Array]]:
        """W and b of every layer."""
        found, first = [], 0
        for n_in, n_out in pairwise(self.sizes):
            middle = first + n_in * n_out
            end = middle + n_out * self.bias
            b = theta[middle:end] if self.bias else np.zeros(n_out)
            found.append((theta[first:middle].reshape(n_out, n_in), b))
            first = end
        return found

    def _forward(self, theta: Array, x: Array) -> tuple[list[Array], list[Array]]:
        """The inputs of every layer, and its z."""
        if x.ndim != 2 or x.shape[1] != self.sizes[0]:
            raise InputError(f"x has shape (data, {self.sizes[0]}), not {x.shape}")
        inputs, z = [x], []
        for layer, (w, b) in enumerate(self._weights(theta), 1):
            z.append(inputs[-1] @ w.T + b)
            inputs.append(self._h(layer).value(z[-1]))
        return inputs[:-1], z


def logistic_regression(features: int, bias: bool = True) -> Perceptron:
    """p(1|x) = 1 / (1 + exp(-w x - b)).

    Args:
        features: The number of inputs.
        bias: Whether there is b.

    Example:
        >>> logistic_regression(3).arrays
        ((1, 3), (1,))
    """
    return Perceptron((features, 1), bias=bias, likelihood="bernoulli")


def softmax_regression(features: int, classes: int, bias: bool = True) -> Perceptron:
    """p(c|x) proportional to exp(w_c x + b_c).

    Args:
        features: The number of inputs.
        classes: The number of classes.
        bias: Whether there are b_c.

    Example:
        >>> softmax_regression(3, 2).arrays
        ((2, 3), (2,))
    """
    return Perceptron((features, classes), bias=bias, likelihood="softmax")


def linear_regression(features: int, outputs: int = 1, bias: bool = True) -> Perceptron:
    """w x + b with normal errors.

    Args:
        features: The number of inputs.
        outputs: The number of outputs.
        bias: Whether there is b.

    Example:
        >>> linear_regression(3).arrays
        ((1, 3), (1,))
    """
    return Perceptron((features, outputs), bias=bias, likelihood="gaussian")
