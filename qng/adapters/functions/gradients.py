"""The gradient of a user's function: as it is given, or from readings, by what these show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from qng import checks
from qng.adapters.functions import choice, slopes
from qng.adapters.functions.readings import ROUGH, Readings
from qng.arrays import Array
from qng.errors import InputError, UnknownNameError
from qng.plan.quantities import By, GradientEstimate
from qng.seeds import Key

GRADIENTS: Final = ("auto", "exact", "parameter-shift", "finite-difference", "spsa")


class Slope:
    """The gradient of a function, and how it has turned out to be had.

    Args:
        readings: The function.
        waves: Of the parameters; None: there is no circuit.
        given: theta -> the gradient, shape (P,); None: from readings.

    Attributes:
        asked: How many gradients were asked for.
        last: The last of them; None before the first.
        how: "given", "parameter-shift", "finite-difference", "parameter-shift and
            finite-difference" (`choice`) or "spsa"; "" before the first.
    """

    def __init__(
        self,
        readings: Readings,
        waves: choice.Waves | None,
        given: Callable[..., Any] | None,
    ) -> None:
        checks.function("jac", given)
        self.readings, self.waves, self.given = readings, waves, given
        self.asked, self.how = 0, ""
        self.last: Array | None = None
        # Whether the shift rule holds, and whether there is no noise; None: not seen yet.
        self._polynomial: bool | None = None if waves else False
        self._smooth: bool | None = None
        self._chosen: dict[str, choice.Ways] = {}

    def at(self, theta: Array, by: By, seed: Key) -> GradientEstimate:
        """The gradient at a point of shape (P,); `asked`, `how` and `last` say of it afterwards.

        "auto" is what is given, else for every parameter the better one (`choice`) of the shift
        rule, where the function is a polynomial along all that go by it (`slopes`), and
        differences.

        Raises:
            InputError: It cannot be had so, or what is given returns another shape.
        """
        found = self._at(theta, by, seed)
        self.asked, self.last = self.asked + 1, found.value
        return found

    def combination(self, theta: Array, by: By, seed: Key) -> slopes.Combination | None:
        """The readings of the gradient at a point, where they are known before any is taken."""
        name, options, size = str(by.estimator), dict(by.options), len(theta)
        if name == "spsa":
            step, draws = options.get("step", choice.NOISY_STEP), options.get("draws", 1)
            return slopes.perturbed(size, step, draws, seed)
        if self._is_given(by):
            return None
        if "step" in options:
            step = checks.positive("step", options["step"])
            return slopes.differences(size, dict.fromkeys(range(size), step))
        ways = self._chosen.get(name)
        unsure = ways is None or (ways.rules and not self._polynomial)
        return None if ways is None or unsure else ways.combination

    def readings_of(self, by: By, size: int) -> int:
        """How many readings the next gradient takes, as far as is known."""
        name, options = str(by.estimator), dict(by.options)
        if name == "spsa":
            return 2 * int(options.get("draws", 1))
        if self._is_given(by):
            return 1
        if "step" in options:
            return 2 * size
        waves = self._waves(size)
        ways = self._chosen.get(name) or self._ways(name, waves, None)
        tried = 0 if self._smooth is not None or not self._asks_noise(name, waves) else ROUGH
        probes = len(ways.rules) + 1 if ways.rules and self._polynomial is None else 0
        return ways.readings + probes + tried

    def check(self, by: By) -> None:
        """Refuse what cannot be had, before anything is asked.

        Raises:
            InputError: No such gradient of a function.
        """
        if callable(by.estimator) or by.estimator not in GRADIENTS:
            raise UnknownNameError("gradient of a function", by.estimator, GRADIENTS)
        if by.estimator == "exact" and self.given is None:
            raise InputError("the gradient 'exact' is that which is given: give jac=, or 'auto'")
        if by.estimator == "parameter-shift":
            choice.by_rule(self.waves or [None])
        known = {"spsa": ("draws", "step"), "finite-difference": ("step",)}.get(by.estimator, ())
        for option, _ in by.options:
            if option not in known:
                raise UnknownNameError(f"option of {by.estimator}", option, known or ("none",))

    def _at(self, theta: Array, by: By, seed: Key) -> GradientEstimate:
        name = str(by.estimator)
        if self.given is not None and self._is_given(by):
            self.how = "given"
            return self._given(theta, self.given)
        known = self.combination(theta, by, seed)
        if known is None:
            return self._first(theta, name)
        ways = self._chosen.get(name)
        self.how = "spsa" if name == "spsa" else ways.named if ways else "finite-difference"
        return known.at(self.readings, theta)

    def _first(self, theta: Array, name: str) -> GradientEstimate:
        """Where it is seen how it can be had."""
        ways = self._choice(theta, name)
        if ways.rules and not self._polynomial:
            found = slopes.checked(self.readings, theta, ways.rules, ways.differences)
            self._polynomial = found is not None
            self.how = ways.named
            if found is not None:
                if self._smooth is False:
                    self._choice(theta, name)
                return found
            ways = self._choice(theta, name)
        self.how = ways.named
        return ways.combination.at(self.readings, theta)

    def _choice(self, theta: Array, name: str) -> choice.Ways:
        """How it is had by a name, by what is known of the function by now.

        Raises:
            InputError: By no shift rule.
        """
        if name == "parameter-shift" and self._polynomial is False:
            raise InputError(
                "fun is no trigonometric polynomial of the parameters, as an expectation value of "
                "the circuit is, so no shift rule holds for it: leave gradient out, or give jac="
            )
        waves, reach, much = self._waves(len(theta)), None, choice.MUCH
        if self._asks_noise(name, waves) and not self._is_smooth(theta):
            if sigma := self.readings.sigma(theta):
                reach = choice.reach_of(sigma, self.readings.spread(theta))
            else:
                # Noise that is the same in every call: how large it is, is seen by the rule.
                reach = choice.NOISY_STEP
                much = np.inf if self._polynomial is None else much
        self._chosen[name] = self._ways(name, waves, reach, much)
        return self._chosen[name]

    def _ways(
        self, name: str, waves: choice.Waves, reach: float | None, much: float = choice.MUCH
    ) -> choice.Ways:
        """How it is had by a name; `reach` and `much` as of `choice.better`."""
        if name == "parameter-shift":
            return choice.by_rule(waves)
        if name == "finite-difference" or self._polynomial is False:
            return choice.by_differences(waves, reach)
        return choice.better(waves, reach, much)

    def _asks_noise(self, name: str, waves: choice.Waves) -> bool:
        """Whether the choice is another one where there is noise."""
        if name == "parameter-shift":
            return False
        return (
            name == "finite-difference" or self._polynomial is False or not choice.is_ruled(waves)
        )

    def _waves(self, size: int) -> choice.Waves:
        return self.waves if self.waves else [None] * size

    def _is_given(self, by: By) -> bool:
        return by.estimator in ("auto", "exact") and self.given is not None

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
