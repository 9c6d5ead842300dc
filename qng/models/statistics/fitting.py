"""Maximum likelihood, and the way to a known distribution, as problems that `minimize` takes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.errors import InputError, shown
from qng.models.problem import ModelProblem
from qng.models.statistics.information import outcomes_given
from qng.models.statistics.likelihood import Likelihood, Match
from qng.models.statistics.model import Model, check_model, log_density, point
from qng.problem.problem import Reference


def fit(
    model: Model,
    data: ArrayLike,
    start: Any,
    *,
    batch: int | None = None,
    reference: float | None = None,
    **more: Any,
) -> ModelProblem:
    """Maximum likelihood: the mean of -ln p_theta over data as a problem.

    Args:
        model: The model, of this package or of your own (`qng.models.Model`).
        data: Outcomes, shape (N,) or (N, d).
        start: Shape (P,), or a mapping from names to values.
        batch: The size of the mini-batches of a step; None: all data.
        reference: The lowest value, where it is known.
        more: Of `ModelProblem`, such as name, title, unit ("nats" by default), accuracy, frozen.

    Raises:
        InputError: Data that are no outcomes of the model at the start, a batch that is larger
            than the data.

    Example:
        >>> import qng
        >>> from qng.models import Poisson
        >>> problem = fit(Poisson(), [3, 1, 4, 1, 5], start=[1.0])
        >>> qng.minimize(problem, "ng", steps=60).x.round(3).tolist()
        [2.8]
    """
    x = outcomes_given(data)
    if batch is not None and checks.whole("batch", batch, 2) > len(x):
        raise InputError(f"a batch of {batch} cannot be drawn from {len(x)} data")
    whole = None if batch == len(x) else batch
    check_model(model)
    problem = ModelProblem(
        Likelihood(model, x, whole), start, reference=reference, **{"unit": "nats", **more}
    )
    at = log_density(model, problem.initial, x)
    if not np.all(np.isfinite(at)):
        k = int(np.argmin(np.isfinite(at)))
        raise InputError(
            f"the likelihood of the data is not finite at the start {problem.initial.tolist()}: "
            f"there ln p of datum {k}, {shown(x[k].tolist())}, is {at[k]:g}; give another start, "
            "or a model that can give all data"
        )
    return problem


def match(
    model: Model,
    target: ArrayLike,
    start: Any,
    *,
    of: Model | None = None,
    **more: Any,
) -> ModelProblem:
    """The divergence KL(q || p_theta) from a known target as a problem.

    Args:
        model: Whose p_theta.
        target: The point of q.
        start: Shape (P,), or a mapping from names to values.
        of: Whose q; the model itself by default, and then the lowest value is 0.
        more: As `fit`.

    Raises:
        InputError: A target, or a start, from which the divergence is not finite.

    Example:
        >>> import qng
        >>> from qng.models import Normal
        >>> toy = match(Normal(), [0.0, 1.0], start=[5.0, 10.0])
        >>> qng.minimize(toy, "ng", steps=40).fun < 1e-9
        True
    """
    check_model(model)
    q = model if of is None else of
    where = point(q, target, "target")
    known = {"reference": Reference(0.0, "the target itself")} if of is None else {}
    problem = ModelProblem(Match(model, where, of), start, **{"unit": "nats", **known, **more})
    value = float(problem.loss.energy(problem.initial[None]).value[0])
    if not np.isfinite(value):
        raise InputError(
            f"the divergence from the target {where.tolist()} is {value} at the start "
            f"{problem.initial.tolist()}: both must be points of their models, and the model must "
            "be able to give all that the target can"
        )
    return problem
