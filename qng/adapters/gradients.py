"""The gradient of a user's function: as it is given, or from readings, by what these show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from qng import checks
from qng.adapters import slopes
from qng.adapters.readings import Readings
from qng.arrays import Array
from qng.errors import InputError, UnknownNameError
from qng.plan.quantities import By, GradientEstimate
from qng.seeds import Key

GRADIENTS: Final = ("auto", "exact", "parameter-shift", "finite-difference", "spsa")

# Times their number of readings that differences are preferred to the shift rule, without noise.
_MANY: Final = 2

_HOW: Final = {"spsa": "spsa"}


class Slope:
    """The gradient of a function, and how it has turned out to be had.

    Args:
        readings: The function.
        frequencies: Of the circuit's parameters; None: not known.
        given: theta -> the gradient, shape (P,); None: from readings.

    Attributes:
        asked: How many gradients were asked for.
        last: The last of them; None before the first.
        how: "given", "parameter-shift", "finite-difference" or "spsa"; "" before the first.
    """

    def __init__(
        self,
        readings: Readings,
        frequencies: slopes.Frequencies | None,
        given: Callable[..., Any] | None,
    ) -> None:
        checks.function("jac", given)
        self.readings, self.frequencies, self.given = readings, frequencies, given
        self.asked, self.how = 0, ""
        self.last: Array | None = None
        self._polynomial: bool | None = None if frequencies else False
        self._smooth: bool | None = None

    def at(self, theta: Array, by: By, seed: Key) -> GradientEstimate:
        """The gradient at a point of shape (P,); `asked`, `how` and `last` say of it afterwards.

        "auto" is what is given, else the shift rule where the function is a polynomial along every
        parameter (`slopes`), else central differences; these also where the rule takes more than
        twice their readings and the function has no noise.

        Raises:
            InputError: It cannot be had so, or what is given returns another shape.
        """
        found = self._at(theta, by, seed)
        self.asked, self.last = self.asked + 1, found.value
        return found

    def combination(self, theta: Array, by: By, seed: Key) -> slopes.Combination | None:
        """The readings of the gradient at a point, where they are known before any is taken."""
        name, options = by.estimator, dict(by.options)
        if name == "spsa":
            step, draws = options.get("step", slopes.NOISY_STEP), options.get("draws", 1)
            return slopes.perturbed(len(theta), step, draws, seed)
        if name in ("auto", "exact") and self.given is not None:
            return None
        if name != "finite-difference" and self.frequencies and self._polynomial is not False:
            return slopes.shifted(self.frequencies) if self._polynomial else None
        if "step" in options:
            return slopes.differences(np.full(len(theta), checks.positive("step", options["step"])))
        if name == "parameter-shift" or self._smooth is None:
            return None
        steps = slopes.steps_at(len(theta), self.frequencies, noisy=not self._smooth)
        return slopes.differences(steps)

    def _at(self, theta: Array, by: By, seed: Key) -> GradientEstimate:
        name = by.estimator
        if name in ("auto", "exact") and self.given is not None:
            self.how = "given"
            return self._given(theta, self.given)
        found: GradientEstimate | None = None
        known = self.combination(theta, by, seed)
        if known is None and name != "finite-difference":
            found = self._first(theta, cheaper=name == "auto")
        if known is None and found is None:
            self._is_smooth(theta)
            known = self.combination(theta, by, seed)
        shifts = self._polynomial and name in ("auto", "parameter-shift")
        self.how = "parameter-shift" if shifts else _HOW.get(str(name), "finite-difference")
        if found is not None:
            return found
        if known is None:
            raise InputError(
                "fun is no trigonometric polynomial of the parameters, as an expectation value of "
                "the circuit is, so no shift rule holds for it: leave gradient out, or give jac="
            )
        return known.at(self.readings, theta)

    def readings_of(self, by: By, size: int) -> int:
        """How many readings the next gradient takes, as far as is known."""
        if by.estimator == "spsa":
            return 2 * int(dict(by.options).get("draws", 1))
        if by.estimator in ("auto", "exact") and self.given is not None:
            return 1
        if by.estimator == "finite-difference" or self._polynomial is False or not self.frequencies:
            given = dict(by.options).get("step") is not None
            return 2 * size + (0 if given or self._smooth is not None else slopes.TRIED)
        more = 0 if self._polynomial else size + 1
        return sum(2 * degree for _, degree in self.frequencies) + more

    def check(self, by: By) -> None:
        """Refuse what cannot be had, before anything is asked.

        Raises:
            InputError: No such gradient of a function.
        """
        if callable(by.estimator) or by.estimator not in GRADIENTS:
            raise UnknownNameError("gradient of a function", by.estimator, GRADIENTS)
        if by.estimator == "exact" and self.given is None:
            raise InputError("the gradient 'exact' is that which is given: give jac=, or 'auto'")
        if by.estimator == "parameter-shift" and not self.frequencies:
            raise InputError(
                "a shift rule needs the frequencies of a circuit whose angles are affine in its "
                "parameters: give such a circuit, or leave gradient out"
            )
        known = {"spsa": ("draws", "step"), "finite-difference": ("step",)}.get(by.estimator, ())
        for option, _ in by.options:
            if option not in known:
                raise UnknownNameError(f"option of {by.estimator}", option, known or ("none",))

    def _first(self, theta: Array, cheaper: bool) -> GradientEstimate | None:
        """By the shift rule; None where there is none, or differences are as good and cheaper."""
        if not self.frequencies or self._polynomial is False:
            return None
        points = sum(2 * degree for _, degree in self.frequencies)
        if cheaper and points > 2 * _MANY * len(theta) and self._is_smooth(theta):
            self._polynomial = False
            return None
        found = slopes.shifted_if_polynomial(self.readings, theta, self.frequencies)
        self._polynomial = found is not None
        return found

    def _is_smooth(self, theta: Array) -> bool:
        """Whether nothing is seen of noise."""
        if self._smooth is None:
            sigma = self.readings.sigma(theta)
            self._smooth = not sigma and not self.readings.is_rough(theta)
        return self._smooth

    def _given(self, theta: Array, given: Callable[..., Any]) -> GradientEstimate:
        value = checks.reals("the gradient jac", given(theta.copy()))
        if value.size != theta.size:
            raise InputError(
                f"jac must return {theta.size} numbers, one a parameter, not the shape "
                f"{value.shape}"
            )
        return GradientEstimate(value.reshape(theta.shape))
