"""The signal s_t: what the metric is applied to, and the point where the gradient is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from qng import checks
from qng.arrays import Array, Memory


class Signal(Protocol):
    """Turns gradients into signals; what it carries is in `memory`."""

    def point(self, theta: Array, change: Array) -> Array:
        """Where to take the gradient, given theta and the last dtheta."""

    def __call__(self, gradient: Array, memory: Memory, step: int) -> tuple[Array, Memory]:
        """(s_t, memory) from the gradient of step 1, 2, ..."""


@dataclass(frozen=True)
class Plain:
    """s_t = grad_t."""

    def point(self, theta: Array, change: Array) -> Array:
        """theta."""
        return theta

    def __call__(self, gradient: Array, memory: Memory, step: int) -> tuple[Array, Memory]:
        """The gradient."""
        return gradient, memory


@dataclass(frozen=True)
class Momentum:
    """m_t = rho m_{t-1} + grad_t.

    Args:
        rho: In [0, 1).

    Reference: Polyak, USSR Comput. Math. 4, 1 (1964).
    """

    rho: float = 0.9

    def __post_init__(self) -> None:
        checks.fraction("rho", self.rho)

    def point(self, theta: Array, change: Array) -> Array:
        """theta."""
        return theta

    def __call__(self, gradient: Array, memory: Memory, step: int) -> tuple[Array, Memory]:
        """The accumulated gradient."""
        m = self.rho * memory.get("m", np.zeros_like(gradient)) + gradient
        return m, {"m": m}


@dataclass(frozen=True)
class Nesterov:
    """Momentum with the gradient taken at the look-ahead point theta + rho dtheta_{t-1}.

    Args:
        rho: In [0, 1).

    Reference: Nesterov, Sov. Math. Dokl. 27, 372 (1983).
    """

    rho: float = 0.9

    def __post_init__(self) -> None:
        checks.fraction("rho", self.rho)

    def point(self, theta: Array, change: Array) -> Array:
        """The look-ahead point."""
        return theta + self.rho * change

    def __call__(self, gradient: Array, memory: Memory, step: int) -> tuple[Array, Memory]:
        """The accumulated gradient."""
        return Momentum(self.rho)(gradient, memory, step)


@dataclass(frozen=True)
class Ahead:
    """s_t = grad_t + rho m_t, m_t = rho m_{t-1} + grad_t: Nesterov's with the gradient at theta.

    Args:
        rho: In [0, 1).

    Reference: Sutskever, Martens, Dahl and Hinton, ICML (2013), whose theta is the point ahead.
    """

    rho: float = 0.9

    def __post_init__(self) -> None:
        checks.fraction("rho", self.rho)

    def point(self, theta: Array, change: Array) -> Array:
        """theta."""
        return theta

    def __call__(self, gradient: Array, memory: Memory, step: int) -> tuple[Array, Memory]:
        """The gradient and what is accumulated with it."""
        m = self.rho * memory.get("m", np.zeros_like(gradient)) + gradient
        return gradient + self.rho * m, {"m": m}


@dataclass(frozen=True)
class AveragedGradient:
    """mhat_t = m_t / (1 - beta^t), m_t = beta m_{t-1} + (1 - beta) grad_t.

    Args:
        beta: In [0, 1).

    Reference: Kingma and Ba, arXiv:1412.6980.
    """

    beta: float = 0.9

    def __post_init__(self) -> None:
        checks.fraction("beta", self.beta)

    def point(self, theta: Array, change: Array) -> Array:
        """theta."""
        return theta

    def __call__(self, gradient: Array, memory: Memory, step: int) -> tuple[Array, Memory]:
        """The bias-corrected average."""
        m = self.beta * memory.get("m", np.zeros_like(gradient)) + (1 - self.beta) * gradient
        return m / (1 - self.beta**step), {"m": m}


@dataclass(frozen=True)
class NormalisedMomentum:
    """s_t = mhat_t / (sqrt(vhat_t) + eps) with Adam's averages of grad and grad^2.

    In the first step s = grad, and that gradient is not averaged.

    Args:
        beta1: Of the average of the gradient, in [0, 1).
        beta2: Of the average of its squares, in [0, 1).
        eps: Added to the square root, units of the gradient.

    Reference: Fitzek, Jonsson, Dobrautz, Schaefer, arXiv:2304.13882.
    """

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8

    def __post_init__(self) -> None:
        checks.fraction("beta1", self.beta1)
        checks.fraction("beta2", self.beta2)

    def point(self, theta: Array, change: Array) -> Array:
        """theta."""
        return theta

    def __call__(self, gradient: Array, memory: Memory, step: int) -> tuple[Array, Memory]:
        """The average of the gradient in units of its size."""
        if step == 1:
            return gradient, memory
        zero = np.zeros_like(gradient)
        m = self.beta1 * memory.get("m", zero) + (1 - self.beta1) * gradient
        v = self.beta2 * memory.get("v", zero) + (1 - self.beta2) * gradient**2
        mhat, vhat = m / (1 - self.beta1**step), v / (1 - self.beta2**step)
        return mhat / (np.sqrt(vhat) + self.eps), {"m": m, "v": v}
