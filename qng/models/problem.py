"""A problem without circuits: a loss, a start and a reference value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qng import checks
from qng.arrays import Array
from qng.errors import InputError, shown
from qng.models.held import Held
from qng.models.loss import Loss
from qng.problem.anyproblem import expanded, names_among, point_among
from qng.problem.problem import Reference

ACCURACY: Final = 1e-6
"""The error below which a model counts as solved, where nothing is said."""

SPREAD: Final = 0.5
"""How far from the start others are drawn, where nothing is said."""


@dataclass(frozen=True, eq=False, repr=False)
class ModelProblem:
    """Minimise a loss over its parameters; `qng.minimize` and `qng.compare` take it as a problem.

    Args:
        loss: What is minimised.
        start: Shape (P,), in the order of `loss.parameters`; or a mapping from names to values.
        reference: The lowest value, from which errors are measured. None: it is not known.
        name: Its name in the library.
        title: One line for tables and plots.
        source: Where it was published.
        accuracy: The error below which it counts as solved, in the unit of the loss.
        unit: Of the loss, such as "nats".
        frozen: Parameters that are held at their start values.
        spread: How far from the start other starts are drawn, where `compare` is told nothing.

    Raises:
        InputError: No loss, a start of the wrong length or with a value that is not finite, an
            accuracy or a spread that is not positive.
        UnknownNameError: A frozen name that is not a parameter.

    Example:
        >>> from qng import models
        >>> fitted = models.fit(models.Poisson(), [1, 2, 3], start=[1.0])
        >>> isinstance(fitted, ModelProblem), fitted.parameters
        (True, ('lambda',))
    """

    loss: Loss
    start: Any
    reference: Reference | float | None = None
    name: str = ""
    title: str = ""
    source: str = ""
    accuracy: float = ACCURACY
    unit: str = ""
    frozen: tuple[str, ...] = ()
    spread: float = SPREAD
    parameters: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        for part in ("parameters", "energy", "gradient", "metric", "drawn"):
            if not hasattr(self.loss, part):
                raise InputError(
                    f"a loss has {part} (qng.models.loss.Loss), and {shown(self.loss)} has not: "
                    "make one with qng.models.function(f, start) or qng.models.fit(model, data)"
                )
        names = tuple(self.loss.parameters)
        start = point_among("start", self.start, names)
        start.setflags(write=False)
        given = self.reference
        if given is not None and not isinstance(given, Reference):
            given = Reference(float(checks.real("reference", given)), "given")
        checks.positive("accuracy", self.accuracy)
        checks.positive("spread", self.spread)
        for what in ("name", "title", "source", "unit"):
            checks.text(what, getattr(self, what))
        values = {"parameters": names, "start": start, "reference": given}
        values["frozen"] = names_among(self.frozen, names)
        for key, value in values.items():
            object.__setattr__(self, key, value)

    def __repr__(self) -> str:
        loss = type(self.loss).__name__
        frozen = f", frozen={len(self.frozen)}" if self.frozen else ""
        decides = self.loss, self.start.tolist(), self.reference, self.accuracy, self.frozen
        # Where it lies in memory is not what it is.
        text = re.sub(r" at 0x[0-9a-fA-F]+", "", repr(decides))
        digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        return (
            f"ModelProblem({self.name!r}, {loss}, parameters={len(self.parameters)}{frozen}, "
            f"digest={digest!r})"
        )

    def _repr_html_(self) -> str:
        from qng.report.notebook import problem_html

        return problem_html(self)

    @property
    def initial(self) -> Array:
        """The start, shape (P,)."""
        start: Array = self.start.copy()
        return start

    @property
    def free(self) -> NDArray[np.intp]:
        """The indices of the trainable parameters, ascending."""
        held = set(self.frozen)
        return np.array([k for k, p in enumerate(self.parameters) if p not in held], dtype=np.intp)

    def freeze(self, *names: str) -> ModelProblem:
        """The problem with further parameters held at their start values.

        Raises:
            UnknownNameError: A name that is not a parameter.
        """
        return replace(self, frozen=(*self.frozen, *names))

    def only(self, *names: str) -> ModelProblem:
        """The problem in which these parameters, and no others, are trained.

        Raises:
            UnknownNameError: A name that is not a parameter.
        """
        kept = names_among(names, self.parameters)
        return replace(self, frozen=tuple(p for p in self.parameters if p not in kept))

    def reduced(self, theta: ArrayLike | Mapping[str, float] | None = None) -> ModelProblem:
        """The problem of the free parameters alone.

        Args:
            theta: Shape (P,). Its frozen entries are held, its free ones become the start. None:
                the start.

        Returns:
            A problem without frozen parameters, of as many as `free` has.
        """
        full = self.initial if theta is None else point_among("start", theta, self.parameters)
        if not self.frozen:
            return replace(self, start=full)
        free = self.free
        return replace(self, loss=Held(self.loss, full, tuple(free)), start=full[free], frozen=())

    def expand(self, x: ArrayLike, base: ArrayLike | None = None) -> Array:
        """All P parameters from the free ones.

        Args:
            x: Shape (..., free parameters).
            base: Shape (P,), for the frozen ones. None: the start.

        Returns:
            Shape (..., P).
        """
        full = self.initial if base is None else point_among("base", base, self.parameters)
        return expanded(x, full, self.free)

    def reference_energy(self) -> Reference | None:
        """The reference that was given."""
        found: Any = self.reference
        return None if found is None else found

    def ground_space(self) -> None:
        """None: its states are not those of circuits."""
