r"""What is left of the Fisher information in a part, or in a function, of the outcomes.

    I_{X,Y} = I_X + I_{Y|X}           the chain rule
    I_{f(X)} <= I_X                   the data-processing inequality, with I_{X|f(X)} lost

Both sides are computed apart from each other. Over the outcomes that give one value y of f the
mean score is that of f(X), and its spread is what the conditional distribution knows:

    s_y = E[s | f(X) = y],   I_f = E[s_y s_y^T],   I_{X|f} = E[(s - s_y)(s - s_y)^T].

Reference: seed 002, properties 1 and 2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array, Integers
from qng.checks import whole as whole_number
from qng.errors import InputError
from qng.geometry import Dense
from qng.models.distributions.joint import Joint
from qng.models.statistics.averages import expectation, mean_and_error, probabilities
from qng.models.statistics.information import fisher
from qng.models.statistics.model import Model, drawn, outcomes, point, score
from qng.seeds import Key, generator, key_of

# Of samples: in how many parts they are judged, and how many a value of f needs in each.
_PARTS: Final = 25
_PER_VALUE: Final = 20

_ROUNDING: Final = 1e-7


@dataclass(frozen=True, eq=False)
class Shares:
    """The information of the whole, of a part, and of the whole when the part is known.

    Args:
        whole: I_{X,Y}, or I_X.
        part: I_X, or I_{f(X)}.
        rest: I_{Y|X}, or what f loses, I_{X|f(X)}.
    """

    whole: Dense
    part: Dense
    rest: Dense

    @property
    def gap(self) -> Array:
        """whole - part - rest, which the chain rule says is 0; shape (P, P)."""
        return self.whole.dense() - self.part.dense() - self.rest.dense()

    @property
    def std_error(self) -> Array:
        """Of the gap and of whole - part: at most the sum of the errors; 0 where exact."""
        errors = [m.std_error for m in (self.whole, self.part, self.rest)]
        none = np.zeros((self.whole.size, self.whole.size))
        return np.asarray(np.sum([none if e is None else e for e in errors], axis=0))

    @property
    def holds(self) -> bool:
        """Whether part <= whole, and the gap is 0, to rounding or to five standard errors."""
        scale = float(np.max(np.abs(self.whole.dense()), initial=0.0))
        margin = 5 * self.std_error + _ROUNDING * scale
        least = float(np.linalg.eigvalsh(self.whole.dense() - self.part.dense())[0])
        return bool(np.all(np.abs(self.gap) <= margin) and least >= -np.linalg.norm(margin))


def chain_rule(model: Joint, theta: ArrayLike, *, n: int = 10_000, seed: Key = 0) -> Shares:
    """I_{X,Y} of a joint distribution beside I_X and I_{Y|X} = E_X[I_{Y|X=x}].

    Args:
        model: p(x) p(y|x).
        theta: Shape (P,).
        n: Samples, where the model can only be sampled.
        seed: Of the samples.

    Returns:
        `whole` from the joint density alone, `part` and `rest` from the two factors.

    Raises:
        InputError: No joint distribution.

    Cost: one Fisher matrix of p(y|x) for every x of a sum, a quadrature or samples.

    Example:
        >>> from qng import models
        >>> noisy = models.Joint(models.Normal("mean"), lambda x: models.Normal("mean", mu=x))
        >>> len(noisy.parameters)
        1
    """
    if not isinstance(model, Joint):
        raise InputError(
            "the chain rule is of a joint distribution: qng.models.Joint(first, given); for a "
            "function f(X) use data_processing"
        )
    at = point(model, theta)
    size = len(at)

    def known(x: Array) -> Array:
        return np.array([fisher(model.given(value), at).dense() for value in x])

    rest = expectation(model.first, at, known, n=min(n, 1000), seed=seed)
    return Shares(
        fisher(model, at, n=n, seed=seed),
        fisher(model.first, at, n=n, seed=seed),
        Dense(rest.value.reshape(size, size), rest.std_error),
    )


def data_processing(
    model: Model,
    theta: ArrayLike,
    f: Callable[[Array], Any] | Model,
    *,
    n: int = 100_000,
    seed: Key = 0,
) -> Shares:
    """I_{f(X)} beside I_X.

    Args:
        model: Of X.
        theta: Shape (P,).
        f: A function of outcomes (N,) or (N, d), returns N values; or the model of f(X) itself
            (`Binned`, `Transformed`, or one of your own).
        n: Samples, where the outcomes cannot be listed.
        seed: Of the samples.

    Returns:
        `part` is I_{f(X)}, `rest` what f loses.

    Raises:
        InputError: The outcomes cannot be listed, and f has too many values for that many samples.

    Cost: a score of every outcome, or n scores.

    Example:
        >>> from qng import models
        >>> model = models.Normal()
        >>> shares = data_processing(model, [0.0, 1.0], models.Binned(model, [0.0]))
        >>> bool(shares.part.dense()[0, 0] < shares.whole.dense()[0, 0])
        True
    """
    at = point(model, theta)
    if not callable(f):
        total, part = fisher(model, at, n=n, seed=seed), fisher(f, at, n=n, seed=seed)
        return Shares(total, part, Dense(total.dense() - part.dense()))
    if outcomes(model, at) is None:
        return _sampled(model, at, f, whole_number("n", n, 1000), seed)
    x, p = probabilities(model, at)
    s = score(model, at, x)
    labels = _labels(f, x)
    weights = np.bincount(labels, p)
    means = _grouped(labels, p[:, None] * s) / weights[:, None]
    apart = s - means[labels]
    return Shares(
        fisher(model, at),
        Dense(means.T @ (weights[:, None] * means)),
        Dense(apart.T @ (p[:, None] * apart)),
    )


def _sampled(model: Model, theta: Array, f: Callable[[Array], Any], n: int, seed: Key) -> Shares:
    """From samples, whose spread within a value of f is taken off what is between the values."""
    x = drawn(model, theta, n, generator(key_of(seed)))
    labels = _labels(f, x)
    values = int(labels.max()) + 1
    if values * _PARTS * _PER_VALUE > n:
        raise InputError(
            f"f has {values} values in {n} samples, too many to average the score over each: give "
            "the model of f(X) itself (qng.models.Binned, Transformed), or more samples"
        )
    s = score(model, theta, x)
    parts, rests = [], []
    for chosen in np.array_split(np.arange(n), _PARTS):
        now, group = s[chosen], labels[chosen]
        counts = np.bincount(group, minlength=values).astype(float)
        means = _grouped(group, now, values) / np.maximum(counts, 1.0)[:, None]
        apart = now - means[group]
        # A mean of k scores has a k-th of their variance, which its square holds in excess.
        free = (counts / np.maximum(counts - 1, 1.0))[group][:, None]
        within = apart.T @ (free * apart) / len(chosen)
        excess = apart.T @ (free / counts[group][:, None] * apart) / len(chosen)
        between = means.T @ (counts[:, None] * means) / len(chosen) - excess
        parts.append(between)
        rests.append(within)
    part, rest = (Dense(*mean_and_error(np.array(found))) for found in (parts, rests))
    return Shares(fisher(model, theta, n=n, seed=seed), part, rest)


def _labels(f: Callable[[Array], Any], x: Array) -> Integers:
    """The number of the value of f at each outcome."""
    values = np.asarray(f(x))
    if len(values) != len(x):
        raise InputError(f"f must return {len(x)} values for {len(x)} outcomes, not {len(values)}")
    _, labels = np.unique(values, axis=0, return_inverse=True)
    return np.asarray(labels, dtype=np.int64).ravel()


def _grouped(labels: Integers, rows: Array, values: int = 0) -> Array:
    """Sums of rows with equal labels, shape (values, P)."""
    columns = [np.bincount(labels, column, values) for column in rows.T]
    return np.stack(columns, axis=1)
