"""The diagonal of a metric that was estimated as a matrix."""

from __future__ import annotations

import numpy as np

from qng.geometry import Diagonal, Metric
from qng.geometry.metric import noise_of
from qng.geometry.noise import on_diagonal


def diagonal_of(metric: Metric) -> Diagonal:
    """The diagonal, with the errors of its entries where there are some."""
    errors, noise = metric.std_error, noise_of(metric)
    if errors is None or noise is None:
        return Diagonal(metric.diagonal())
    own = np.diag(np.diag(errors))
    return Diagonal(metric.diagonal(), own, on_diagonal(noise, metric.size))
