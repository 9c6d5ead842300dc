"""The diagonal of a metric that was estimated as a matrix."""

from __future__ import annotations

import numpy as np

from qng.geometry import Diagonal, Metric


def diagonal_of(metric: Metric) -> Diagonal:
    """The diagonal, with the errors of its entries where there are some."""
    errors = metric.std_error
    return Diagonal(metric.diagonal(), None if errors is None else np.diag(np.diag(errors)))
