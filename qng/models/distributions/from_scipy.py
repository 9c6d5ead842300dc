"""Any distribution of scipy.stats on a line, by the parameters that SciPy gives it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.random import Generator
from scipy import stats

from qng.arrays import Array
from qng.checks import real
from qng.errors import InputError, UnknownNameError, shown
from qng.models.distributions.listed import listed


@dataclass(frozen=True, init=False)
class FromScipy:
    """A distribution of scipy.stats as a model.

    Args:
        distribution: Such as `stats.gamma`, or its name; or an `rv_continuous` or `rv_discrete` of
            your own.
        free: The names of the parameters, among SciPy's own: shapes, "loc" and "scale". By default
            the shapes, and of "loc" and "scale" those that move no end of the support (where one
            does, there is no Fisher matrix).
        fixed: Values of the others; by default loc = 0 and scale = 1. What takes whole numbers,
            such as n of `binom`, must stand here.

    Raises:
        UnknownNameError: A name that is no distribution, or none of its parameters.
        InputError: A parameter without a value, or none that is free.

    Example:
        >>> from scipy import stats
        >>> FromScipy(stats.gamma).parameters
        ('a', 'scale')
        >>> FromScipy("binom", fixed={"n": 5}).parameters
        ('p',)
    """

    distribution: Any
    free: tuple[str, ...]
    fixed: tuple[tuple[str, float], ...]

    def __init__(
        self,
        distribution: Any,
        free: Sequence[str] | str | None = None,
        fixed: Mapping[str, float] | Sequence[tuple[str, float]] = (),
    ) -> None:
        known = _known(distribution)
        names = _names(known)
        held = {name: real(name, value) for name, value in dict(fixed).items()}
        wanted = _by_default(known, held) if free is None else free
        chosen = (wanted,) if isinstance(wanted, str) else tuple(wanted)
        for name in (*chosen, *held):
            if name not in names:
                raise UnknownNameError(f"parameter of {known.name}", name, names)
        if both := [name for name in chosen if name in held]:
            raise InputError(f"{both[0]} of {known.name} is either free or fixed, not both")
        held = {**{k: v for k, v in _USUAL.items() if k in names and k not in chosen}, **held}
        if lost := [name for name in names if name not in chosen and name not in held]:
            raise InputError(f"{lost[0]} of {known.name} needs a value: fixed={{'{lost[0]}': ...}}")
        if not chosen:
            raise InputError(f"{known.name} has no free parameter: name some in free=")
        named = getattr(stats, known.name or "", None) is known
        object.__setattr__(self, "distribution", known.name if named else known)
        object.__setattr__(self, "free", chosen)
        object.__setattr__(self, "fixed", tuple(sorted(held.items())))

    @property
    def parameters(self) -> tuple[str, ...]:
        """The free ones."""
        return self.free

    def log_density(self, theta: Array, x: Array) -> Array:
        """ln p(x): `logpdf`, or `logpmf`."""
        dist = self._dist
        call = dist.logpmf if self._discrete else dist.logpdf
        return np.asarray(call(x, **self._values(theta)), dtype=float)

    def sample(self, theta: Array, n: int, rng: Generator) -> Array:
        """Draws, shape (n,)."""
        return np.asarray(self._dist.rvs(**self._values(theta), size=n, random_state=rng))

    def cumulative(self, theta: Array, x: Array) -> Array:
        """P(X <= x)."""
        return np.asarray(self._dist.cdf(x, **self._values(theta)), dtype=float)

    def survival(self, theta: Array, x: Array) -> Array:
        """P(X > x)."""
        return np.asarray(self._dist.sf(x, **self._values(theta)), dtype=float)

    def support(self, theta: Array) -> Array | None:
        """The outcomes of a discrete distribution, to where 1e-22 is left; None of others.

        None, too, where more than a million would be needed.
        """
        if not self._discrete:
            return None
        return listed(self._dist(**self._values(theta)))

    def domain(self, theta: Array) -> tuple[float, float] | None:
        """The support of a density; None of discrete distributions."""
        if self._discrete:
            return None
        values = self._values(theta)
        if self.distribution == "vonmises":  # SciPy gives the line on which its angles are wound up
            return values["loc"] - np.pi * values["scale"], values["loc"] + np.pi * values["scale"]
        low, high = self._dist.support(**values)
        return float(low), float(high)

    def _values(self, theta: Array) -> dict[str, float]:
        return {**dict(self.fixed), **dict(zip(self.free, theta.tolist()))}

    @property
    def _dist(self) -> Any:
        return _known(self.distribution)

    @property
    def _discrete(self) -> bool:
        return isinstance(self._dist, stats.rv_discrete)


_USUAL: Final = {"loc": 0.0, "scale": 1.0}


def _known(distribution: Any) -> Any:
    if isinstance(distribution, str):
        found = getattr(stats, distribution, None)
        if not isinstance(found, (stats.rv_continuous, stats.rv_discrete)):
            names = [
                name
                for name in dir(stats)
                if isinstance(getattr(stats, name), (stats.rv_continuous, stats.rv_discrete))
            ]
            raise UnknownNameError("distribution of scipy.stats", distribution, names)
        return found
    if not isinstance(distribution, (stats.rv_continuous, stats.rv_discrete)):
        raise InputError(
            "a distribution of scipy.stats on a line is expected, such as stats.gamma, or its "
            f"name, not {shown(distribution)}: write a model with log_density and sample"
        )
    return distribution


def _names(distribution: Any) -> tuple[str, ...]:
    """The parameters of a distribution, in SciPy's order."""
    shapes = tuple(distribution.shapes.replace(" ", "").split(",")) if distribution.shapes else ()
    ends = ("loc",) if isinstance(distribution, stats.rv_discrete) else ("loc", "scale")
    return (*shapes, *ends)


def _by_default(distribution: Any, held: Mapping[str, float]) -> tuple[str, ...]:
    """Shapes, and of loc and scale those that move no end of the support."""
    ends = [end for end in (distribution.a, distribution.b) if np.isfinite(end)]
    moving = set()
    if ends or isinstance(distribution, stats.rv_discrete):
        moving.add("loc")
    if any(end != 0 for end in ends) or distribution.name == "vonmises":  # one turn is 2 pi
        moving.add("scale")
    return tuple(n for n in _names(distribution) if n not in held and n not in moving)
